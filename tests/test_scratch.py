"""Folders for a while: gone after the work, and swept by the next where a killed process left one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pixelparity import scratch
from pixelparity.deploy import plain

LEAVES = "import sys; from pixelparity import scratch; print(scratch.make(*sys.argv[1:]))"


def left_in(place: Path, prefix: str = "x-") -> Path:
    """Return a folder that a process which has ended made in a place and left there, with a file in it."""
    command = [sys.executable, "-c", LEAVES, prefix, str(place)]
    made = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    (made / "file").write_text("x")
    return made


def test_a_folder_is_there_for_the_block_only(tmp_path: Path, monkeypatch) -> None:
    """It is made in the system's folder for such, empty, and gone with what was put into it."""
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    with scratch.folder("x-") as made:
        assert made.parent == tmp_path
        (made / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next(tmp_path: Path) -> None:
    """Of two folders the one whose process lives stays; other prefixes, names and links are none of ours."""
    left, mine = left_in(tmp_path), scratch.make("x-", tmp_path)
    other = left_in(tmp_path, "y-")
    (tmp_path / "x-mine").mkdir()
    link = tmp_path / f"{left.name[:-8]}linked00"
    link.symlink_to(other)
    made = scratch.make("x-", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {p.name for p in (mine, made, other, link)} | {"x-mine"}
    assert (other / "file").read_text() == "x"


def test_a_number_given_away_again_keeps_nothing(tmp_path: Path) -> None:
    """A folder of this very process number, made before it began, is left by another."""
    mine = scratch.make("x-", tmp_path)
    start = scratch.started(os.getpid())
    before = mine.rename(mine.with_name(mine.name.replace(f"-{start}-", f"-{int(start) - 5}-")))
    assert scratch.sweep("x-", tmp_path) == [before]
    assert list(tmp_path.iterdir()) == []


def test_processes_are_told_apart_by_their_start() -> None:
    """A living process has a start that stays; a number that nobody has, has none."""
    assert scratch.started(os.getpid()) == scratch.started(os.getpid()) != ""
    assert scratch.started(2**30) == ""


def test_the_servers_folder_goes_with_its_shared_memory(tmp_path: Path, monkeypatch) -> None:
    """Where watchdog and parent were both killed, folder and regions are removed before the next start."""
    memory = tmp_path / "shm"
    memory.mkdir()
    monkeypatch.setattr(plain, "SHARED_MEMORY", memory)
    monkeypatch.setattr(plain, "OTHER_FOLDERS", ())
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    left = left_in(tmp_path, "triton-")
    (memory / f"{left.name}-0a-region").write_text("x")
    (memory / "of-somebody-else").write_text("x")
    made = plain.work_folder("triton-")
    assert not left.exists()
    assert made.is_dir()
    assert [file.name for file in memory.iterdir()] == ["of-somebody-else"]
