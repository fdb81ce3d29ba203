"""Numbers that a graph computes from a picture's size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pixelparity.sources import dali
from pixelparity.sources.dali.expressions import Evaluator, NotSizes
from tests.sources.dali.test_bounds import message, operator

HEIGHTS, WIDTHS = np.array([10, 30]), np.array([20, 40])


def _evaluated(edge: str, *parts: tuple[str, list[str], str, dict[str, Any]]) -> np.ndarray:
    """Return what an edge is for pictures of 10 x 20 and 30 x 40."""
    made = message()
    operator(made, "_Shape", ["IN"], "shape")
    for name, inputs, output, stored in parts:
        operator(made, name, inputs, output, **stored)
    made.pipe_outputs[0].name = edge
    graph = dali.read(made.SerializeToString())
    sizes = {"IN": lambda heights, widths: (heights, widths)}
    return Evaluator(graph, sizes, HEIGHTS, WIDTHS).edge(edge)


def test_a_shape_is_height_width_and_three_channels() -> None:
    """Each picture's own, in whole numbers."""
    assert _evaluated("shape").tolist() == [[10, 30], [20, 40], [3, 3]]


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        ({"at_0": 0, "num_subscripts": 1}, [10, 30]),
        ({"at_0": 1}, [20, 40]),
        ({"at_0": 2, "num_subscripts": 1}, [3, 3]),
        ({"lo_0": 0, "hi_0": 2, "num_subscripts": 1}, [[10, 30], [20, 40]]),
    ],
)
def test_parts_of_a_shape(stored: dict[str, int], value: list[Any]) -> None:
    """One number of the vector, or some of it."""
    assert _evaluated("part", ("_TensorSubscript", ["shape"], "part", stored)).tolist() == value


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        ({"start": [0.0], "shape": [1.0], "axes": [0]}, [[10, 30]]),
        ({"start": [1.0], "end": [3.0], "axes": [0]}, [[20, 40], [3, 3]]),
        ({"start": [2.0], "shape": [2.0], "axes": [0]}, None),
        ({"start": [0.5], "shape": [1.0], "axes": [0]}, None),
        ({"start": [0.0], "shape": [1.0]}, None),
        ({"start": [0.0], "axes": [0]}, None),
    ],
)
def test_slices_of_a_shape(stored: dict[str, Any], value: list[Any] | None) -> None:
    """``fn.slice`` at constant whole places of the one axis; beyond the vector, or otherwise, nothing is known."""
    part = ("Slice", ["shape"], "part", stored)
    if value is None:
        with pytest.raises(NotSizes):
            _evaluated("part", part)
    else:
        assert _evaluated("part", part).tolist() == value


@pytest.mark.parametrize(("name", "value"), [("reductions__Max", [20, 40]), ("reductions__Min", [10, 30])])
def test_the_longer_and_the_shorter_edge(name: str, value: list[int]) -> None:
    """A vector's largest and smallest element; one that keeps the axis, and one of a number, are not known."""
    edges = ("_TensorSubscript", ["shape"], "edges", {"lo_0": 0, "hi_0": 2, "num_subscripts": 1})
    assert _evaluated("edge", edges, (name, ["edges"], "edge", {"axes": [0]})).tolist() == value
    with pytest.raises(NotSizes):
        _evaluated("edge", edges, (name, ["edges"], "edge", {"axes": [0], "keep_dims": 1}))
    with pytest.raises(NotSizes):
        _evaluated("twice", edges, (name, ["edges"], "edge", {}), (name, ["edge"], "twice", {}))


def test_other_parts_are_not_known() -> None:
    """A vector has one axis, and a number none: two subscripts, or one of a number, say nothing of sizes."""
    with pytest.raises(NotSizes):
        _evaluated("part", ("_TensorSubscript", ["shape"], "part", {"at_0": 0, "num_subscripts": 2}))
    height = ("_TensorSubscript", ["shape"], "height", {"at_0": 0, "num_subscripts": 1})
    with pytest.raises(NotSizes):
        _evaluated("part", height, ("_TensorSubscript", ["height"], "part", {"at_0": 0, "num_subscripts": 1}))


@pytest.mark.parametrize(
    ("stored", "kind", "value"),
    [
        ({"idata": [7]}, "i", [7, 7]),
        ({"idata": [7, 9], "shape": [2]}, "i", [[7, 7], [9, 9]]),
        ({"fdata": [0.5]}, "f", [0.5, 0.5]),
    ],
)
def test_a_constant_is_one_number_for_all_pictures(stored: dict[str, Any], kind: str, value: list[Any]) -> None:
    """Whole numbers stay whole, so that divisions by them are; a number with a shape is a vector."""
    made = _evaluated("constant", ("Constant", [], "constant", stored))
    assert made.dtype.kind == kind
    assert made.tolist() == value
