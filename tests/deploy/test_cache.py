"""The cache keeps what is whole, and finds it only while everything that it depends on is unchanged."""

from __future__ import annotations

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
