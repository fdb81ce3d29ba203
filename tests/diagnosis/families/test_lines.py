"""The printed lines: what the reference does, whole where it is code, named argument by argument where it is not."""

from __future__ import annotations

import ast
from itertools import product

import pytest

from pixelparity.diagnosis.families import lines
from pixelparity.diagnosis.fit.resize_rules import Rule
from pixelparity.diagnosis.model.resampling import Resampling

KERNELS = [
    Resampling(shape=shape, antialias=wide, centre=centre)
    for shape, wide, centre in product(
        ("nearest", "linear", "cubic", "cubic75", "area", "lanczos3", "lanczos4"),
        (False, True),
        ("half", "corner", "ends"),
    )
]
RULES = [
    Rule(mode=mode, size=size, max_size=cap)
    for mode, size, cap in (
        ("none", (), None), ("stretch", (96, 80), None), ("shorter", (96,), 160), ("longer", (96,), None),
        ("not_larger", (96, 80), None), ("not_smaller", (96, 80), None), ("other", (), None),
    )
]  # fmt: skip


def test_one_kernel_of_dalis_for_two_is_no_mend() -> None:
    """Training with cubic a = -0.75 and serving with DALI's cubic: the same line would change nothing."""
    ours, theirs = Resampling(shape="cubic75"), Resampling(shape="cubic")
    assert lines.kernel_line(ours, False, theirs).startswith("# DALI's own kernel is cubic (a = -0.5)")
    assert "INTERP_CUBIC" in lines.kernel_line(ours, False, Resampling())
    area, wide = Resampling(shape="area"), Resampling(antialias=True)
    assert lines.kernel_line(area, False, wide).startswith("#")


@pytest.mark.parametrize(("anchor", "at"), [("start", "0.0"), ("centre", "0.5"), ("end", "1.0")])
def test_a_window_is_put_where_the_reference_has_it(anchor: str, at: str) -> None:
    """By hand: DALI's crop_pos is 0 at the start, 1 at the end."""
    assert lines.placed_line((96, 80), anchor, "") == (
        f"images = fn.crop(images, crop=(96, 80), crop_pos_x={at}, crop_pos_y={at})"
    )


def test_a_kernel_is_given_argument_by_argument() -> None:
    """By hand: what the call has besides is not known, so every argument is named with its value."""
    assert lines.kernel_line(Resampling(), exact=False) == (
        "# give fn.resize interp_type=types.INTERP_LINEAR, antialias=False, subpixel_scale=False"
    )
    assert lines.kernel_line(Resampling(shape="area"), exact=True).endswith(
        "antialias=True, subpixel_scale=True: the nearest that DALI has to area"
    )


def test_no_line_is_a_template() -> None:
    """No kernel, grid, size or rounding prints three dots, and what is printed as code is Python."""
    printed = [lines.whole_line(quantised) for quantised in ("none", "round", "floor")]
    printed += [lines.placed_line((96, 80), anchor, "") for anchor in ("start", "centre", "end", "other")]
    printed += [
        line(how, exact) for line, how, exact in product((lines.kernel_line, lines.grid_line), KERNELS, (False, True))
    ]
    printed += [lines.kernel_line(one, False, other) for one, other in product(KERNELS, KERNELS)]
    printed += [lines.resize_line(rule, how, False) for rule, how in product(RULES, KERNELS)]
    assert [line for line in printed if "..." in line] == []
    for line in printed:
        ast.parse(line)
