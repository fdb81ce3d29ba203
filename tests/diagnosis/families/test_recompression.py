"""A JPEG once more on one side: its quality, its colour planes, before or after the resize."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.families import recompression
from pixelparity.diagnosis.fit import jpeg_quality
from pixelparity.diagnosis.fit.jpeg_quality import RoundTrip
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.search.staged import decoder_hypotheses
from tests.diagnosis import sides

#: More of the fixed part of the fault bench.
BENCH = """
inception_stretch/recompression.jpeg_again_60
    recompression | recompression | -
"""

SIZE = (96, 128)


def _jpeg(image: np.ndarray, quality: int, full: bool = False) -> np.ndarray:
    """Return a picture after a JPEG of OpenCV's, which the diagnosis does not use."""
    planes = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, planes]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), options)
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def _detailed(count: int = 4) -> list[np.ndarray]:
    """Return drawn pictures with the fine grain that a JPEG takes away."""
    rng = np.random.default_rng(5)
    return [np.clip(x + rng.normal(0, 6, x.shape), 0, 255).astype(np.uint8) for x in sides.pictures(count)]


@pytest.mark.parametrize("quality", [41, 60, 75, 80, 90, 95])
@pytest.mark.parametrize("full", [False, True])
def test_the_quality_and_the_colour_planes_are_found(quality: int, full: bool) -> None:
    """Of pictures of both sides, in either direction; equal pictures are nothing."""
    plain = _detailed(2)
    made = [_jpeg(x, quality, full) for x in plain]
    for pair, side in (((plain, made), "serving"), ((made, plain), "training")):
        found = recompression.of_pictures(*pair)
        assert found is not None
        told = {"side": side, "quality": quality, "subsampling": "4:4:4" if full else "4:2:0", "where": "before"}
        assert dict(found.parameters) == told
        assert f"in {side}" in found.text
    assert recompression.of_pictures(plain, plain) is None


def test_the_search_ends_at_the_least() -> None:
    """What is left rises on both sides of 73; with full colour planes it is a little less."""
    found, left = jpeg_quality.best(lambda one: abs(one.quality - 73) + (0.5 if one.subsampling == "4:2:0" else 0.2))
    assert (found, left) == (RoundTrip(quality=73, subsampling="4:4:4"), 0.2)


def test_a_blur_is_no_jpeg() -> None:
    """Pictures that a filter has softened are not those of a JPEG at any quality."""
    plain = _detailed(2)
    assert recompression.of_pictures(plain, [cv2.GaussianBlur(x, (0, 0), 0.8) for x in plain]) is None


def test_other_colour_planes_and_values_that_are_cut_off_are_no_jpeg() -> None:
    """Planes that are repeated come back from any fine JPEG, and a cast to bytes brings wild values nearer: neither counts."""
    plain = [_jpeg(x, 95) for x in _detailed(2)]
    repeated = [decoder_hypotheses.repeated_chroma(x) for x in plain]
    wild = [x.astype(np.float32) * 255 for x in plain]
    for other in (repeated, wild):
        assert recompression.of_pictures(plain, other) is None
        assert recompression.of_pictures(other, plain) is None


def _families(reference: Any, deployed: Any, drawn: list[np.ndarray], known: bool) -> list[str]:
    one, two = sides.final("reference", reference), sides.final("deployed", deployed)
    raw = dict(zip(one.images, drawn, strict=True)) if known else None
    return [cause.family for cause in diagnosis.diagnose(one, two, raw=raw).causes]


def _unit(image: np.ndarray, how: Resampling | None = None) -> np.ndarray:
    return (sides.resized(image, SIZE, how) / 255).astype(np.float32)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_jpeg_before_the_resize_is_told_by_the_pictures(swapped: bool) -> None:
    """On either side, from decoded pictures and final tensors."""
    drawn = _detailed()
    pair = [_unit(x) for x in drawn], [_unit(_jpeg(x, 60)) for x in drawn]
    assert _families(*(pair[::-1] if swapped else pair), drawn, True) == ["recompression"]


def test_a_jpeg_does_not_hide_another_filter() -> None:
    """Antialiasing left out beside a JPEG: both are named, and nothing else."""
    drawn = _detailed()
    reference = [_unit(x, Resampling(antialias=True)) for x in drawn]
    deployed = [_unit(_jpeg(x, 60)) for x in drawn]
    assert sorted(_families(reference, deployed, drawn, True)) == ["antialias", "recompression"]


@pytest.mark.parametrize("known", [False, True])
def test_a_jpeg_after_the_resize_is_told_by_its_blocks(known: bool) -> None:
    """From final tensors, whether or not the pictures are known: grain that a JPEG takes looks like a zoom and less contrast."""
    drawn = _detailed()
    reference = [_unit(x) for x in drawn]
    deployed = [(_jpeg(sides.resized(x, SIZE), 70) / 255).astype(np.float32) for x in drawn]
    one, two = sides.final("reference", reference), sides.final("deployed", deployed)
    raw = dict(zip(one.images, drawn, strict=True)) if known else None
    (cause,) = diagnosis.diagnose(one, two, raw=raw).causes
    assert (cause.family, cause.parameters["quality"], cause.parameters["where"]) == ("recompression", 70, "after")


def test_two_sides_that_compress_alike_are_equal() -> None:
    """The same JPEG on both sides is no cause."""
    drawn = _detailed()
    made = [_unit(_jpeg(x, 60)) for x in drawn]
    assert _families(made, made, drawn, True) == []
