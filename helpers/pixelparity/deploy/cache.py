"""Keep what takes long to build, under a key made of everything that it depends on.

A changed config, module or input changes the key, so a stale result is never shown; a build that is interrupted leaves
nothing behind, because it happens in a scratch folder that gets its name only when it is whole.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pixelparity.deploy import places

FOLDER = places.CACHE


def key(*parts: str | bytes | Path) -> str:
    """Return 16 hexadecimal digits that change when any part does.

    A ``Path`` stands for its content: a file's bytes, or all files of a folder with their names (compiled Python aside).
    """
    digest = hashlib.sha256()
    for part in parts:
        for piece in _pieces(part):
            digest.update(len(piece).to_bytes(8, "big"))
            digest.update(piece)
    return digest.hexdigest()[:16]


def build(name: str, digest: str, make: Callable[[Path], None], *, folder: Path | None = None) -> Path:
    """Return the folder ``<name>-<digest>`` in the cache; ``make`` fills it first if it is not there yet."""
    root = folder or FOLDER
    target = root / f"{name}-{digest}"
    if target.exists():
        return target
    root.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
    try:
        make(scratch)
        scratch.chmod(0o755)
        _give_name(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _give_name(scratch: Path, target: Path) -> None:
    """Give a whole build its name, unless another process has finished the same build meanwhile: the rename decides."""
    try:
        scratch.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _pieces(part: str | bytes | Path) -> list[bytes]:
    if isinstance(part, str):
        return [part.encode()]
    if isinstance(part, bytes):
        return [part]
    if part.is_dir():
        files = sorted(p for p in part.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        return [piece for f in files for piece in (str(f.relative_to(part)).encode(), f.read_bytes())]
    return [part.name.encode(), part.read_bytes()]
