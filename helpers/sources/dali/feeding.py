"""What is fed to a pipeline: encoded bytes as they lie in the file, or pictures decoded as MMPretrain decodes them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from helpers.errors import ImageError, InputError, MissingLibrary
from helpers.stages import Tensor

FEEDS = ("encoded", "rgb", "bgr")

#: What each feed means, in words that go into a capture's facts.
DECODERS = {
    "encoded": "none: the file's bytes are fed",
    "rgb": "OpenCV imdecode, IMREAD_COLOR (EXIF orientation applied), BGR turned to RGB",
    "bgr": "OpenCV imdecode, IMREAD_COLOR (EXIF orientation applied), left in BGR",
}


def load(file: Path, feed: str) -> Tensor:
    """Return what is fed for one picture file.

    ``encoded`` gives the bytes, shape (n,), uint8; ``rgb`` and ``bgr`` give HWC uint8 with three channels. A grey picture
    gets three equal channels, as OpenCV does it. Raises ``ImageError`` that names the file when it is missing, not a
    picture, truncated, or CMYK (whose colours every decoder converts in its own way).
    """
    if feed not in FEEDS:
        raise InputError(f"feed is {feed!r}; use one of {', '.join(FEEDS)} or auto")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ImageError(f"{file} cannot be read ({error.strerror or error}); give a picture file") from error
    check_complete(data, file)
    if feed == "encoded":
        return np.frombuffer(data, dtype=np.uint8)
    return _decode(data, file, feed)


def check_complete(data: bytes, file: Path) -> None:
    """Raise ``ImageError`` unless the bytes hold a whole picture, in a colour space that all decoders read alike.

    OpenCV returns the readable part of a truncated picture without a word, so Pillow is asked first.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise MissingLibrary("checking pictures needs Pillow: pip install pillow") from error
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.mode in ("CMYK", "YCCK"):
                raise ImageError(f"{file} is a CMYK picture, which decoders convert differently; save it as RGB")
            picture.draft("RGB", (picture.width // 8, picture.height // 8))  # JPEG: a cheaper decode of all the data
            picture.load()
    except UnidentifiedImageError as error:
        raise ImageError(f"{file} is not a picture that can be decoded; give a JPEG or PNG file") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{file} is truncated or damaged ({error}); copy the picture again") from error


def _decode(data: bytes, file: Path, feed: str) -> Tensor:
    try:
        import cv2
    except ImportError as error:
        raise MissingLibrary("decoding pictures needs OpenCV: pip install opencv-python-headless") from error
    picture = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ImageError(f"{file} cannot be decoded by OpenCV; save it as JPEG or PNG")
    return picture if feed == "bgr" else np.ascontiguousarray(picture[..., ::-1])  # H x W x 3, uint8, 0..255
