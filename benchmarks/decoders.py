"""Decoders that DALI's CPU path does not offer, by hand: what a GPU decoder, a video path or another library does.

Each takes the path of a picture and whether to apply its EXIF orientation, and returns (H, W, 3) uint8 RGB (``grey_*``
(H, W, 1)).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Pixels = NDArray[np.uint8]
#: Inverse of the JFIF (BT.601) luma equation, and of BT.709's: what V adds to red, U and V take from green, U adds to blue.
BT601 = (1.402, 0.344136, 0.714136, 1.772)
BT709 = (1.5748, 0.187324, 0.468124, 1.8556)


def _to_rgb(luma: NDArray, u: NDArray, v: NDArray, matrix: tuple[float, ...] = BT601) -> Pixels:
    red_v, green_u, green_v, blue_u = matrix
    u, v = u - 128.0, v - 128.0
    planes = (luma + red_v * v, luma - green_u * u - green_v * v, luma + blue_u * u)
    return np.clip(np.rint(np.stack(planes, axis=-1)), 0, 255).astype(np.uint8)


def _open(path: Path, exif: bool) -> Image.Image:
    with Image.open(path) as file:
        return ImageOps.exif_transpose(file) if exif else file.copy()


def _ycc(path: Path, exif: bool) -> tuple[NDArray, NDArray, NDArray]:
    picture = _open(path, exif).convert("RGB").convert("YCbCr")
    y, u, v = np.moveaxis(np.asarray(picture, np.float64), -1, 0)
    return y, u, v


def nearest_chroma(path: Path, exif: bool = True) -> Pixels:
    """Decode a JPEG and repeat each chroma sample instead of interpolating, as nvJPEG does by default.

    Asking libjpeg for half the size gives the chroma planes of a 4:2:0 file as they are stored, before any upsampling.
    """
    with Image.open(path) as file:
        file.draft("YCbCr", file.size)
        width, height = file.size
        luma = np.asarray(file.convert("YCbCr"), np.float64)
        subsampled = file.layer[0][1:3] == (2, 2)
        turn = file.getexif().get(0x0112, 1) if exif else 1
    if not subsampled:
        return _turned(_to_rgb(luma[..., 0], luma[..., 1], luma[..., 2]), turn)
    with Image.open(path) as file:
        file.draft("YCbCr", (width // 2, height // 2))  # rounded up by the decoder; asked for more, it gives the whole
        small = np.asarray(file.convert("YCbCr"), np.float64)
    large = small.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return _turned(_to_rgb(luma[..., 0], large[..., 1], large[..., 2]), turn)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Apply an EXIF orientation tag, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def studio_expanded(path: Path, exif: bool = True) -> Pixels:
    """Read full-range luma and chroma as if they were studio range (16-235, 16-240) and stretch them."""
    y, u, v = _ycc(path, exif)
    return _to_rgb((y - 16) * 255 / 219, (u - 128) * 255 / 224 + 128, (v - 128) * 255 / 224 + 128)


def studio_left(path: Path, exif: bool = True) -> Pixels:
    """Leave studio range as it is: luma 16-235, chroma 16-240, never stretched to 0-255."""
    y, u, v = _ycc(path, exif)
    return _to_rgb(y * 219 / 255 + 16, (u - 128) * 224 / 255 + 128, (v - 128) * 224 / 255 + 128)


def bt709(path: Path, exif: bool = True) -> Pixels:
    """Convert luma and chroma with the matrix of high-definition video instead of JPEG's."""
    return _to_rgb(*_ycc(path, exif), matrix=BT709)


def _composite(path: Path, exif: bool, colour: tuple[int, int, int]) -> Pixels:
    picture = _open(path, exif).convert("RGBA")
    under = Image.new("RGBA", picture.size, (*colour, 255))
    return np.asarray(Image.alpha_composite(under, picture).convert("RGB"))


def alpha_black(path: Path, exif: bool = True) -> Pixels:
    """Blend transparent pixels over black."""
    return _composite(path, exif, (0, 0, 0))


def alpha_white(path: Path, exif: bool = True) -> Pixels:
    """Blend transparent pixels over white."""
    return _composite(path, exif, (255, 255, 255))


def _grey(path: Path, exif: bool, weights: tuple[float, float, float]) -> Pixels:
    rgb = np.asarray(_open(path, exif).convert("RGB"), np.float64)
    return np.rint(rgb @ np.array(weights)).astype(np.uint8)[..., None]


def grey_mean(path: Path, exif: bool = True) -> Pixels:
    """Make grey from the plain mean of the channels."""
    return _grey(path, exif, (1 / 3, 1 / 3, 1 / 3))


def grey_bt709(path: Path, exif: bool = True) -> Pixels:
    """Make grey with the weights of BT.709."""
    return _grey(path, exif, (0.2126, 0.7152, 0.0722))


def grey_swapped(path: Path, exif: bool = True) -> Pixels:
    """Make grey with BT.601's weights for red and blue exchanged: a BGR picture taken for RGB."""
    return _grey(path, exif, (0.114, 0.587, 0.299))


def grey_over_black(path: Path, exif: bool = True) -> Pixels:
    """Blend transparent pixels over black, then make grey."""
    return np.rint(alpha_black(path, exif) @ np.array((0.299, 0.587, 0.114))).astype(np.uint8)[..., None]


def pillow(path: Path, exif: bool = True) -> Pixels:
    """Decode with Pillow."""
    return np.asarray(_open(path, exif).convert("RGB"))


def inverted(path: Path, exif: bool = True) -> Pixels:
    """Decode with white as zero, as MONOCHROME1 is stored."""
    return 255 - pillow(path, exif)


def linear_light(path: Path, exif: bool = True) -> Pixels:
    """Undo a gamma of 2.2 and keep bytes."""
    table = np.rint(255 * (np.arange(256) / 255) ** 2.2).astype(np.uint8)
    return table[pillow(path, exif)]


def cut_at_180(path: Path, exif: bool = True) -> Pixels:
    """Cut off what is lighter than 180, as a window that is too narrow does."""
    return np.minimum(pillow(path, exif), 180)


def cut_at_60(path: Path, exif: bool = True) -> Pixels:
    """Cut off what is darker than 60."""
    return np.maximum(pillow(path, exif), 60)


def jpeg_again_60(path: Path, exif: bool = True) -> Pixels:
    """Decode, and compress once more with Pillow's usual halved colour planes, quality 60."""
    data = io.BytesIO()
    _open(path, exif).convert("RGB").save(data, "JPEG", quality=60)
    return np.asarray(Image.open(data))


def jpeg_again_85_full(path: Path, exif: bool = True) -> Pixels:
    """Decode, and compress once more with OpenCV, quality 85 and full colour planes."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 85, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pillow(path, exif)[..., ::-1]), options)
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


DECODERS: dict[str, Callable[[Path, bool], Pixels]] = {
    function.__name__: function
    for function in (nearest_chroma, studio_expanded, studio_left, bt709, alpha_black, alpha_white,
                     grey_mean, grey_bt709, grey_swapped, grey_over_black, pillow, inverted, linear_light,
                     cut_at_180, cut_at_60, jpeg_again_60, jpeg_again_85_full)
}  # fmt: skip
