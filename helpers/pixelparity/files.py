"""Files that people name: read only where they are regular files of a sane size, written whole, named in every error.

A FIFO or a device behind a path would be waited for, or read, without end.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelparity.errors import InputError, SideError, SkewError

MIB = 2**20
#: The most that is read of a file that people write by hand: settings, a config, Python source, a token.
SETTINGS_BYTES = 16 * MIB
CHECK = "check the path"


def check(path: str | Path, what: str, *, most: int = SETTINGS_BYTES, hint: str = CHECK) -> None:
    """Raise ``InputError`` unless ``path`` is a regular file, or a link to one, of at most ``most`` bytes.

    For files that a library opens by itself. ``what`` says what the file was given as, ``hint`` what to do.
    """
    with _named(path, what, hint):
        _look(os.stat(path), most)


def read(path: str | Path, what: str, *, most: int = SETTINGS_BYTES, hint: str = CHECK) -> bytes:
    """Return the bytes of a regular file, or of a link to one; raise ``InputError`` as :func:`check` does."""
    with _named(path, what, hint):
        _look(os.stat(path), most)
        # Not blocking, because a FIFO may have come in the file's place since.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            _look(os.fstat(file.fileno()), most)
            data = file.read(most + 1)
        if len(data) > most:  # a file that grows, or that says nothing of its size, as in /proc
            raise _Unfit(_too_large(most))
    return data


def read_text(path: str | Path, what: str, *, most: int = SETTINGS_BYTES, hint: str = CHECK) -> str:
    """Return a regular file's text, which is UTF-8; raise ``InputError`` as :func:`check` does."""
    data = read(path, what, most=most, hint=hint)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} cannot be read as {what}: it is no UTF-8 text; save it as UTF-8") from error


@contextmanager
def run(path: str | Path) -> Iterator[None]:
    """Name a file in what its code raises while it is run within the block, as ``SideError``; one that exits does not exit us.

    A script that ends with ``sys.exit(0)`` would end a comparison as if it had passed.
    """
    try:
        yield
    except SkewError:  # what was run is ours, and says where and what to do
        raise
    except (Exception, SystemExit) as error:
        said = next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")
        raise SideError(f"{path} fails while it is run: {type(error).__name__}: {said}; {_help(error)}") from error


def _help(error: BaseException) -> str:
    """Return what to do about a file that fails while it is run."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (
            f"install {error.name.partition('.')[0]} where pixelparity runs (a project of your own: put its folder on "
            "PYTHONPATH), or move what is to be read into a file that does without it"
        )
    if isinstance(error, ImportError) and "relative import" in str(error):
        return "it is part of a package: move what is to be read into a file that imports nothing from beside it"
    return "run the file alone"


@contextmanager
def written(path: str | Path) -> Iterator[None]:
    """Name the file in what goes wrong while it is written within the block: the system says why, and not where."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{path} cannot be written: {reason}; make room, or choose another place") from error


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write a file whole or not at all, its folder too; a text becomes UTF-8.

    Raises ``InputError`` that names the file where that cannot be done.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{target} is a folder; give the name of a file")
    with written(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
            os.chmod(scratch, 0o644)
            os.replace(scratch, target)
        finally:
            Path(scratch).unlink(missing_ok=True)
    return target


def between(text: str, marks: tuple[str, str], inner: str) -> str:
    r"""Return a document with what stands between its two marks replaced, on lines of its own.

    Raises ``InputError`` where a mark is missing.

    >>> between("a [ old ] b", ("[", "]"), "new")
    'a [\nnew\n] b'
    """
    begin, end = marks
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise InputError(f"the document has no place for the table; put {begin} and {end} on lines of their own")
    return f"{head}{begin}\n{inner}\n{end}{tail}"


class _Unfit(Exception):
    """Why a file is not read, without its name."""


@contextmanager
def _named(path: str | Path, what: str, hint: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{path} cannot be read as {what}: it does not exist; {hint}") from error
    except (OSError, ValueError, _Unfit) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read as {what}: {reason}; {hint}") from error


def _look(status: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _Unfit(f"it is {kind(status.st_mode)}, not a regular file")
    if status.st_size > most:
        raise _Unfit(_too_large(most))


def _too_large(most: int) -> str:
    return f"it is larger than {most // MIB} MiB, the most that is read of one"


def kind(mode: int) -> str:
    """Return in words what an ``st_mode`` says a path is."""
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
