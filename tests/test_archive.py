"""A folder of arrays is written whole or not at all, keeps what it replaces until then, and unpacks nothing insane."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pixelparity import archive
from pixelparity.errors import InputError

HEAD = "head.json"


def write(target: Path, value: float) -> None:
    """Write a folder of one array."""
    archive.write(target, HEAD, {"value": value}, {"a.npz": {"x": np.full(3, value)}})


def read(target: Path) -> float:
    """Return the value that a folder was written with, once its sums are checked."""
    head = archive.read_head(target, HEAD)
    archive.check_sums(target, HEAD, head, ["a.npz"])
    assert archive.read(target / "a.npz", {"x": "x"})["x"].tolist() == [head["value"]] * 3
    return float(head["value"])


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_folder_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool) -> None:
    """The new folder stands in the old one's place and nothing else stays, whether or not the file system can exchange two."""
    if not exchanges:
        monkeypatch.setattr(archive, "_exchanged", lambda one, other: False)
    write(tmp_path / "c", 1)
    write(tmp_path / "c", 2)
    assert read(tmp_path / "c") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("step", ["array", "fsync", "rename"])
def test_a_full_disk_leaves_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """At whatever step the disk is full, the error names the folder, the old one is there, and no scratch is left."""
    write(tmp_path / "c", 1)
    rename = Path.rename

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def no_room(path: Path, where: Path) -> Path:
        if where == tmp_path / "c" and not path.name.endswith(".former"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return rename(path, where)

    with monkeypatch.context() as patched:
        if step == "array":
            patched.setattr(np.lib.format, "write_array", full)
        elif step == "fsync":
            patched.setattr(os, "fsync", full)
        else:
            patched.setattr(archive, "_exchanged", lambda one, other: False)
            patched.setattr(Path, "rename", no_room)
        with pytest.raises(InputError, match=r"c cannot be written: No space left on device"):
            write(tmp_path / "c", 2)
    assert read(tmp_path / "c") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_link_to_a_folder_stays_one(tmp_path: Path) -> None:
    """What a link points to is replaced, not the link."""
    write(tmp_path / "real", 1)
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", 2)
    assert (tmp_path / "link").is_symlink()
    assert read(tmp_path / "real") == 2


@pytest.mark.parametrize("name", ["x.npy", "x"])
def test_two_arrays_of_one_name_are_refused(tmp_path: Path, name: str) -> None:
    """An archive in which one of two arrays would be taken silently is refused."""
    np.savez(tmp_path / "a.npz", x=np.zeros(2))
    other = io.BytesIO()
    np.save(other, np.ones(2))
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.npz", "a") as file:
        warnings.simplefilter("ignore")
        file.writestr(name, other.getvalue())
    with pytest.raises(InputError, match="two arrays called 'x'"), archive.opened(tmp_path / "a.npz", most=10**6):
        pass


def test_a_compressed_member_of_a_capture_is_no_bomb(tmp_path: Path) -> None:
    """A member that unpacks to more than it is long is refused before it is unpacked: captures are not compressed."""
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(10**6))
    with pytest.raises(InputError, match="unpacks to"):
        archive.read(tmp_path / "a.npz", {"x": "x"})


def test_an_array_that_nobody_listed_is_refused(tmp_path: Path) -> None:
    """A member holds the arrays of the head's pictures and no others."""
    np.savez(tmp_path / "a.npz", x=np.zeros(2), y=np.zeros(2))
    with pytest.raises(InputError, match="holds 'y'"):
        archive.read(tmp_path / "a.npz", {"x": "x"})


FILLS = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from pixelparity import archive
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    archive.write(Path(sys.argv[1]), "head.json", {}, {"a.npz": {"x": np.ones((300, 400, 3))}})
except Exception as error:
    print(type(error).__name__, error)
"""


def test_no_room_for_an_array_is_one_sentence(tmp_path: Path) -> None:
    """An array larger than what may be written is an error that names the folder; no traceback follows, and nothing stays."""
    done = subprocess.run(
        [sys.executable, "-c", FILLS, str(tmp_path / "a")], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"InputError {tmp_path / 'a'} cannot be written: File too large")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
