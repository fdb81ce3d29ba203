"""Curves are found from pixels and values: which, and with which numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.fit import fit_curves, identify
from pixelparity.diagnosis.fit.fit_values import fit_values
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.curves import Curve
from pixelparity.diagnosis.model.side_model import SideModel, simulate
from tests.diagnosis.sides import picture

RNG = np.random.default_rng(5)
SOURCES = [RNG.integers(0, 256, (60, 50, 3)).astype(np.uint8) for _ in range(3)]
STILL = SideModel(
    placements=tuple(placement.whole((60, 50), (60, 50)) for _ in SOURCES),
    colour=colours.identity(3),
    known=(True,) * 3,
    shapes=((60, 50),) * 3,
)
SMALLER = replace(STILL, placements=tuple(placement.whole((60, 50), (30, 20)) for _ in SOURCES))
UNIT = colours.plain(range(3), np.full(3, 1 / 255), np.zeros(3), 3)


def made(curve: Curve, model: SideModel = STILL) -> list[np.ndarray]:
    """Return what a side makes of the sources that applies a curve and divides by 255."""
    return [simulate(replace(model, curve=curve, colour=UNIT), x, i) for i, x in enumerate(SOURCES)]


@pytest.mark.parametrize("exponent", [2.2, 1 / 2.2, 1.8, 0.7])
def test_a_gamma_is_found_with_its_exponent(exponent: float) -> None:
    """Exponents in use are met exactly, others within a part in a hundred."""
    found = fit_values(STILL, SOURCES, made(Curve(kind="gamma", value=exponent)), [0, 1, 2])
    assert found.curve is not None
    assert found.curve.kind == "gamma"
    assert found.curve.number == pytest.approx(exponent, rel=0.01)
    assert found.residual < 0.01
    assert found.colour.gain == pytest.approx(1 / 255, rel=1e-6)


@pytest.mark.parametrize("kind", ["srgb_to_linear", "linear_to_srgb"])
def test_srgbs_curve_is_told_from_a_power(kind: str) -> None:
    """Its dark end is a line, which no power has."""
    found = fit_values(STILL, SOURCES, made(Curve(kind=kind)), [0, 1, 2])
    assert found.curve == Curve(kind=kind)


def test_a_curve_before_the_resize_is_told_from_one_after_it() -> None:
    """Averages of squares are no squares of averages."""
    early, late = (Curve(kind="gamma", value=2.0, early=early) for early in (True, False))
    for curve in (early, late):
        found = fit_values(SMALLER, SOURCES, made(curve, SMALLER), [0, 1, 2])
        assert found.curve == curve


def test_a_line_has_no_curve() -> None:
    """Constants alone, and a rounding, leave nothing for a curve."""
    whole = [np.rint(simulate(replace(SMALLER, colour=UNIT), x, i) * 255) for i, x in enumerate(SOURCES)]
    assert fit_values(SMALLER, SOURCES, whole, [0, 1, 2]).curve is None


@pytest.mark.parametrize("divisor", [2.0, 16.0, 100.0, 255.0])
def test_an_integer_division_is_found_with_its_divisor(divisor: float) -> None:
    """Of x // d only whole parts are left; of 255 two values."""
    targets = made(Curve(kind="divided", value=divisor))
    found = fit_curves.whole_numbers(STILL, SOURCES, targets, [0, 1, 2])
    assert found is not None
    assert found.curve == Curve(kind="divided", value=divisor)
    assert fit_curves.whole_numbers(STILL, SOURCES, made(Curve(kind="gamma")), [0, 1, 2]) is None


def test_a_wrap_around_is_found_channel_by_channel() -> None:
    """Caffe's means taken off bytes wrap around at 256, and are found where no line explains anything."""
    curve = Curve(kind="wrapped", value=(133.0, 139.0, 152.0))
    found = identify.identify(SOURCES, made(curve), hint=STILL)
    assert found.curve == curve
    assert found.residual < 1e-3
    signed = made(Curve(kind="wrapped", value=128.0))
    assert fit_curves.whole_numbers(STILL, SOURCES, signed, [0, 1, 2]) is None


def test_a_clip_is_known_in_levels_where_all_channels_have_one() -> None:
    """Bounds of values are levels by the constants of the map; with several constants there are no such levels."""
    plain = replace(STILL, colour=UNIT, clip=(0.1, 0.7))
    assert fit_curves.levels_of_clip(plain) == pytest.approx((25.5, 178.5))
    several = colours.plain(range(3), np.array([1.0, 2.0, 3.0]), np.zeros(3), 3)
    assert fit_curves.levels_of_clip(replace(plain, colour=several)) is None
    assert fit_curves.levels_of_clip(STILL) is None


@pytest.mark.parametrize("base", [-3.0, 0.0, 4.0])
def test_a_clip_is_found_wherever_the_range_lies(base: float) -> None:
    """Values cut off at a fifth and four fifths of a range of one, below nought, about it and above it."""
    sources = [picture(n, (40, 50)).astype(np.float32) for n in (0, 1)]
    targets = [np.clip(x / 255 + base, base + 0.2, base + 0.8) for x in sources]
    blank = SideModel(
        placements=tuple(placement.whole((40, 50), (40, 50)) for _ in sources),
        colour=colours.identity(3),
        known=(True, True),
    )
    model = replace(blank, residual=np.inf)
    found = fit_curves._clipped(model, sources, targets, [0, 1])
    assert found.clip == pytest.approx((base + 0.2, base + 0.8), abs=1e-5)
    assert found.colour.gain == pytest.approx(np.full(3, 1 / 255), rel=1e-3)


@pytest.mark.parametrize(
    ("bounds", "early"), [((-np.inf, 180.0), True), ((60.0, np.inf), True), ((40.0, 200.0), False)]
)
def test_a_clip_of_levels_is_found_beneath_constants_of_each_channel(bounds: tuple[float, float], early: bool) -> None:
    """Channels end at other values, which are one level; before a resize the bound is found to the level as well."""
    sources = [picture(n, (90, 70)) for n in (0, 1, 2)]
    imagenet = colours.plain(range(3), 1 / (255 * np.array([0.229, 0.224, 0.225])), np.array([-2.1, -2.0, -1.8]), 3)
    place = placement.whole((90, 70), (45, 40) if early else (90, 70))
    model = replace(STILL, placements=(place,) * 3, shapes=((90, 70),) * 3)
    side = replace(model, curve=Curve(kind="clipped", bounds=bounds, early=early), colour=imagenet)
    targets = [simulate(side, x, i) for i, x in enumerate(sources)]
    found = fit_values(model, sources, targets, [0, 1, 2])
    assert found.curve is not None
    assert found.curve.kind == "clipped"
    assert found.curve.bounds == bounds
    assert found.residual < 0.05
