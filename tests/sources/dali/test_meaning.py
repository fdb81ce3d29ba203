"""What single operators make of layout, range and steps, read from files of one or two operators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pixelparity.recipes import Normalize, Unknown
from pixelparity.sources import dali
from pixelparity.sources.dali import meaning
from pixelparity.sources.dali.graph import Graph, Node
from tests.sources.dali.test_bounds import message, operator


def _read(name: str, **stored: Any) -> tuple[Graph, Node]:
    """Return a pipeline of one operator behind its input, and the operator."""
    made = message()
    operator(made, name, ["IN"], "out", **stored)
    made.pipe_outputs[0].name = "out"
    graph = dali.read(made.SerializeToString())
    return graph, graph.producers["out"]


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ([3, 40, 50], "CHW"),
        ([4, 40, 50], "CHW"),
        ([1, 40, 50], "CHW"),
        ([2, 40, 50], "HWC"),
        ([40, 50, 3], "HWC"),
        ([3, 40, 3], "HWC"),  # both ends may be channels: the layout stays
        ([1, 40, 4], "HWC"),
        ([40, 50], "HWC"),
    ],
)
def test_leading_planes_of_a_reshape_are_channels(shape: list[int], layout: str) -> None:
    """One, three or four planes in front, and not behind, are the author's claim of channels first."""
    _, node = _read("Reshape", shape=shape)
    assert meaning._layout(node, "HWC") == layout


@pytest.mark.parametrize(
    ("name", "stored", "ends"),
    [
        ("Pad", {}, (0.0, 9.0)),  # nothing is said: zeros
        ("Pad", {"fill_value": 20.0}, (5.0, 20.0)),
        ("Pad", {"fill_value": 7.0}, (5.0, 9.0)),
        ("Crop", {"out_of_bounds_policy": b"pad"}, (0.0, 9.0)),
        ("Crop", {"out_of_bounds_policy": b"pad", "fill_values": [-3.0, 12.0]}, (-3.0, 12.0)),
        ("Crop", {}, (5.0, 9.0)),  # a window within the picture adds no values
    ],
)
def test_a_border_widens_the_range(name: str, stored: dict[str, Any], ends: tuple[float, float]) -> None:
    """The lowest and the highest value after values of 5 to 9 were padded."""
    graph, node = _read(name, **stored)
    made = meaning._filled(graph, node, (np.array([5.0]), np.array([9.0])))
    assert made is not None
    assert (float(made[0][0]), float(made[1][0])) == ends
    assert meaning._filled(graph, node, None) is None


@pytest.mark.parametrize(("stored", "kinds"), [({"scale": 0.5}, [Normalize]), ({"scale": 0.0}, [Unknown])])
def test_a_normalisation_that_loses_the_values_is_none(stored: dict[str, Any], kinds: list[type]) -> None:
    """A scale of nought makes one value of all: there is no deviation that would say so."""
    graph, _ = _read("CropMirrorNormalize", **stored)
    found = [type(step) for step in dali.recipe(graph).steps if isinstance(step, Normalize | Unknown)]
    assert found == kinds


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("decoders__Image", True),
        ("ImageDecoder", True),
        ("decoders__ImageSlice", False),
        ("decoders__ImageRandomCrop", False),
    ],
)
def test_decoders_that_cut_in_their_own_way_are_not_known(name: str, known: bool) -> None:
    """A decoder that only decodes has words; one that cuts out a part that is computed or drawn by lot has none."""
    graph, _ = _read(name)
    assert any(isinstance(step, Unknown) for step in dali.recipe(graph).steps) is not known
