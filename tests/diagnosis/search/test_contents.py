"""What a decoder made of the files, guessed where only the decoded pictures and final tensors are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.model import yuv
from pixelparity.diagnosis.results import Diagnosis
from pixelparity.diagnosis.search.staged import decoder_hypotheses
from pixelparity.errors import SideError
from tests.diagnosis.sides import capture, cropped, final, normalized, picture, resized, shorter

SHAPES = ((260, 390), (390, 270), (300, 300), (240, 420), (410, 300), (281, 351))
TO_RGB = yuv.to_rgb("BT.601")


def _interpolated(samples: np.ndarray) -> np.ndarray:
    """Return a plane twice as large as libjpeg makes it: 3/4 of the nearest sample and 1/4 of the next, along each axis."""
    for axis in (0, 1):
        pad = np.concatenate([samples.take([0], axis), samples, samples.take([-1], axis)], axis)
        count = samples.shape[axis]
        before, here, after = (pad.take(range(k, k + count), axis) for k in (0, 1, 2))
        pairs = np.stack([0.75 * here + 0.25 * before, 0.75 * here + 0.25 * after], axis + 1)
        samples = pairs.reshape(*(2 * n if k == axis else n for k, n in enumerate(samples.shape)))
    return samples


def _decoded(image: np.ndarray, enlarge: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return a picture whose colour planes were halved and enlarged again by some way, uint8 RGB."""
    planes = image.astype(np.float64) @ np.linalg.inv(TO_RGB).T
    height, width = image.shape[:2]
    for k in (1, 2):
        whole = np.pad(planes[..., k], ((0, height % 2), (0, width % 2)), mode="edge")
        small = whole.reshape(whole.shape[0] // 2, 2, whole.shape[1] // 2, 2).mean((1, 3))
        planes[..., k] = enlarge(small)[:height, :width]
    return np.clip(np.rint(planes @ TO_RGB.T), 0, 255).astype(np.uint8)


def _coloured(number: int, shape: tuple[int, int]) -> np.ndarray:
    """Return a drawn picture whose colours have fine detail too, which is what chroma samples are about."""
    rng = np.random.default_rng(100 + number)
    spots = rng.normal(0, 40, (*(-(-n // 3) for n in shape), 3)).repeat(3, 0).repeat(3, 1)[: shape[0], : shape[1]]
    return np.clip(picture(number, shape) + spots, 0, 255).astype(np.uint8)


def _repeated(samples: np.ndarray) -> np.ndarray:
    return samples.repeat(2, axis=0).repeat(2, axis=1)


COLOURED = [_coloured(n, shape) for n, shape in enumerate(SHAPES)]
RAW = [_decoded(image, _interpolated) for image in COLOURED]


def _served(pictures: Sequence[np.ndarray], edge: int = 200, crop: int = 180) -> list[np.ndarray]:
    return [normalized(cropped(resized(image, shorter(image, edge)), crop)) for image in pictures]


def _told(deployed: Sequence[np.ndarray], edge: int = 200, crop: int = 180) -> Diagnosis:
    raw = {f"picture{n}": image for n, image in enumerate(RAW)}
    sides = final("reference", _served(RAW)), final("deployed", _served(deployed, edge, crop))
    return diagnosis.diagnose(*sides, raw=raw)


def _families(found: Diagnosis) -> set[str]:
    return {cause.family for cause in found.causes}


def test_repeated_chroma_is_near_a_decoder_that_repeats_its_samples() -> None:
    """The picture made from interpolated samples is far nearer to that of repeated ones than the picture it is made from."""
    for image, usual in zip(COLOURED, RAW, strict=True):
        true = _decoded(image, _repeated).astype(int)
        made = decoder_hypotheses.repeated_chroma(usual).astype(int)
        assert np.abs(made - true).mean() < 0.4 * np.abs(usual - true).mean()


def test_repeated_chroma_leaves_grey_alone() -> None:
    """A grey picture has no colour planes to repeat."""
    grey = np.repeat(RAW[0][..., :1], 3, axis=2)
    np.testing.assert_allclose(decoder_hypotheses.repeated_chroma(grey).astype(int), grey, atol=1)


@pytest.mark.parametrize("edge", [200, 220])
def test_chroma_is_named_beside_another_size(edge: int) -> None:
    """Repeated chroma is named though both sides show final tensors only, alone and beside another size."""
    found = _told([_decoded(image, _repeated) for image in COLOURED], edge)
    assert _families(found) == {"jpeg_chroma"} | ({"target_size"} if edge != 200 else set())


def test_a_range_that_cuts_off_is_named_beside_the_constants() -> None:
    """Stretched studio range cuts dark and bright pixels off: it is told from other constants, which are named as well."""
    mixed = next(m for m in yuv.mix_ups() if m.range == "full_as_studio")
    stretched = [np.rint(mixed.apply(image)).astype(np.uint8) for image in RAW]
    assert _families(_told(stretched)) == {"colour_range"}


def test_stages_in_the_middle_are_explained_from_pictures_that_are_smaller_than_they() -> None:
    """Sides with a resize of their own and decoded pictures beside them: an enlarged picture's missing division is named."""
    small = [picture(n, (90, 110)) for n in range(6)]
    larger = [resized(image, (150, 160)) for image in small]
    sides = [
        capture(name, [("resize", larger), ("normalize", [made(x) for x in larger])])
        for name, made in (("reference", lambda x: x / np.float32(255)), ("deployed", lambda x: x.astype(np.float32)))
    ]
    found = diagnosis.diagnose(*sides, raw={f"picture{n}": image for n, image in enumerate(small)})
    assert _families(found) == {"scale_missing"}


def test_pictures_with_other_numbers_of_channels_are_refused() -> None:
    """Decoded pictures of three and of four channels are no set of pictures; what to do is said."""
    raw = {f"picture{n}": image if n else np.dstack([image, image[..., :1]]) for n, image in enumerate(RAW)}
    sides = final("reference", _served(RAW)), final("deployed", [x * 2 for x in _served(RAW)])
    with pytest.raises(SideError, match="decode all of them to RGB"):
        diagnosis.diagnose(*sides, raw=raw)


def test_pictures_that_explain_nothing_do_not_hide_what_final_tensors_tell() -> None:
    """With pictures that neither side was made of, the missing mean and std are told from the final tensors."""
    raw = {f"picture{n}": picture(50 + n, image.shape[:2]) for n, image in enumerate(RAW)}
    plain = [cropped(resized(image, shorter(image, 200)), 180).astype(np.float32) / 255 for image in RAW]
    found = diagnosis.diagnose(final("reference", _served(RAW)), final("deployed", plain), raw=raw)
    assert _families(found) == {"mean_std_missing"}


def test_equal_decoders_are_not_guessed_about() -> None:
    """Where the decoded pictures explain a side, they stay, and another kernel alone is named."""
    found = _told(RAW)
    assert (found.verdict, found.causes) == ("match", ())


def _blended(image: np.ndarray, number: int, ground: float) -> np.ndarray:
    """Return a picture that fades to one colour towards its corners; every third one has no alpha."""
    if number % 3 == 0:
        return image
    y, x = (np.linspace(-1, 1, n) for n in image.shape[:2])
    share = np.clip(1.6 - 1.3 * np.hypot(y[:, None], x[None]), 0, 1)[..., None]
    return np.rint(ground + (image - ground) * share).astype(np.uint8)


@pytest.mark.parametrize("ground", [0.0, 255.0])
@pytest.mark.parametrize("crop", [180, 160])
def test_blending_is_named_with_its_ground_beside_another_size(ground: float, crop: int) -> None:
    """Pictures blended over black or white are named with the colour, alone and beside another crop."""
    found = _told([_blended(image, n, ground) for n, image in enumerate(RAW)], crop=crop)
    assert _families(found) == {"alpha_gray"} | ({"target_size"} if crop != 180 else set())
    named = next(cause for cause in found.causes if cause.family == "alpha_gray")
    assert named.parameters["background"] == {0.0: "black", 255.0: "white"}[ground]


def test_weights_of_grey_are_named_with_both_sides_numbers() -> None:
    """Grey made of other weights of red, green and blue is told by the decoded pictures, with the weights."""
    weights = (np.array([0.299, 0.587, 0.114]), np.full(3, 1 / 3))

    def grey(share: np.ndarray) -> list[np.ndarray]:
        smaller = [resized(np.rint(image @ share)[..., None].astype(np.uint8), (120, 160)) for image in RAW]
        return [(x.astype(np.float32) - 127.5) / 127.5 for x in smaller]

    raw = {f"picture{n}": image for n, image in enumerate(RAW)}
    found = diagnosis.diagnose(*(final(str(n), grey(share)) for n, share in enumerate(weights)), raw=raw)
    assert _families(found) == {"alpha_gray"}
    for side, share in zip(("reference", "deployed"), weights, strict=True):
        np.testing.assert_allclose(found.causes[0].parameters[side], share, atol=0.01)


def test_exchanged_height_and_width_do_not_hide_another_mode() -> None:
    """Tensors with rows and columns exchanged are named a layout, and a stretch beside it is named too."""
    stretched = [normalized(resized(image, (180, 180))).transpose(1, 0, 2) for image in RAW]
    raw = {f"picture{n}": image for n, image in enumerate(RAW)}
    found = diagnosis.diagnose(final("reference", _served(RAW)), final("deployed", stretched), raw=raw)
    assert _families(found) == {"layout", "resize_mode"}


def test_ignored_orientations_do_not_hide_another_size() -> None:
    """Where some pictures are turned on one side only, another size of all of them is named beside the orientation."""
    turned = [np.ascontiguousarray(image[::-1, ::-1]) if n % 2 else image for n, image in enumerate(RAW)]
    raw = {f"picture{n}": image for n, image in enumerate(RAW)}
    sides = final("reference", _served(turned)), final("deployed", _served(RAW, 220))
    assert _families(diagnosis.diagnose(*sides, raw=raw)) == {"exif_orientation", "target_size"}
