"""Channels, rounding, number type and border of a model whose geometry is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.fit import fit_colours
from pixelparity.diagnosis.fit import fit_values as module
from pixelparity.diagnosis.fit.fit_values import fit_values, is_half
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.resampling import Resampling, matrix, resample
from pixelparity.diagnosis.model.side_model import SideModel, as_signed_bytes
from tests.diagnosis.sides import MEAN, STD, normalized, picture

SHAPE = (90, 100)
SOURCES = [picture(n, SHAPE) for n in range(3)]
STILL = SideModel(
    placements=(whole(SHAPE, SHAPE),) * 3, colour=colours.identity(3), known=(True,) * 3, shapes=(SHAPE,) * 3
)


def _fitted(targets: list[np.ndarray], model: SideModel = STILL) -> SideModel:
    return fit_values(model, SOURCES, targets, [0, 1, 2])


def test_pictures_as_they_are_have_the_identity() -> None:
    """Nothing is done, nothing is left, all is explained."""
    found = _fitted(SOURCES)
    assert found.colour.changes_nothing
    assert found.residual == pytest.approx(0, abs=1e-9)
    assert (found.clip, found.through_float16, found.fill) == (None, False, None)
    assert found.explained == pytest.approx(1)


def test_named_constants_are_exact() -> None:
    """ImageNet's mean and deviation are found to the last digit, blue first too."""
    found = _fitted([normalized(x) for x in SOURCES])
    assert found.colour.gain == pytest.approx(1 / (255 * STD), rel=1e-12)
    assert found.colour.offset == pytest.approx(-MEAN / STD, rel=1e-12)
    assert _fitted([normalized(x)[..., ::-1] for x in SOURCES]).colour.order == (2, 1, 0)


def test_signed_bytes_and_clipping_explain_what_a_map_does_not() -> None:
    """Bytes read as signed are told from a clip at 0.9 of the range; neither is seen in a plain scale."""
    signed = _fitted([as_signed_bytes(x) / np.float32(128) for x in SOURCES])
    assert signed.bytes_as_int8
    assert signed.residual < 0.1
    clipped = _fitted([np.clip(x / np.float32(255), 0.2, 0.6) for x in SOURCES])
    assert clipped.clip == (pytest.approx(0.2), pytest.approx(0.6))
    assert not clipped.bytes_as_int8
    plain = _fitted([x / np.float32(255) for x in SOURCES])
    assert (plain.clip, plain.bytes_as_int8) == (None, False)


@pytest.mark.parametrize("rounding", ["round", "floor", "none"])
def test_the_rounding_of_a_resize_is_found(rounding: str) -> None:
    """Values that are rounded, cut off, or neither after they were resampled."""
    how = Resampling()
    weights = matrix(90, 45, how), matrix(100, 50, how)
    exact = [resample(x, *weights) for x in SOURCES]
    made = {"round": [np.floor(x + 0.5) for x in exact], "floor": [np.floor(x) for x in exact], "none": exact}[rounding]
    halved = replace(STILL, placements=(whole(SHAPE, (45, 50)),) * 3, resampling=how)
    found = _fitted([x / np.float32(255) for x in made], halved)
    assert found.rounding == rounding
    assert found.residual < 0.05


def test_float16_is_found_where_it_is_not_natural() -> None:
    """Normalised values that went through float16; halves are float16 by nature, and so are whole numbers."""
    through = [normalized(x).astype(np.float16).astype(np.float32) for x in SOURCES]
    assert _fitted(through).through_float16
    assert not _fitted([normalized(x) for x in SOURCES]).through_float16
    assert not _fitted([x / np.float32(128) - 1 for x in SOURCES]).through_float16
    assert is_half(through[0])
    assert is_half(SOURCES[0].astype(np.float16))
    assert not is_half(SOURCES[0].astype(np.float32))
    assert not is_half(SOURCES[0])


def test_the_colour_of_the_border_is_found() -> None:
    """The median of the border, per channel, in the units of the result."""
    canvas = (100, 100)
    padded = replace(STILL, placements=(whole(SHAPE, SHAPE, canvas, 1, (-5, 0)),) * 3)
    targets = []
    for x in SOURCES:
        out = np.tile(np.array([114.0, 9.0, 0.0]), (*canvas, 1))
        out[5:95] = x
        targets.append(out)
    assert _fitted(targets, padded).fill == (114.0, 9.0, 0.0)


def test_statistics_of_each_picture_are_a_map_of_its_own() -> None:
    """Each picture less its own mean, over its own deviation."""
    targets = [(x - x.mean((0, 1))) / x.std((0, 1)) for x in SOURCES]
    found = _fitted(targets)
    assert found.colour.kind == "per_image"
    for image, x in enumerate(SOURCES):
        assert found.colour.for_image(image).gain == pytest.approx(1 / x.std((0, 1)), rel=1e-3)


