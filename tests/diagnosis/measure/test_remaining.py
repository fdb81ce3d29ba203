"""What is unexplained is a plain difference of tensors: worked-out values for every way to explain two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pixelparity import gate
from pixelparity.diagnosis import Diagnosis, diagnose
from pixelparity.diagnosis.measure import remaining
from tests.diagnosis.sides import capture, pictures, resized, shorter

IMAGES = pictures()
SMALL = [resized(image, shorter(image, 96)) for image in IMAGES]
UNIT = [small.astype(np.float32) / np.float32(255) for small in SMALL]
LEVEL = 1 / 255
RAW = {f"picture{n}": image for n, image in enumerate(IMAGES)}
WAYS = ("stages", "pictures", "finals")


def noisy(tensors: Sequence[np.ndarray], size: float) -> list[np.ndarray]:
    """Return tensors with each value ``size`` higher or lower by chance: no family does that."""
    rng = np.random.default_rng(0)
    return [(t + rng.choice([-size, size], t.shape)).astype(np.float32) for t in tensors]


def judged(way: str, deployed: Sequence[np.ndarray], reference: Sequence[np.ndarray] = UNIT) -> Diagnosis:
    """Diagnose two sides that decode and resize alike, by all that a way knows of them; values of 0..1 are declared."""
    sides = []
    for source, ends in (("a", reference), ("b", deployed)):
        side = capture(source, [("decode", IMAGES), ("resize", SMALL), ("normalize", ends)])
        words = [
            replace(stage, value_range=(0.0, 1.0)) if stage.name == "normalize" else stage for stage in side.stages
        ]
        sides.append(replace(side, stages=tuple(words)))
    if way != "stages":
        sides = [side.only(stages=("normalize",)) for side in sides]
    return diagnose(*sides, raw=RAW if way == "pictures" else None)


def test_two_tensors_that_differ_by_a_constant_are_apart_by_it() -> None:
    """By hand: 3 - 1 everywhere; one more in one of four places."""
    one, other = np.full((2, 2, 1), 3, np.uint8), np.full((2, 2, 1), 1, np.float32)
    assert remaining.apart(one, other) == (2.0, 2.0)
    one[0, 0] = 7
    assert remaining.apart(one, other) == (6.0, 3.0)


def test_what_only_one_tensor_has_counts_as_the_goals_mean_size() -> None:
    """By hand: 4 values of 2 against 6 of 5: 4 differ by 3, two have no counterpart and count 5 each."""
    assert remaining.apart(np.full((2, 2, 1), 2.0), np.full((2, 3, 1), 5.0)) == pytest.approx((22 / 6, 22 / 6))


def test_images_are_put_together_by_their_largest_and_their_mean() -> None:
    """By hand."""
    assert remaining.over([(3.0, 1.0), (2.0, 2.0)]) == {"max": 3.0, "mean": 1.5}
    with pytest.raises(ValueError, match="unpack"):
        remaining.over([])


@pytest.mark.parametrize(("way", "levels"), [("stages", 4.0), ("pictures", 4.0), *((way, 30.0) for way in WAYS)])
def test_noise_that_no_family_explains_is_unexplained_as_large_as_it_is(way: str, levels: float) -> None:
    """By hand: every value is off by 4 or by 30 levels of 1/255, so that is the mean and the largest, whatever is known."""
    found = judged(way, noisy(UNIT, levels * LEVEL))
    assert not found.causes
    assert found.verdict == "differs"
    assert found.unexplained["mean"] / LEVEL == pytest.approx(levels, rel=1e-3)
    assert found.unexplained["max"] / LEVEL == pytest.approx(levels, rel=1e-3)


@pytest.mark.parametrize("way", WAYS)
def test_a_match_leaves_what_it_is_apart_by(way: str) -> None:
    """By hand: 0.08 of a level on every value passes for noise, is said to be 0.08 of a level, and names no rounding."""
    found = judged(way, noisy(UNIT, 0.08 * LEVEL))
    assert (found.verdict, found.causes) == ("match", ())
    assert found.unexplained["mean"] / LEVEL == pytest.approx(0.08, rel=1e-3)
    assert found.unexplained["max"] / LEVEL == pytest.approx(0.08, rel=1e-3)


@pytest.mark.parametrize("way", WAYS)
def test_a_fifth_of_a_level_is_never_said_to_be_more(way: str) -> None:
    """By hand: every value is a fifth of a level higher; whatever that is called, no more than a fifth is left."""
    found = judged(way, [(t + 0.2 * LEVEL).astype(np.float32) for t in UNIT])
    assert found.comparison.stages[-1].mean_abs == pytest.approx(0.2 * LEVEL, rel=1e-3)
    assert found.unexplained["mean"] <= 0.2 * LEVEL
    assert found.unexplained["max"] <= 0.2001 * LEVEL


@pytest.mark.parametrize(("way", "levels"), [("stages", 4.0), ("pictures", 4.0), ("finals", 15.0)])
def test_what_a_named_cause_leaves_is_in_levels_of_the_reference(way: str, levels: float) -> None:
    """By hand: noise of 4 or 15 levels on pixels that nobody divided is as much noise once that is mended."""
    found = judged(way, [t * np.float32(255) for t in noisy(UNIT, levels * LEVEL)])
    assert [cause.family for cause in found.causes] == ["scale_missing"]
    assert found.unexplained["mean"] / LEVEL == pytest.approx(levels, rel=0.01)


@pytest.mark.parametrize("way", WAYS)
def test_a_division_in_whole_numbers_leaves_no_more_than_the_difference(way: str) -> None:
    """Pixels divided by 255 in whole numbers are 0 or 1: what no cause explains is the mean of what was cut off."""
    found = judged(way, [(small // 255).astype(np.float32) for small in SMALL])
    plain = float(np.mean(np.concatenate([(one % 255 / 255).ravel() for one in SMALL])))
    assert found.unexplained["mean"] <= plain * 1.001
    if not found.causes:
        assert found.unexplained["mean"] == pytest.approx(plain, rel=1e-3)
        assert found.unexplained["max"] == pytest.approx(254 / 255, rel=1e-3)


@pytest.mark.parametrize("way", WAYS)
def test_sides_that_differ_are_never_left_within_the_tolerance(way: str) -> None:
    """A slope of 16 levels over each picture, on one side only, is no constant: 4 levels on average, and all of it is left."""
    slopes = [np.broadcast_to(np.linspace(-8, 8, t.shape[0])[:, None, None], t.shape) * LEVEL for t in UNIT]
    found = judged(way, [(t + slope).astype(np.float32) for t, slope in zip(UNIT, slopes, strict=True)])
    assert found.verdict == "differs"
    assert not found.causes
    assert found.unexplained["mean"] == pytest.approx(found.comparison.stages[-1].mean_abs)
    assert found.unexplained["mean"] / LEVEL == pytest.approx(4, rel=0.05)
    assert not gate.is_allowed(found, frozenset({"scale_missing"}))
    assert gate.is_allowed(found, frozenset({"unexplained"}))


def test_sides_of_other_shapes_have_a_finite_rest() -> None:
    """Random tensors of two sizes have nothing in common: the rest is a number, of the size of the values."""
    rng = np.random.default_rng(1)
    ends = [[rng.uniform(0, 1, (40, 40 + n, 3)).astype(np.float32) for _ in range(4)] for n in (0, 9)]
    sides = [capture(name, [("normalize", tensors)]) for name, tensors in zip("ab", ends, strict=True)]
    found = diagnose(*sides)
    assert found.verdict == "differs"
    assert not found.causes
    assert 0.3 < found.unexplained["mean"] < 0.5
