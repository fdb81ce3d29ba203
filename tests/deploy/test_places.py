"""Files lie in the checkout where there is one, else in the user's cache folder, and never beside the installed code."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from pixelparity.cli import main as command_line
from pixelparity.deploy import cache, places
from pixelparity.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder like those that pip installs into."""
    folder = tmp_path / "lib" / "python3.11" / "site-packages"
    folder.mkdir(parents=True)
    return folder


def test_the_checkout_keeps_its_own() -> None:
    """These tests run from the checkout: root, cache, and the folder that is imported from are its own."""
    assert places.checkout() == places.ROOT == ROOT
    assert places.CACHE == cache.FOLDER == ROOT / ".cache"
    assert places.IMPORT_ROOT == ROOT / "helpers"


def test_installed_it_keeps_things_in_the_users_cache(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed like any other package there is no checkout, and the cache is the user's, under our own name."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of the user"))
    assert places.checkout(installed) is None
    assert places.cache_folder(installed) == tmp_path / "of the user" / "pixelparity"
    for unusable in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert places.cache_folder(installed) == tmp_path / "home" / ".cache" / "pixelparity"


def test_a_folder_called_helpers_is_no_checkout(tmp_path: Path) -> None:
    """Both the folder's name and the project's file beside it make a checkout; one of them does not."""
    (tmp_path / "helpers").mkdir()
    assert places.checkout(tmp_path / "helpers") is None
    (tmp_path / "pyproject.toml").write_text("")
    assert places.checkout(tmp_path / "helpers") == tmp_path
    assert places.checkout(tmp_path / "site-packages") is None


def test_what_needs_a_checkout_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the checkout nothing is said; without one the sentence names the part, the reason and what to do."""
    places.require_checkout("the workbook")
    monkeypatch.setattr(places, "checkout", lambda: None)
    with pytest.raises(InputError) as caught:
        places.require_checkout("the workbook")
    assert str(caught.value) == (
        "the workbook is part of a checkout, and this pixelparity is installed without one: "
        "clone the project and run it there"
    )
    with pytest.raises(InputError, match=r"run it there or give --repository DIR$"):
        places.require_checkout("the model repository", "give --repository DIR")


@pytest.mark.parametrize(
    ("command", "part"), [("workbook", "the workbook"), ("serve", "the workbook's model repository")]
)
def test_commands_without_a_checkout_are_one_line(command, part, monkeypatch, capsys) -> None:
    """`workbook` and `serve` end with 2 and that one line, before they import or build anything."""
    monkeypatch.setattr(places, "checkout", lambda: None)
    monkeypatch.setitem(sys.modules, "pixelparity.workbook", None)
    assert command_line.main([command]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {part} is part of a checkout")
    assert said.count("\n") == 1


def a_checkout(folder: Path) -> Path:
    """Return the import root of a checkout that holds nothing."""
    (folder / "helpers").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    return folder / "helpers"


def test_a_checkout_that_is_only_read_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache is the user's then, and without a home that can be written to a private folder among the temporary ones."""
    root, user = a_checkout(tmp_path / "checkout"), tmp_path / "user"
    monkeypatch.setenv("XDG_CACHE_HOME", str(user))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert places.cache_folder(root) == tmp_path / "checkout" / ".cache"
    closed = [tmp_path / "checkout"]
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) not in closed)
    assert places.cache_folder(root) == user / "pixelparity"
    user.mkdir()
    closed.append(user)
    made = places.cache_folder(root)
    assert made == tmp_path / f"pixelparity-{os.getuid()}"
    assert made.stat().st_mode & 0o777 == 0o700
    assert places.cache_folder(root) == made
    made.rmdir()
    made.symlink_to(tmp_path)  # as somebody else might, to fill our cache
    assert places.cache_folder(root) == user / "pixelparity"


def test_no_home_at_all_makes_no_folder_called_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody knows the user's home, the cache has an absolute path all the same."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert places.cache_folder(tmp_path / "site-packages") == tmp_path / f"pixelparity-{os.getuid()}"


def test_what_is_built_in_the_checkout_needs_to_write_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workbook in a checkout that is only read is one sentence, before anything is built."""
    monkeypatch.setattr(places, "can_write", lambda path: False)
    with pytest.raises(
        InputError, match=r"which cannot be written to: copy the checkout to a folder of yours or --out$"
    ):
        places.require_checkout("the workbook", "--out")
