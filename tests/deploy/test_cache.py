"""The cache keeps what is whole, and finds it only while everything that it depends on is unchanged."""

from __future__ import annotations

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pixelparity.deploy import cache


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
    assert [entry.name for entry in tmp_path.iterdir()] == ["thing-0"]
    assert (tmp_path / "thing-0" / "file").read_text() == "whole"


def test_a_rename_that_fails_for_another_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a result that is there already excuses a failed rename; a full disk does not."""

    def rename(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="No space left"):
        cache.build("thing", "0", lambda folder: (folder / "file").write_text("whole"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
