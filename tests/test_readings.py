"""What decoders make of files that are no plain 8-bit colours."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from pixelparity import pictures, readings

RGB = np.random.default_rng(2).integers(0, 256, (20, 30, 3)).astype(np.uint8)


def _saved(folder: Path, picture: PIL.Image.Image, name: str, **more: object) -> Path:
    file = folder / name
    picture.save(file, **more)
    return file


def test_plain_colours_are_read_alike(tmp_path: Path) -> None:
    """JPEG and PNG of colours or grey have one reading."""
    picture = PIL.Image.fromarray(RGB)
    for name, shown in (("a.jpg", picture), ("b.png", picture), ("c.png", picture.convert("L"))):
        assert readings.of(_saved(tmp_path, shown, name)) is None


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_transparency_is_dropped_or_blended(tmp_path: Path, name: str) -> None:
    """By hand: a quarter of the colour over white is 191 levels and more, over black 64 and less."""
    alpha = np.full((20, 30, 1), 64, np.uint8)
    file = _saved(tmp_path, PIL.Image.fromarray(np.dstack([RGB, alpha])), name, lossless=True)
    found = readings.of(file)
    assert found is not None
    assert found.kind == "transparent"
    share = 64 / 255
    assert np.abs(pictures.read_rgb(file) - RGB.astype(float)).max() <= 1
    assert found.others[readings.OVER_WHITE]() == pytest.approx(RGB * share + 255 * (1 - share), abs=1.5)
    assert found.others[readings.OVER_BLACK]() == pytest.approx(RGB * share, abs=1.5)


def test_a_palette_is_looked_up_or_not(tmp_path: Path) -> None:
    """The indices are the file's own numbers, three times over."""
    picture = PIL.Image.fromarray(RGB).convert("P", palette=PIL.Image.Palette.ADAPTIVE)
    found = readings.of(_saved(tmp_path, picture, "a.png"))
    assert found is not None
    assert found.kind == "palette"
    made = found.others[readings.INDICES]()
    np.testing.assert_array_equal(made, np.dstack([np.asarray(picture)] * 3))


def test_sixteen_bits_are_read_in_four_ways(tmp_path: Path) -> None:
    """By hand: 513 is 2 * 256 + 1, cut off at 255, and 513 / 257 levels."""
    values = np.full((9, 8), 513, np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), values)
    found = readings.of(tmp_path / "a.png")
    assert found is not None
    assert found.kind == "deep"
    assert pictures.read_rgb(tmp_path / "a.png")[0, 0].tolist() == [2, 2, 2]
    assert found.others[readings.LOW_BYTE]()[0, 0].tolist() == [1, 1, 1]
    assert found.others[readings.CUT_OFF]()[0, 0].tolist() == [255, 255, 255]
    assert found.others[readings.ALL_BITS]()[0, 0] == pytest.approx([513 / 257] * 3, rel=1e-6)


def test_cmyk_is_converted_or_its_planes_are_taken(tmp_path: Path) -> None:
    """Without black the planes are the colours' complements."""
    picture = PIL.Image.fromarray(np.full((16, 16, 3), (200, 100, 50), np.uint8)).convert("CMYK")
    file = _saved(tmp_path, picture, "a.jpg", quality=100)
    found = readings.of(file)
    assert found is not None
    assert found.kind == "CMYK"
    assert found.others[readings.PLANES]()[8, 8] == pytest.approx([55, 155, 205], abs=3)
    assert pictures.read_rgb(file, cmyk=True)[8, 8] == pytest.approx([200, 100, 50], abs=3)


def test_a_foreign_profile_is_converted_or_ignored(tmp_path: Path) -> None:
    """A profile of another space changes the colours; sRGB's own does not count."""
    picture = PIL.Image.fromarray(RGB)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert readings.of(_saved(tmp_path, picture, "a.png", icc_profile=lab)) is None
    assert readings.of(_saved(tmp_path, picture, "b.png", icc_profile=b"no profile")) is None
