"""The ways in which decoders read picture files that are not plain 8-bit colours: what each makes of the same bytes.

Transparency is dropped or blended, a palette's indices are taken for colours, 16 bits become 8 in several ways, the planes of
CMYK are taken for red, green and blue, an embedded profile is converted or ignored. All readings of a file have its upright
height and width and three channels, levels 0..255; the first is what :func:`pixelparity.pictures.read_rgb` gives.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import pictures

Array = NDArray[Any]
#: The kinds of files, and how the usual reading of each is called.
USUAL = {
    "transparent": "transparency dropped",
    "palette": "colours of the palette",
    "deep": "high byte",
    "CMYK": "converted to RGB",
    "profile": "profile ignored",
}
OVER_WHITE, OVER_BLACK, INDICES = "blended over white", "blended over black", "indices of the palette"
ALL_BITS, LOW_BYTE, CUT_OFF = "all bits", "low byte", "cut off at 255"
PLANES, CONVERTED = "first three planes of CMYK", "profile converted to sRGB"

#: Stored values of 16 bits to a level: 65535 is level 255.
PER_LEVEL = 257.0


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What decoders make of one file: its ``kind``, a key of :data:`USUAL`, and by label all but the usual one, made when asked.

    Each is (height, width, 3), uint8, or float32 levels where more than 256 are told apart.
    """

    kind: str
    others: Mapping[str, Callable[[], Array]]


def of(path: Path) -> Readings | None:
    """Return the readings of a picture file, or nothing for one that all decoders read alike.

    Raises ``ImageError`` for a file that is none, or too large, and ``MissingLibrary`` without Pillow.
    """
    data = pictures.read_bytes(path, cmyk=True)
    with pictures.opened(data) as picture:
        mode, info = picture.mode, picture.info
        deep = mode.startswith("I") or mode == "F" or _png_depth(data) > _BYTE
        if deep:
            return _deep(data)
        if mode == "CMYK":
            return Readings(kind="CMYK", others={PLANES: lambda: _planes(data)})
        if mode == "P":
            others: dict[str, Callable[[], Array]] = {INDICES: lambda: _indices(data)}
            if "transparency" in info:
                others |= _blendings(data)
            return Readings(kind="palette", others=others)
        if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in info:
            return Readings(kind="transparent", others=_blendings(data))
        if mode == "RGB" and _foreign(info.get("icc_profile")):
            return Readings(kind="profile", others={CONVERTED: lambda: _to_srgb(data)})
    return None


#: Bits of a channel that a byte holds; where a PNG says how many it has, and how it begins (PNG, third edition, 5.2 and 11.2.1).
_BYTE, _DEPTH_AT, _PNG = 8, 24, b"\x89PNG\r\n\x1a\n"


def _png_depth(data: bytes) -> int:
    return data[_DEPTH_AT] if data.startswith(_PNG) and len(data) > _DEPTH_AT else _BYTE


def _upright(picture: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _three(plane: Array) -> Array:
    return np.ascontiguousarray(np.repeat(plane[..., None], 3, 2) if plane.ndim == 2 else plane[..., :3])


def _blendings(data: bytes) -> dict[str, Callable[[], Array]]:
    return {label: lambda level=level: _blended(data, level) for label, level in ((OVER_WHITE, 255), (OVER_BLACK, 0))}  # type: ignore[misc]


def _blended(data: bytes, level: int) -> Array:
    import PIL.Image

    with pictures.opened(data) as picture:
        shown = _upright(picture).convert("RGBA")
    ground = PIL.Image.new("RGBA", shown.size, (level, level, level, 255))
    return np.asarray(PIL.Image.alpha_composite(ground, shown).convert("RGB"))


def _indices(data: bytes) -> Array:
    with pictures.opened(data) as picture:
        return _three(np.asarray(_upright(picture)))


def _planes(data: bytes) -> Array:
    with pictures.opened(data) as picture:
        return _three(np.asarray(_upright(picture)))


def _deep(data: bytes) -> Readings | None:
    """Return the readings of a picture of 16 bits; nothing where OpenCV makes no such picture of it."""
    import cv2

    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR)
    if values is None or values.dtype != np.uint16:
        return None
    whole = _three(values[..., ::-1] if values.ndim == 3 else values)
    return Readings(
        kind="deep",
        others={
            ALL_BITS: lambda: (whole / np.float32(PER_LEVEL)).astype(np.float32),
            LOW_BYTE: lambda: (whole & 255).astype(np.uint8),
            CUT_OFF: lambda: np.minimum(whole, 255).astype(np.uint8),
        },
    )


def _foreign(profile: bytes | None) -> bool:
    """Say whether an embedded profile is another one than sRGB."""
    if not profile:
        return False
    from PIL import ImageCms

    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (OSError, ImageCms.PyCMSError):
        return False  # what is no profile is ignored by all
    return "srgb" not in name.lower()


def _to_srgb(data: bytes) -> Array:
    from PIL import ImageCms

    with pictures.opened(data) as picture:
        shown = _upright(picture)
        profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    made = ImageCms.profileToProfile(shown, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return np.asarray(made)
