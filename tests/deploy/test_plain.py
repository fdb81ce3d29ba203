"""What Triton is given by path is plain: links lead to what is not, and work folders lie where the path is."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from pixelparity.deploy import plain
from pixelparity.errors import ServerError


@pytest.mark.parametrize("path", ["/tmp/a-b_c.1", "relative/x+y", "/a@b,c"])
def test_plain_paths(path: str) -> None:
    """Letters, digits and what no shell cares about are plain."""
    assert plain.is_plain(path)


@pytest.mark.parametrize("path", ["/a b", "/ünï", "/图", "/a:b", "/a;b", "/$HOME", "/it's", "/a\tb", "/(x)"])
def test_paths_that_are_not_plain(path: str) -> None:
    """A blank, a letter beyond ASCII, a colon, and whatever a shell reads in its own way are not."""
    assert not plain.is_plain(path)


def test_through_links_what_needs_it(tmp_path: Path) -> None:
    """A plain path stays itself and makes no link; another is reached through the link."""
    assert plain.through(tmp_path, tmp_path / "unused") == tmp_path
    assert not (tmp_path / "unused").is_symlink()
    (tmp_path / "sp ace").mkdir()
    link = plain.through(tmp_path / "sp ace", tmp_path / "link")
    assert link == tmp_path / "link"
    assert link.resolve() == (tmp_path / "sp ace").resolve()


def test_work_folder_goes_where_the_path_is_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's folder is taken if it is plain, else the first other one that is and can be written to."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert plain.work_folder("x-").parent == tmp_path
    odd = tmp_path / "t mp"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    monkeypatch.setattr(plain, "OTHER_FOLDERS", (str(tmp_path / "nowhere"), str(tmp_path)))
    assert plain.work_folder("x-").parent == tmp_path
    assert list(odd.iterdir()) == []


def test_no_place_for_a_work_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no folder serves, one sentence names those that were tried and what to set."""
    (tmp_path / "t mp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t mp"))
    monkeypatch.setattr(plain, "OTHER_FOLDERS", ())
    with pytest.raises(ServerError, match=r"t mp is one that can be written to; set TMPDIR"):
        plain.work_folder("x-")
