"""Pipelines written out as source from what a file holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixelparity.sources import dali
from tests.sources.dali.test_bounds import message, operator


@pytest.mark.parametrize(
    ("device", "stored", "written"),
    [
        ("cpu", None, "device_id=None"),
        ("cpu", 2, "device_id=2"),
        ("gpu", None, "device_id=0"),
        ("gpu", 2, "device_id=2"),
    ],
)
def test_the_device_is_the_files(device: str, stored: int | None, written: str) -> None:
    """The device that a file names is kept; where it names none, operators on a GPU get the first and others none."""
    made = message()
    operator(made, "Copy", ["IN"], "out")
    made.pipe_outputs[0].name = "out"
    graph = dali.read(made.SerializeToString())
    nodes = tuple(replace(node, device=device) if node.operator == "Copy" else node for node in graph.nodes)
    assert f", {written}, " in dali.to_source(replace(graph, nodes=nodes, device_id=stored))
