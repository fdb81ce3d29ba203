"""A Gaussian before shrinking, as scikit-image's resize has it, as one side's filter."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.families import kernel
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.resampling import Resampling, matrix, resample
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis import sides

#: More of the fixed part of the fault bench.
BENCH = """
inception_stretch/antialias.gaussian
    antialias | antialias | -
"""

SIZE = (48, 64)
GAUSSIAN = Resampling(gaussian=True)


def _smoothed(image: np.ndarray, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return a picture shrunk by OpenCV after a Gaussian of sigma (factor - 1) / 2, cut off at four sigmas."""
    sigmas = [max((edge / new - 1) / 2, 1e-6) for edge, new in zip(image.shape, size, strict=False)]
    height, width = (2 * int(4 * sigma + 0.5) + 1 for sigma in sigmas)
    soft = cv2.GaussianBlur(
        image, (width, height), sigmaX=sigmas[1], sigmaY=sigmas[0], borderType=cv2.BORDER_REFLECT_101
    )
    return cv2.resize(soft, size[::-1])


def test_the_weights_are_those_of_a_gaussian_and_a_linear_kernel() -> None:
    """Against OpenCV's two steps on noise; enlarging has no Gaussian, and weights add up to 1."""
    noise = (np.random.default_rng(0).random((101, 207, 1)) * 255).astype(np.float32)
    made = resample(noise, matrix(101, 48, GAUSSIAN), matrix(207, 64, GAUSSIAN))[..., 0]
    assert np.abs(made - _smoothed(noise)).max() < 1e-3
    assert np.array_equal(matrix(10, 20, GAUSSIAN), matrix(10, 20, Resampling()))
    assert np.allclose(matrix(101, 48, GAUSSIAN).sum(1), 1)


def _grainy() -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    return [np.clip(x + rng.normal(0, 12, x.shape), 0, 255).astype(np.uint8) for x in sides.pictures(4)]


FILTERS = {
    "gaussian": lambda x: (_smoothed(x) / 255).astype(np.float32),
    False: lambda x: (sides.resized(x, SIZE) / 255).astype(np.float32),
    True: lambda x: (sides.resized(x, SIZE, Resampling(antialias=True)) / 255).astype(np.float32),
}


@pytest.mark.parametrize(
    ("one", "other"), [("gaussian", False), (False, "gaussian"), ("gaussian", True), ("gaussian", "gaussian")]
)
def test_the_filter_of_each_side_is_named(one: str | bool, other: str | bool) -> None:
    """Against none and against a widened kernel, in both directions; the same Gaussian on both sides is no cause."""
    drawn = _grainy()
    reference, deployed = (
        sides.final(name, [FILTERS[kind](x) for x in drawn]) for name, kind in (("reference", one), ("deployed", other))
    )
    found = diagnosis.diagnose(reference, deployed, raw=dict(zip(reference.images, drawn, strict=True))).causes
    assert [cause.family for cause in found] == ([] if one == other else ["antialias"])
    for cause in found:
        assert (cause.parameters["reference"], cause.parameters["deployed"]) == (one, other)
        assert "a Gaussian before shrinking (scikit-image)" in cause.text


def test_the_mend_is_the_references_filter() -> None:
    """A chain without a filter gets the Gaussian, and one with it loses it; the printed line names sigma and resize."""
    place = placement.whole((100, 120), SIZE)
    plain = SideModel(placements=(place,), colour=colours.identity(3))
    soft = replace(plain, resampling=GAUSSIAN)
    for reference, deployed in ((soft, plain), (plain, soft)):
        (found,) = kernel.differences(reference, deployed, [0])
        assert found.mend(deployed).resampling == reference.resampling
        assert ("fn.gaussian_blur" in found.fix) == reference.resampling.gaussian
