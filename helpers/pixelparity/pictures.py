"""The pictures that both sides are shown: files found once, named by their stem, so that both sides speak of the same ones."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import files
from pixelparity.errors import ImageError, InputError
from pixelparity.extras import missing

_MOST_BYTES = 1024 * files.MIB
#: A picture is held decoded by both sides and by the diagnosis, about nine times over at the peak: 2 GiB for this many.
MOST_PIXELS = 70_000_000
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})


class PassedOver(UserWarning):
    """Something in a folder is called like a picture and is none."""


def find(paths: Iterable[str | Path], limit: int | None = None) -> dict[str, Path]:
    """Return picture files by name (the file name without its suffix), sorted, from files and folders (read one level deep).

    ``limit`` keeps the first that many. Raises ``InputError`` for a path that does not exist, for two pictures that share
    a name, and when there is no picture at all: nothing is ever diagnosed on nothing. A FIFO or a device is refused
    (``ImageError``) where it is given, and passed over with a ``PassedOver`` warning where it lies in a folder.
    """
    given = [Path(path) for path in paths]
    listed: list[Path] = []
    for path in given:
        if not path.exists():
            raise InputError(f"{path} does not exist; give a picture file or a folder of pictures")
        if not path.is_dir():
            check(path)
        listed += _inside(path) if path.is_dir() else [path]
    found: dict[str, Path] = {}
    for file in listed:
        if file.stem in found and found[file.stem].resolve() != file.resolve():
            raise InputError(f"{found[file.stem]} and {file} share the name {file.stem!r}; rename one of them")
        found[file.stem] = file
    if not found:
        where = ", ".join(map(str, given)) or "the list"
        raise InputError(f"no picture in {where}; give files that end in {', '.join(sorted(SUFFIXES))}")
    if limit is not None and limit < 1:
        raise InputError(f"the limit of pictures is {limit}; use 1 or more")
    names = sorted(found)[:limit]
    return {name: found[name] for name in names}


def read_bytes(path: Path, *, strict: bool = False, cmyk: bool = False) -> bytes:
    """Return a picture file's bytes after looking that they hold a whole picture that all decoders read alike.

    Raises ``ImageError`` for a file that is missing, is no picture, is truncated, or is CMYK (whose colours every decoder
    converts in its own way) unless ``cmyk`` allows that; with ``strict`` also for one that is not RGB.
    """
    import PIL.Image

    data = _bytes(path)
    try:
        with opened(data) as picture:
            pixels = picture.width * picture.height
            if pixels > MOST_PIXELS:
                raise ImageError(
                    f"{path} has {pixels / 1e6:,.0f} million pixels, and pictures of at most {MOST_PIXELS / 1e6:.0f} million are "
                    "read; shrink it, or cut a part out"
                )
            mode = picture.mode
            if mode == "RGB":
                picture.draft(mode, (picture.width // 8, picture.height // 8))  # JPEG: all data read, few pixels made
            picture.load()  # OpenCV fills up what a truncated file lacks; Pillow raises
    except ImageError:
        raise
    except PIL.UnidentifiedImageError as error:
        raise ImageError(
            f"{path} cannot be read as a picture (it is none that Pillow knows); replace the file"
        ) from error
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path} cannot be read as a picture ({reason}); replace the file") from error
    if (mode == "CMYK" and not cmyk) or (strict and mode != "RGB"):
        raise ImageError(f"{path} is a {mode} picture and RGB is wanted; convert it first")
    return data


def opened(data: bytes) -> Any:
    """Open a picture's bytes with Pillow, whatever its size."""
    import PIL.Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)  # our own limit is lower
        return PIL.Image.open(io.BytesIO(data))


def read_rgb(path: Path, *, strict: bool = False, cmyk: bool = False) -> NDArray[Any]:
    """Return a picture file as uint8 HWC RGB, decoded by OpenCV as training does, its orientation tag applied.

    A grey picture becomes three equal channels, transparency is dropped and of 16 bits the upper 8 are taken, unless
    ``strict``: then everything but RGB is refused. CMYK is refused unless ``cmyk`` allows it. Raises ``ImageError`` as
    :func:`read_bytes` does.
    """
    try:
        import cv2
    except ImportError as error:
        raise missing("cv2", "opencv") from error
    data = read_bytes(path, strict=strict, cmyk=cmyk)
    if cmyk and (converted := _of_cmyk(data)) is not None:
        return converted
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ImageError(f"{path} cannot be decoded by OpenCV; save it as JPEG or PNG")
    return np.ascontiguousarray(decoded[..., ::-1])


def _of_cmyk(data: bytes) -> NDArray[Any] | None:
    """Return a CMYK picture as Pillow converts it, which most trainings do; nothing for other pictures."""
    with opened(data) as picture:
        if picture.mode != "CMYK":
            return None
        from PIL import ImageOps

        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def check(path: Path) -> None:
    """Raise ``ImageError`` unless a picture's file is a regular one, or a link to one, of at most 1 GiB."""
    try:
        files.check(path, "a picture", most=_MOST_BYTES, hint="replace the file")
    except InputError as error:
        raise ImageError(str(error)) from error


def _bytes(path: Path) -> bytes:
    try:
        return files.read(path, "a picture", most=_MOST_BYTES, hint="replace the file")
    except InputError as error:
        raise ImageError(str(error)) from error


def _inside(folder: Path) -> list[Path]:
    # Names that begin with a dot are thumbnails and resource forks that systems leave beside the pictures.
    entries = (entry for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES)
    named = sorted(entry for entry in entries if not entry.name.startswith(".") and not entry.is_dir())
    special = [entry for entry in named if entry.exists() and not entry.is_file()]
    for entry in special:  # reading one would wait for whoever writes to it, for ever
        kind = files.kind(entry.stat().st_mode)
        warnings.warn(f"{entry} is {kind}, not a regular file; it is passed over", PassedOver, stacklevel=3)
    return [entry for entry in named if entry not in special]


def recompressed(picture: NDArray[Any], quality: int, subsampling: str) -> NDArray[np.uint8]:
    """Return a picture, (H, W, 3) RGB or (H, W, 1), uint8, as it comes back from a JPEG of this quality (1 to 100).

    ``subsampling`` is 4:2:0 or 4:4:4; it says nothing of a grey picture.
    """
    import PIL.Image

    grey = picture.shape[2] == 1
    data = io.BytesIO()
    made = PIL.Image.fromarray(np.ascontiguousarray(picture[..., 0] if grey else picture))
    made.save(data, "JPEG", quality=quality, subsampling=0 if subsampling == "4:4:4" else 2)
    with PIL.Image.open(data) as file:
        out: NDArray[np.uint8] = np.asarray(file)
    return out[..., None] if grey else out