def test_more_noise_leaves_a_larger_residual() -> None:
    """The residual is the mean absolute noise, in levels of the source."""
    rng = np.random.default_rng(0)
    noise = [rng.normal(0, 1, x.shape) for x in SOURCES]
    found = [_fitted([x + k * n for x, n in zip(SOURCES, noise, strict=True)]).residual for k in (0, 1, 4)]
    assert found == pytest.approx([0, 0.8, 3.2], rel=0.05)


def test_a_cast_leaves_whole_numbers_of_one_of_the_likely_maps() -> None:
    """Normalised values cast to bytes: the likely map that makes them is found, and none that does not."""
    likely = colours.plain(range(3), 1 / (255 * STD), -MEAN / STD, 3)
    targets = [np.clip(np.rint(likely.apply(x)), 0, 255).astype(np.uint8) for x in SOURCES]
    other = colours.plain(range(3), np.full(3, 1 / 255), np.zeros(3), 3)
    found = module.as_bytes(STILL, SOURCES, targets, [0, 1, 2], (other, likely))
    assert found is not None
    assert found.colour is likely
    assert (found.clip, found.rounds_output) == ((0.0, 255.0), True)
    assert module.as_bytes(STILL, SOURCES, targets, [0, 1, 2], (other,)) is None
    assert module.as_bytes(STILL, SOURCES, SOURCES, [0, 1, 2], (likely,)) is None


def test_a_map_near_usual_constants_is_on_them() -> None:
    """Within a fit's error x / 255 is meant; in sources that are no pixels only ``unchanged`` is told."""
    near = colours.plain(range(3), np.full(3, 1.001 / 255), np.zeros(3), 3)
    assert fit_colours.on_usual_constants(near, 1.0).gain == pytest.approx(1 / 255, rel=1e-12)
    assert fit_colours.on_usual_constants(near, 0.01) is near
    same = colours.plain(range(3), np.full(3, 1.001), np.full(3, 0.002), 3)
    assert fit_colours.on_usual_constants(same, 0.01).changes_nothing
    assert fit_colours.on_usual_constants(replace(same, kind="matrix"), 0.01).kind == "matrix"


def test_images_without_content_are_an_error() -> None:
    """A canvas beside the picture gives nothing to fit on."""
    beside = replace(STILL, placements=(whole(SHAPE, SHAPE, SHAPE, 1, (999, 0)),) * 3)
    with pytest.raises(ValueError, match="at least one array"):
        _fitted(SOURCES, beside)


@pytest.mark.parametrize(
    ("made", "half"),
    [
        (lambda levels: levels / 256, False),
        (lambda levels: (levels - 127.5) / 128, False),
        (lambda levels: (levels - 121) / 64, False),
        (lambda levels: (levels / 255).astype(np.float16), True),
        (lambda levels: ((levels / 255 - 0.485) / 0.229).astype(np.float16), True),
        (lambda levels: levels / 255, False),
    ],
)
def test_even_steps_are_not_float16s(made, half: bool) -> None:
    """Bytes over a power of two are float16 values by nature; what float16 rounds has uneven steps."""
    levels = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(np.float32)
    assert is_half(made(levels).astype(np.float32)) == half


def test_a_map_of_fewer_channels_keeps_the_number_that_it_reads() -> None:
    """Three channels out of four, near x / 255, are on it and still read four."""
    near = colours.plain((2, 1, 0), np.full(3, 1.00001 / 255), np.zeros(3), 4)
    found = fit_colours.on_usual_constants(near, 1.0)
    assert found.matrix.shape == (3, 4)
    assert found.gain == pytest.approx(np.full(3, 1 / 255))
    assert found.order == (2, 1, 0)


@pytest.mark.parametrize(("values", "half"), [((0.1, 0.2), True), ((0.125, 0.25), True), ((0.125, 0.25, 0.375), False)])
def test_three_values_may_lie_on_even_steps(values: tuple[float, ...], half: bool) -> None:
    """Any two values are a step apart, which tells nothing; three at equal distances are float16's by nature."""
    tensor = np.resize(np.array(values, np.float16).astype(np.float32), (60, 61, 1))
    assert is_half(tensor) is half


@pytest.mark.parametrize(("whole", "half"), [(0.3, True), (0.7, False)])
def test_whole_numbers_are_float16s_by_nature(whole: float, half: bool) -> None:
    """Where most values are whole the few others say nothing of the tensor's type."""
    rng = np.random.default_rng(0)
    parts = rng.normal(0, 1, (100, 100, 1)).astype(np.float16).astype(np.float32)
    tensor = np.where(rng.random(parts.shape) < whole, np.rint(parts * 9), parts).astype(np.float32)
    assert is_half(tensor) is half
