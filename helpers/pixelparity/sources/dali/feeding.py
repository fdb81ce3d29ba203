"""What is fed to a pipeline: encoded bytes as they lie in the file, or pictures decoded as MMPretrain decodes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pixelparity import pictures
from pixelparity.errors import InputError
from pixelparity.stages import Tensor

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
        raise InputError(f"feed is {feed!r}; use auto, {', '.join(FEEDS)}")
    if feed == "encoded":
        return np.frombuffer(pictures.read_bytes(file), dtype=np.uint8)
    picture = pictures.read_rgb(file)
    return picture if feed == "rgb" else np.ascontiguousarray(picture[..., ::-1])  # H x W x 3, uint8, 0..255
