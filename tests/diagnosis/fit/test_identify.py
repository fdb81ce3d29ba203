"""What a side does, found from source pictures and the tensors that they became."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.fit import identify as identifying
from pixelparity.diagnosis.fit.identify import identify
from pixelparity.diagnosis.model import layouts
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import as_signed_bytes, simulate
from tests.diagnosis.sides import cropped, fitted, normalized, picture, resized, shorter

SHAPES = ((100, 130), (130, 100), (110, 110))
SOURCES = [picture(n, shape) for n, shape in enumerate(SHAPES)]
LINEAR = (Resampling(), Resampling(antialias=True))


def test_a_whole_preprocessing_is_found() -> None:
    """Short edge 72, centre crop 64, ImageNet's constants: size, window, kernel, rounding and channels."""
    targets = [normalized(cropped(resized(x, shorter(x, 72)), 64)) for x in SOURCES]
    found = identify(SOURCES, targets, kernels=LINEAR)
    assert [place.size for place in found.placements] == [(72, 93), (93, 72), (72, 72)]
    assert {place.origin for place in found.placements} == {(4, 14), (14, 4), (4, 4)}
    assert (found.resampling, found.rounding) == (Resampling(), "round")
    assert found.explained > 0.999
    for image, (x, y) in enumerate(zip(SOURCES, targets, strict=True)):
        # A value halfway between two levels may be rounded to the other one.
        assert np.mean(np.abs(simulate(found, x, image) - y) > 1e-5) < 1e-3


def test_pictures_as_they_are_are_found_so() -> None:
    """Nothing is resampled, nothing is mapped, nothing is left."""
    found = identify(SOURCES, SOURCES)
    assert found.colour.changes_nothing
    assert found.residual == pytest.approx(0, abs=1e-9)
    assert all(simulate(found, x, image).tobytes() == x.astype(np.float32).tobytes() for image, x in enumerate(SOURCES))


def test_a_letterbox_is_found() -> None:
    """Fitted into a square, padded with 114 in the middle."""
    found = identify(SOURCES, [fitted(x, 64, 114) for x in SOURCES], kernels=LINEAR)
    assert found.fill == (114.0,) * 3
    assert [place.origin for place in found.placements] == [(-7, 0), (0, -7), (0, 0)]


@pytest.mark.parametrize("name", ["hwc_read_as_chw", "chw_read_as_hwc"])
def test_a_layout_mistake_is_found(name: str) -> None:
    """Bytes of one layout read as another are undone before anything is looked for."""
    target = layouts.make(name, resized(SOURCES[0], (48, 64)))
    found = identify(SOURCES[:1], [target], kernels=LINEAR)
    assert found.layout_error == name
    assert found.explained > 0.99


def test_signed_bytes_are_found() -> None:
    """Bytes that were read as signed, nothing resampled."""
    found = identify(SOURCES[:1], [as_signed_bytes(SOURCES[0])], kernels=LINEAR)
    assert found.bytes_as_int8
    assert found.explained > 0.99


def test_a_part_of_the_picture_is_doubted_above_the_limit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that looks like an enlarged part is believed where it leaves just the limit, and by one bit more it is not."""
    targets = [resized(SOURCES[0], (60, 60))[4:52, 6:54]]
    left: list[float] = []
    measured = identifying.misfit

    def misfit(*given: Any) -> float:
        left.append(measured(*given))
        return left[-1]

    monkeypatch.setattr(identifying, "misfit", misfit)

    def residual(limit: float) -> float:
        fit = replace(thresholds.Thresholds().fit, kernel_max_misfit_levels=limit)
        with thresholds.using(replace(thresholds.Thresholds(), fit=fit)):
            return identify(SOURCES[:1], targets, kernels=LINEAR).residual

    assert residual(0.5) < 0.01  # the whole picture, tried after the part
    by_part = left[0]
    assert residual(by_part) > 1
    assert residual(float(np.nextafter(by_part, 0))) < 0.01


def test_the_other_sides_model_is_kept_where_it_fits() -> None:
    """A hint that holds within noise keeps geometry and kernel; one that does not is not believed."""
    targets = [resized(x, (48, 48)) for x in SOURCES]
    hint = identify(SOURCES, targets, kernels=LINEAR)
    scaled = identify(SOURCES, [y / np.float32(255) for y in targets], hint=hint)
    assert (scaled.placements, scaled.resampling) == (hint.placements, hint.resampling)
    smooth = identify(SOURCES, [resized(x, (48, 48), LINEAR[1]) for x in SOURCES], hint=hint, kernels=LINEAR)
    assert smooth.resampling == LINEAR[1]


def test_tensors_of_something_else_are_not_explained() -> None:
    """Noise has no model: little is explained, and the residual is infinite."""
    rng = np.random.default_rng(0)
    found = identify(SOURCES[:1], [rng.random((48, 48, 3))], kernels=LINEAR)
    assert found.explained < 0.5
    assert found.residual == np.inf


def test_pictures_of_one_colour_tell_constants_only() -> None:
    """Four flat pictures: x / 255 is found; one of them alone tells nothing."""
    flat = [np.full((20, 24, 3), level, np.uint8) + np.arange(3, dtype=np.uint8) * 9 for level in (10, 80, 150, 220)]
    targets = [x / np.float32(255) for x in flat]
    found = identify(flat, targets)
    assert found.colour.gain == pytest.approx(1 / 255)
    alone = identify(flat[:1], targets[:1])
    assert (alone.explained, alone.residual) == (0.0, np.inf)


def test_no_images_are_an_error() -> None:
    """There is nothing to identify on no picture."""
    with pytest.raises(IndexError):
        identify([], [])


def test_pictures_with_detail_are_looked_at_first_of_each_shape() -> None:
    """Flat pictures, and tensors of one value, tell nothing; of the others one of each shape comes before a second one."""
    flat = np.full((100, 130, 3), 90, np.uint8)
    sources = [flat, SOURCES[0], SOURCES[0], SOURCES[1], SOURCES[2], SOURCES[1]]
    targets = [flat / 255, *(x / 255 for x in sources[1:5]), np.zeros_like(SOURCES[1])]
    at = thresholds.now()
    for probes, picked in ((3, [1, 3, 4]), (4, [1, 2, 3, 4]), (9, [1, 2, 3, 4])):
        with thresholds.using(replace(at, fit=replace(at.fit, probes=probes))):
            assert identifying._probes(sources, targets, range(6)) == picked
