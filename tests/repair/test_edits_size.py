"""Edits of sizes: by the zoom that was measured, by the reference's rule, and what becomes of half pixels."""

from __future__ import annotations

from typing import Any

import pytest

from pixelparity.repair import edits_size
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script
from tests.repair.texts import cause


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
    found = [one.source for one in edits_size.target_size(script(before), same, Context())]
    assert any(f"fn.resize(images, {after})" in source for source in found)


def test_a_size_is_put_in_place_of_the_deployed_one() -> None:
    """Where the tensors' sizes differ, the reference's stands in the text afterwards, and only there."""
    (found,) = edits_size.target_size(
        script("size=(60, 80)"), cause("target_size", reference=[30, 50], deployed=[60, 80]), Context()
    )
    assert "fn.resize(images, size=(30, 50))" in found.source
    (other,) = edits_size.target_size(
        script("size=(61, 80)"), cause("target_size", reference=[30, 50], deployed=[60, 80]), Context()
    )
    assert "size=(61, 80)" in other.source


@pytest.mark.parametrize(
    ("rule", "after"),
    [
        ({"mode": "shorter", "size": [30]}, "resize_shorter=30"),
        ({"mode": "shorter", "size": [30], "max_size": 50}, "resize_shorter=30, max_size=50"),
        ({"mode": "longer", "size": [30]}, "resize_longer=30"),
        ({"mode": "width", "size": [30]}, "resize_x=30"),
        ({"mode": "height", "size": [30]}, "resize_y=30"),
        ({"mode": "stretch", "size": [30, 50]}, "size=(30, 50)"),
        ({"mode": "not_larger", "size": [30, 50]}, 'size=(30, 50), mode="not_larger"'),
        ({"mode": "not_smaller", "size": [30]}, 'size=(30, 30), mode="not_smaller"'),
    ],
)
def test_a_rule_is_written_in_its_own_way(rule: dict[str, Any], after: str) -> None:
    """Each way of giving a size has its own arguments; those of the deployed way go."""
    told = cause("resize_mode", reference=[1, 1], deployed=[2, 2], reference_rule=rule)
    (found,) = edits_size.resize_mode(script("size=(60, 80), max_size=70, antialias=False"), told, Context())
    assert f"fn.resize(images, {after}, antialias=False)" in found.source


@pytest.mark.parametrize(
    "rule", [None, {"mode": "none", "size": []}, {"mode": "other", "size": [3]}, {"mode": "shorter"}]
)
def test_a_rule_that_is_not_told_is_not_written(rule: dict[str, Any] | None) -> None:
    """No resize, and sizes that follow no rule, are no arguments of a resize."""
    told = cause("resize_mode", reference=[1, 1], deployed=[2, 2], reference_rule=rule)
    assert edits_size.resize_mode(script("size=(60, 80)"), told, Context()) == []


def test_single_edges_follow_a_pair() -> None:
    """(height, width): y and crop_h are the first, x and crop_w the second, the edges the smaller and the larger."""
    told = cause("target_size", reference=[30, 50], deployed=[60, 80])
    for before, after in (
        ("resize_y=60, resize_x=80", "resize_y=30, resize_x=50"),
        ("resize_shorter=60", "resize_shorter=30"),
        ("resize_longer=80", "resize_longer=50"),
    ):
        (found,) = edits_size.target_size(script(before), told, Context())
        assert f"fn.resize(images, {after})" in found.source


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ({"what": "offset"}, "truncate"),
        ({"what": "offset", "reference": "to zero"}, "truncate"),
        ({"what": "offset", "reference": "from zero"}, "round"),
        ({"what": "offset", "reference": "otherwise"}, "truncate"),
    ],
)
def test_an_offset_is_rounded_as_the_reference_does(told: dict[str, str], after: str) -> None:
    """Where the way is told it is taken, else the one that the crop has not."""
    text = script("size=(60, 80)")
    text = Script(text.source.replace("    return", "    images = fn.crop(images, crop=(9, 9))\n    return"), "p")
    (found,) = edits_size.rounding(text, cause("rounding", **told), Context())
    assert f'rounding="{after}"' in found.source


@pytest.mark.parametrize(
    ("arguments", "mode", "size"),
    [
        ("resize_shorter=60", "shorter", (60,)),
        ("resize_longer=60.0", "longer", (60,)),
        ("size=(60, 80), mode='not_larger'", "not_larger", (60, 80)),
        ("size=(60, 80), mode='not_smaller'", "not_smaller", (60, 80)),
        ("size=(60, 80)", None, None),  # a stretch has no free edge to round
        ("resize_shorter=edge", None, None),
    ],
)
def test_what_a_resize_aims_at(arguments: str, mode: str | None, size: tuple[int, ...] | None) -> None:
    """The rule and the numbers that stand in the call, or nothing where none do."""
    text = script(arguments)
    aim = edits_size._own_aim(text, text.named("resize")[0])
    assert (None if aim is None else (aim.mode, aim.size)) == (None if mode is None else (mode, size))


def test_a_size_is_computed_for_one_resize_that_reads_a_picture() -> None:
    """Whole numbers are written before the one resize; none for a stretch, for no resize, and for two."""
    told = cause("rounding", what="size")
    found = [one.source for one in edits_size.rounding(script("resize_shorter=60"), told, Context())]
    assert len(found) == 2
    assert all("fn.resize(images, size=fn.cast(size, dtype=types.FLOAT))" in source for source in found)
    twice = Script(script("resize_shorter=60").source.replace("return images", "return fn.resize(images, size=9)"), "p")
    for text in (script("size=(60, 80)"), twice):
        assert edits_size.rounding(text, told, Context()) == []
