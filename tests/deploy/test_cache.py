"""The cache keeps what is whole, and finds it only while everything that it depends on is unchanged."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pixelparity.deploy import cache
from pixelparity.errors import InputError


def test_key_follows_every_part(tmp_path: Path) -> None:
    """A key changes with a text, with a file's content, and with a file's name in a folder; and with nothing else."""
    (tmp_path / "a").write_text("1")
    before = cache.key("x", tmp_path)
    assert cache.key("x", tmp_path) == before
    assert cache.key("y", tmp_path) != before
    (tmp_path / "a").write_text("2")
    changed = cache.key("x", tmp_path)
    assert changed != before
    (tmp_path / "a").rename(tmp_path / "b")
    assert cache.key("x", tmp_path) not in (before, changed)


def test_key_keeps_parts_apart() -> None:
    """Two parts are not the same as one part that is both."""
    assert cache.key("ab", "c") != cache.key("a", "bc")


def test_build_happens_once(tmp_path: Path) -> None:
    """The second call finds what the first one made and makes nothing."""
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text("whole")

    first = cache.build("thing", "0", make, folder=tmp_path)
    assert cache.build("thing", "0", make, folder=tmp_path) == first
    assert (first / "file").read_text() == "whole"
    assert len(made) == 1


def test_failed_build_leaves_nothing(tmp_path: Path) -> None:
    """A build that fails leaves no folder, half-made or scratch, and the next call tries again."""

    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        cache.build("thing", "0", fail, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_builds_that_finish_together_are_one_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two builds of one key that both find nothing and rename at the same moment both return the one whole folder."""
    together, real = threading.Barrier(2, timeout=20), Path.rename

    def rename(self: Path, target: Path) -> Path:
        together.wait()
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)

    def build(_: int) -> Path:
        return cache.build("thing", "0", lambda folder: (folder / "file").write_text("whole"), folder=tmp_path)

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(build, range(2))) == {tmp_path / "thing-0"}
    assert {entry.name for entry in tmp_path.iterdir()} == {"thing-0", cache.SUMS}
    assert (tmp_path / "thing-0" / "file").read_text() == "whole"


def test_a_rename_that_fails_for_another_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a result that is there already excuses a failed rename; a full disk is named with the folder."""

    def rename(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(InputError, match="thing-0 cannot be written: No space left on device; make room there"):
        cache.build("thing", "0", lambda folder: (folder / "file").write_text("whole"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def a_thing(folder: Path) -> None:
    """Build something of two files."""
    (folder / "in").mkdir()
    (folder / "in" / "file").write_text("whole")
    (folder / "other").write_text("too")


@pytest.mark.parametrize("damage", ["cut", "gone", "none"])
def test_a_damaged_entry_is_built_again(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was cut or is gone is noticed by the next process, said, and built again; a sound entry is left alone."""
    made: list[Path] = []
    first = cache.build("thing", "0", lambda folder: a_thing(folder), folder=tmp_path)
    monkeypatch.setattr(cache, "_looked_at", set())  # as in the next process
    if damage == "cut":
        (first / "in" / "file").write_text("who")
    elif damage == "gone":
        (first / "in" / "file").unlink()

    def again(folder: Path) -> None:
        made.append(folder)
        a_thing(folder)

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert cache.build("thing", "0", again, folder=tmp_path) == first
    assert (first / "in" / "file").read_text() == "whole"
    assert [len(made), len(said)] == ([0, 0] if damage == "none" else [1, 1])
    assert all("thing-0: in/file is not what was built; it is built again" in str(word.message) for word in said)
    assert {entry.name for entry in tmp_path.iterdir()} == {"thing-0", cache.SUMS}


def test_an_entry_of_an_earlier_version_is_held_to_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sums an entry is taken as it is, and gets its sums, so that later damage is noticed."""
    a_thing_there = tmp_path / "thing-0"
    a_thing_there.mkdir()
    (a_thing_there / "file").write_text("old")
    fail = pytest.fail
    assert cache.build("thing", "0", lambda _: fail("it was built again"), folder=tmp_path) == a_thing_there
    (a_thing_there / "file").write_text("damaged")
    monkeypatch.setattr(cache, "_looked_at", set())
    with pytest.warns(UserWarning, match="it is built again"):
        cache.build("thing", "0", lambda folder: (folder / "file").write_text("new"), folder=tmp_path)
    assert (a_thing_there / "file").read_text() == "new"


def test_what_a_killed_build_left_goes_with_the_next(tmp_path: Path) -> None:
    """A scratch folder of a process that is gone does not stay in the cache."""
    code = "import os, sys; from pathlib import Path; from pixelparity.deploy import cache\n"
    code += "cache.build('thing', '0', lambda folder: os.kill(os.getpid(), 9), folder=Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    cache.build("thing", "0", a_thing, folder=tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {"thing-0", cache.SUMS}
