"""Tensors as pictures: one declared scale, saturation shown, differences in levels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixelparity.diagnosis import compare, describe, diagnose
from pixelparity.stages import Capture, Stage
from pixelparity.views import figures, style, tensors
from pixelparity.views.tensors import Pair, Scale

UNIT = Scale(low=0.0, high=1.0, declared=True)


def test_pairs_keep_the_order_and_show_what_one_side_lacks(reference: Capture, deployed: Capture) -> None:
    """The normalising stage stands alone, the final tensors stand together."""
    found = tensors.pairs(reference, deployed)
    assert [pair.name for pair in found] == ["decode", "Resize ↔ fn.resize", "cast", "data_preprocessor", "final"]
    assert [pair.deployed is None for pair in found] == [False, False, False, True, False]
    assert [pair.final for pair in found] == [False] * 4 + [True]


def side(stage: Stage, *tensors: list[float]) -> Capture:
    """Return a capture of one stage, its tensors one row of grey values each."""
    values = {f"picture{n}": np.array(row, stage.dtype)[None, :, None] for n, row in enumerate(tensors)}
    return Capture(source="side", stages=(stage,), images=tuple(values), tensors={stage.name: values})


def test_the_scale_is_the_reference_s_range() -> None:
    """What the reference declares, else its own values over all pictures: never what the deployed side has or declares."""
    ours = Stage(name="a", dtype="float32", layout="HWC", value_range=(0, 1))
    theirs = Stage(name="b", dtype="float32", layout="HWC", value_range=(0, 255))
    silent = Stage(name="c", dtype="float32", layout="HWC")
    served, plain = side(theirs, [0, 100], [9, 250]), side(silent, [2, 6], [-1, 4])
    assert tensors.scale_of(side(ours, [7, 9]), served, Pair(reference=ours, deployed=theirs)) == UNIT
    measured = Scale(low=-1.0, high=6.0, declared=False)
    assert tensors.scale_of(plain, served, Pair(reference=silent, deployed=theirs)) == measured
    assert tensors.scale_of(served, plain, Pair(reference=None, deployed=silent)) == measured
    whole = Stage(name="d", dtype="uint8", layout="HWC")
    assert tensors.scale_of(side(whole, [3, 4]), served, Pair(reference=whole, deployed=theirs)).high == 255


def test_a_level_is_what_the_diagnosis_counts_in() -> None:
    """Identity, for a stage that declares its range, one that does not, one of bytes, and one without a width."""
    for stage in (
        Stage(name="a", dtype="float32", layout="HWC", value_range=(-2, 3)),
        Stage(name="a", dtype="float32", layout="HWC"),
        Stage(name="a", dtype="uint8", layout="HWC"),
    ):
        for rows in (([1, 7], [3, 5]), ([4, 4], [4, 4])):
            one = side(stage, *map(list, rows))
            shown = tensors.scale_of(one, one, Pair(reference=stage, deployed=stage))
            assert shown.level == pytest.approx(compare(one, one).stages[-1].level)


def test_text_and_figure_count_in_the_same_levels() -> None:
    """A reference of -1.5 to 2 that nobody declares, served 100 times as large with noise: one number, and no black picture."""
    rng = np.random.default_rng(0)
    stage = Stage(name="final", dtype="float32", layout="HWC")
    ours = rng.uniform(-1.5, 2, (32, 32, 3)).astype(np.float32)
    theirs = (rng.uniform(0, 350, ours.shape)).astype(np.float32)
    sides = [
        Capture(source=name, stages=(stage,), images=("one",), tensors={"final": {"one": values}})
        for name, values in (("a", ours), ("b", theirs))
    ]
    found = diagnose(*sides)
    largest = np.abs(theirs - ours).max() / (np.ptp(ours) / 255)
    assert found.unexplained["max"] / found.tolerance["level"] == pytest.approx(largest, rel=1e-4)
    assert f"largest {largest:.3g} levels" in describe(found)
    drawn = figures.tensor_strip(*sides, "one", first_divergence="final")
    assert f"differ by up to {style.in_levels(largest)}" in drawn.alt
    shown = tensors.picture(ours, tensors.scale_of(*sides, Pair(reference=stage, deployed=stage)))
    assert (shown.min(), shown.max()) == (0, 255)
    assert 100 < shown.mean() < 155


def test_pixels_of_0_to_255_on_a_scale_of_0_to_1_are_white() -> None:
    """Worked by hand: 0, one half and one are black, 128 and white; everything above is white, everything below black."""
    tensor = np.array([[[0.0, 0.5, 1.0], [7.0, 255.0, -3.0]]], dtype=np.float32)
    assert tensors.picture(tensor, UNIT).tolist() == [[[0, 128, 255], [255, 255, 0]]]


def test_channels_are_shown_in_their_declared_order() -> None:
    """A BGR tensor is turned for the eye; one channel is shown in grey; a grey tensor stays grey."""
    tensor = np.array([[[1.0, 0.5, 0.0]]])
    assert tensors.picture(tensor, UNIT, channels="BGR").tolist() == [[[0, 128, 255]]]
    assert tensors.picture(tensor, UNIT, channel=0).tolist() == [[[255, 255, 255]]]
    assert tensors.picture(tensor[:, :, 2:], UNIT).tolist() == [[[0, 0, 0]]]


def test_a_level_is_a_255th_of_the_declared_range() -> None:
    """By hand: 0.1 on a range of 1 is 25.5 levels; on a range of 255 a difference of 3 is 3 levels."""
    ours, theirs = np.zeros((1, 1, 2), np.float32), np.array([[[0.1, -0.2]]], np.float32)
    assert tensors.in_levels(ours, theirs, UNIT) == pytest.approx(np.array([[[25.5, -51.0]]]))
    assert tensors.strongest(tensors.in_levels(ours, theirs, UNIT)) == pytest.approx(np.array([[-51.0]]))
    pixels = Scale(low=0, high=255, declared=True)
    assert tensors.in_levels(ours, ours + 3, pixels) == pytest.approx(np.full((1, 1, 2), 3.0))


@pytest.mark.parametrize(("largest", "limit"), [(0.0, 1), (1.0, 1), (1.2, 2), (26, 50), (60, 100), (64770, 100000)])
def test_heat_scales_end_at_round_numbers(largest: float, limit: float) -> None:
    """1, 2 or 5 times a power of ten, never below one level."""
    assert tensors.round_limit(largest) == limit


@given(st.floats(min_value=0, max_value=1e7))
def test_heat_scales_hold_what_they_show(largest: float) -> None:
    """The limit is never below the largest value, and never ten times above it."""
    limit = tensors.round_limit(largest)
    assert largest <= limit * (1 + 1e-5)
    assert limit <= max(1.0, largest) * 10


def test_heat_colours_run_from_one_side_s_colour_to_the_other_s() -> None:
    """Equal is near white, lower is bluish, higher is orange; beyond the limit nothing changes."""
    shown = tensors.heat(np.array([[-9.0, -5.0, 0.0, 5.0, 9.0]], np.float32), 5.0)[0].astype(int)
    assert shown[0].tolist() == shown[1].tolist()
    assert shown[3].tolist() == shown[4].tolist()
    assert shown[2].min() > 240
    assert shown[1][2] > shown[1][0]
    assert shown[3][0] > shown[3][2]


def test_a_png_comes_back_pixel_by_pixel() -> None:
    """Light compression loses nothing."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(tensors.png(pixels)))), pixels)
    assert tensors.data_uri(b"abc") == "data:image/png;base64,YWJj"
