"""Resampling in numpy against worked values and against the libraries it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity.diagnosis.model.resampling import Axis, Resampling, matrix, resample, sparse_rows, weight
from pixelparity.errors import InputError

SHAPES = ("nearest", "linear", "cubic", "cubic75", "area", "lanczos3", "lanczos4")


def test_halving_with_area_averages_pairs() -> None:
    """Four pixels to two: each is the mean of its pair."""
    assert matrix(4, 2, Resampling(shape="area")).tolist() == [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]


def test_doubling_with_linear_worked_by_hand() -> None:
    """Two pixels to four, half-pixel centres: 0, 1/4, 3/4, 1 of the way, the border repeated."""
    got = matrix(2, 4, Resampling(shape="linear")) @ np.array([0.0, 1.0])
    assert got.tolist() == [0.0, 0.25, 0.75, 1.0]


def test_corner_and_end_grids_worked_by_hand() -> None:
    """Four pixels to two: corners look at 0 and 2, aligned ends at 0 and 3."""
    ramp = np.arange(4.0)
    assert (matrix(4, 2, Resampling(centre="corner")) @ ramp).tolist() == [0.0, 2.0]
    assert (matrix(4, 2, Resampling(centre="ends")) @ ramp).tolist() == [0.0, 3.0]


@given(
    st.integers(2, 60), st.integers(1, 60), st.sampled_from(SHAPES), st.booleans(), st.sampled_from(["clamp", "cut"])
)
def test_a_flat_picture_stays_flat(size: int, goal: int, shape: str, antialias: bool, border: str) -> None:
    """Weights of every output pixel sum to one."""
    weights = matrix(size, goal, Resampling(shape=shape, antialias=antialias, border=border))
    assert weights.shape == (goal, size)
    assert np.allclose(weights.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("shape", ["nearest", "linear", "cubic", "cubic75", "lanczos3"])
def test_the_same_size_changes_nothing(shape: str) -> None:
    """Resampling to the same size is the identity."""
    assert np.allclose(matrix(9, 9, Resampling(shape=shape)), np.eye(9), atol=1e-6)


def test_antialias_smooths_more() -> None:
    """On noise, the antialiased result varies less than the plain one."""
    noise = np.random.default_rng(0).normal(size=400)
    plain, smooth = (matrix(400, 100, Resampling(antialias=a)) @ noise for a in (False, True))
    assert smooth.std() < 0.7 * plain.std()


def test_an_unknown_kernel_is_an_error() -> None:
    """A kernel without a formula is refused."""
    with pytest.raises(InputError, match="no kernel"):
        matrix(4, 2, Resampling(shape="sharp"))


def _rounded(image: np.ndarray, size: tuple[int, int], how: Resampling) -> np.ndarray:
    out = resample(image, matrix(image.shape[0], size[0], how), matrix(image.shape[1], size[1], how))
    return np.clip(np.floor(out + 0.5), 0, 255)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("INTER_LINEAR", Resampling()),
        ("INTER_CUBIC", Resampling(shape="cubic75")),
        ("INTER_AREA", Resampling(shape="area")),
        ("INTER_LANCZOS4", Resampling(shape="lanczos4")),
    ],
)
def test_equals_opencv_within_a_level(name: str, how: Resampling) -> None:
    """OpenCV's resize is followed within one level of 255."""
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    for height, width in ((37, 51), (96, 160), (101, 133)):
        wanted = cv2.resize(image, (width, height), interpolation=getattr(cv2, name))
        assert np.abs(_rounded(image, (height, width), how) - wanted).max() <= 1


@pytest.mark.parametrize(("name", "shape"), [("BILINEAR", "linear"), ("BICUBIC", "cubic"), ("LANCZOS", "lanczos3")])
def test_equals_pillow_within_its_two_roundings(name: str, shape: str) -> None:
    """Pillow rounds between its two passes: the mean stays below 0.4 levels on noise."""
    image_module = pytest.importorskip("PIL.Image")
    image = np.random.default_rng(2).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    wanted = np.asarray(image_module.fromarray(image).resize((51, 37), getattr(image_module.Resampling, name)))
    got = _rounded(image, (37, 51), Resampling(shape=shape, antialias=True, border="cut"))
    assert np.abs(got - wanted).mean() < 0.4


@pytest.mark.parametrize("shape", ["nearest", "linear", "cubic75", "area", "lanczos3"])
@pytest.mark.parametrize("antialias", [False, True])
def test_some_rows_of_weights_are_those_rows_of_all(shape: str, antialias: bool) -> None:
    """Weights of single output pixels, spread over all input pixels, are the rows of the whole matrix."""
    how, index = Resampling(shape=shape, antialias=antialias), np.array([0, 7, 31])
    some, seen = sparse_rows(Axis(size_in=75, size_out=32, how=how), index)
    spread = np.zeros((3, 75), np.float32)
    spread[:, seen] = some
    assert (spread == matrix(75, 32, how)[index]).all()


def test_resampling_by_bands_is_the_product_of_the_matrices() -> None:
    """A picture large enough to be resampled in bands becomes what both whole matrices make of it."""
    image = np.random.default_rng(0).random((200, 240, 2)).astype(np.float32)
    down, across = matrix(200, 90, Resampling(antialias=True)), matrix(240, 101, Resampling(shape="cubic"))
    wanted = np.einsum("ij,jkc,lk->ilc", down, image, across)
    assert resample(image, down, across) == pytest.approx(wanted, abs=1e-5)


def test_kernels_worked_by_hand() -> None:
    """Half a pixel away Keys' cubic weighs 9/16 with a = -0.5 and 19/32 with -0.75; Lanczos 3 (2/pi)(6/pi) sin(pi/6)."""
    half = np.array([0.5])
    assert weight("linear", half) == pytest.approx(1 / 2)
    assert weight("cubic", half) == pytest.approx(9 / 16)
    assert weight("cubic75", half) == pytest.approx(19 / 32)
    assert weight("lanczos3", half) == pytest.approx(2 / np.pi * 6 / np.pi * np.sin(np.pi / 6))
    assert weight("cubic", np.array([1.5, 2.5])).tolist() == [-1 / 16, 0]


def test_an_enlarged_area_is_opencvs() -> None:
    """Two pixels to three: the middle one is half of each."""
    assert matrix(2, 3, Resampling(shape="area")) == pytest.approx(np.array([[1, 0], [0.5, 0.5], [0, 1]]))


def test_weights_that_do_not_fit_the_picture_are_an_error() -> None:
    """Weights for ten columns are not applied to nine."""
    with pytest.raises(ValueError, match="mismatch"):
        resample(np.ones((8, 9, 1)), matrix(8, 4, Resampling()), matrix(10, 4, Resampling()))
