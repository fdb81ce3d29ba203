"""Pictures by name: of more pixels than memory has room for, of odd modes, and with names that are hard to hold."""

from __future__ import annotations

import io
from collections.abc import Iterator

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt

_READ = frozenset({1})
_MODES = ("1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "LAB", "I", "I;16", "F")
_NAMES = (
    "-x", "--help", " ", "a\nb", "\u202egnp", "\x1b[2J", "é" * 100, "a.b.c", ".hidden", "$(touch ran)", "`touch ran`", "%s{0}",
    "'", '"', "\\", changes.code(), "<script>x</script>", "con", "x" * 250,
)  # fmt: skip


def attempts() -> Iterator[Attempt]:
    """Yield pictures beside a sound one, prepared by one pipeline on both sides."""
    for size in ((12_000, 12_000), (12_000, 9_000)):
        for kind in ("PNG", "JPEG"):
            yield _beside(f"{size[0]}x{size[1]} {kind}", f"large.{kind.lower()}", _large(kind, size))
    for mode in _MODES:
        yield _beside(f"mode {mode}", "odd.tif", _of_mode(mode))
    for turn in (0, 3, 6, 9):
        yield _beside(f"turned by EXIF {turn}", "turned.jpg", _turned(turn))
    for name in _NAMES:
        yield _beside(f"called {name[:40]!a}", f"{name.replace('/', '_')}.png", base.picture("PNG", 31, 41))


def _beside(name: str, file: str, content: bytes) -> Attempt:
    pictures = {f"{base.PICTURES}/{file}": content, f"{base.PICTURES}/sound.png": base.picture()}
    command = base.diagnose("dali:model.dali", "dali:model.dali")
    files = {**pictures, "model.dali": base.model()}
    return Attempt(kind="picture", name=name, files=files, commands=(command,), wrong=_READ)


def _large(kind: str, size: tuple[int, int]) -> bytes:
    import PIL.Image

    file = io.BytesIO()
    PIL.Image.new("RGB", size, (120, 30, 200)).save(file, kind, **({"compress_level": 1} if kind == "PNG" else {}))
    return file.getvalue()


def _of_mode(mode: str) -> bytes:
    import PIL.Image

    file = io.BytesIO()
    PIL.Image.new(mode, (40, 30)).save(file, "TIFF")
    return file.getvalue()


def _turned(orientation: int) -> bytes:
    import PIL.Image

    file = io.BytesIO()
    picture = PIL.Image.open(io.BytesIO(base.picture("JPEG")))
    picture.getexif()[0x0112] = orientation
    picture.save(file, "JPEG", exif=picture.getexif())
    return file.getvalue()
