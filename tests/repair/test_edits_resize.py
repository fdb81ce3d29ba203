"""Edits of a resize: the exact scale and the kernel."""

from __future__ import annotations

from typing import Any

import pytest

from pixelparity.repair import edits_resize
from pixelparity.repair.edits_context import Context
from tests.repair.test_edits_size import script
from tests.repair.texts import cause


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        ("", {}, ", subpixel_scale=False"),  # DALI keeps the exact scale unless it is told otherwise: the other one
        (", subpixel_scale=True", {}, ", subpixel_scale=False"),
        (", subpixel_scale=False", {}, ", subpixel_scale=True"),
        (", subpixel_scale=False", {"reference": {"exact_scale": True}}, ", subpixel_scale=True"),
        (", subpixel_scale=True", {"reference": False}, ", subpixel_scale=False"),
    ],
)
def test_the_exact_scale_is_the_references_or_the_other_one(before: str, told: dict[str, Any], after: str) -> None:
    """What the reference does is written where it is told; where it is not, there are two ways."""
    (found,) = edits_resize.subpixel(script(f"resize_x=60{before}"), cause("subpixel", **told), Context())
    assert f"fn.resize(images, resize_x=60{after})" in found.source


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ({"kernel": "linear", "antialias": True}, "interp_type=types.INTERP_LINEAR, antialias=True"),
        ({"kernel": "linear", "antialias": False}, "interp_type=types.INTERP_LINEAR, antialias=False"),
        ({"kernel": "nearest", "antialias": True}, "interp_type=types.INTERP_NN"),  # a nearest pixel has no filter
        ({"kernel": "cubic"}, "interp_type=types.INTERP_CUBIC"),
        ("linear", "interp_type=types.INTERP_LINEAR"),
        ("nearest", "interp_type=types.INTERP_NN"),
    ],
)
def test_a_kernel_is_written_with_its_filter(told: Any, after: str) -> None:
    """The kernel that is told, and the filter where that is told too and the kernel has one; old filters go."""
    text = script("resize_x=60, mag_filter=types.DALIInterpType.INTERP_CUBIC")
    (found,) = edits_resize.interpolation(text, cause("interpolation", reference=told), Context())
    assert f"fn.resize(images, resize_x=60, {after})" in found.source


def test_a_kernel_that_dali_lacks_is_not_written() -> None:
    """No line is made up for a kernel without a name in DALI, or for a text without a resize."""
    assert edits_resize.interpolation(script("resize_x=6"), cause("interpolation", reference="odd"), Context()) == []
