"""Edits of a resize: its size by the zoom that was measured, and its switches."""

from __future__ import annotations

from typing import Any

import pytest

from pixelparity.diagnosis.results import Cause, Evidence
from pixelparity.repair import edits_resize
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script


def cause(family: str, **parameters: Any) -> Cause:
    """Return a cause with these parameters; repairs look at nothing else."""
    evidence = Evidence(undone="", before=1.0, after=0.0, removed=1.0, images=1)
    return Cause(family=family, stage="", parameters=parameters, confidence=1.0, evidence=evidence, fix="", text="")


def script(arguments: str) -> Script:
    """Return a pipeline with one resize."""
    lines = (
        "from nvidia.dali import fn, pipeline_def, types", "", "", "@pipeline_def", "def p():",
        "    images = fn.external_source(name='IN')", f"    images = fn.resize(images, {arguments})", "    return images",
    )  # fmt: skip
    return Script("\n".join(lines) + "\n", "p")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("resize_shorter=60", "resize_shorter=40"),
        ("resize_longer=60", "resize_longer=40"),
        ("resize_y=60", "resize_y=40"),
        ("resize_x=60", "resize_x=30"),
        ("size=(60, 60)", "size=(40, 30)"),
        ("size=[60, 90]", "size=(40, 45)"),
    ],
)
def test_a_size_is_divided_by_the_zoom(before: str, after: str) -> None:
    """What is one and a half times too high and twice too wide is made as much smaller, each axis by its own."""
    same = cause("target_size", reference=[32, 32], deployed=[32, 32], zoom=[1.5, 2.0])
    found = [one.source for one in edits_resize.target_size(script(before), same, Context())]
    assert any(f"fn.resize(images, {after})" in source for source in found)


def test_a_size_is_put_in_place_of_the_deployed_one() -> None:
    """Where the tensors' sizes differ, the reference's stands in the text afterwards, and only there."""
    (found,) = edits_resize.target_size(
        script("size=(60, 80)"), cause("target_size", reference=[30, 50], deployed=[60, 80]), Context()
    )
    assert "fn.resize(images, size=(30, 50))" in found.source
    (other,) = edits_resize.target_size(
        script("size=(61, 80)"), cause("target_size", reference=[30, 50], deployed=[60, 80]), Context()
    )
    assert "size=(61, 80)" in other.source


@pytest.mark.parametrize(
    ("wanted", "kind"), [("none", "FLOAT"), ("float32", "FLOAT"), ("round", "UINT8"), ("uint8", "UINT8")]
)
def test_rounding_of_a_resize_follows_the_reference(wanted: str, kind: str) -> None:
    """Fractions are kept with a float output, and rounded with bytes."""
    found = edits_resize.dtype(script("size=(60, 80)"), cause("dtype", reference=wanted), Context())
    assert f"dtype=types.{kind}" in found[0].source
