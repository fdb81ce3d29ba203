"""Recipes that are kept: taken again only where nothing that they depend on has changed, and never where they may be false."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pixelparity import kept, sides
from pixelparity.cli.main import main
from pixelparity.errors import InputError
from pixelparity.recipes import Normalize, Recipe
from pixelparity.sides import Side
from pixelparity.sources import protocol
from pixelparity.sources.protocol import Source


@dataclass(frozen=True, kw_only=True)
class Counted(Side):
    """A side whose recipe divides by the number that its file and its base add up to; each reading is counted."""

    files: tuple[Path, ...] | None
    libraries: tuple[str, ...] = ()
    readings: list[Path] = field(default_factory=list)
    meanwhile: Callable[[], object] = bool

    @property
    def source(self) -> Source:
        """Return a source that names the files."""
        return replace(protocol.of("mmpretrain"), read_files=lambda _: self.files, libraries=self.libraries)

    def recipe(self) -> Recipe:
        """Read the files."""
        self.readings.append(Path(self.target))
        total = sum(float(path.read_text()) for path in self.files or (Path(self.target),))
        self.meanwhile()
        return Recipe(
            source=str(self), steps=(Normalize(std=(total,), origin="a file", defaulted=frozenset({"mean"})),)
        )


@pytest.fixture
def side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Return a side of a config with a base, where keeping is not switched off."""
    monkeypatch.delenv(kept.SWITCH, raising=False)
    config, base = tmp_path / "config.py", tmp_path / "base.py"
    config.write_text("200")
    base.write_text("55")
    return Counted(kind="mmpretrain", target=str(config), files=(config, base))


def read(side: Counted, folder: Path) -> float:
    """Return the number of a side's recipe, kept in a folder or read anew."""
    (step,) = kept.recipe(side, folder=folder / "cache").steps
    assert isinstance(step, Normalize)
    assert (step.origin, step.defaulted) == ("a file", frozenset({"mean"}))
    return step.std[0]


def entry(folder: Path) -> Path:
    """Return the one entry."""
    (found,) = (folder / "cache" / "recipes").glob("*.json")
    return found


def test_a_recipe_is_read_once(side: Counted, tmp_path: Path) -> None:
    """The second time the kept recipe is taken, origins and defaults included; its folder is its owner's alone."""
    assert [read(side, tmp_path) for _ in range(3)] == [255.0] * 3
    assert len(side.readings) == 1
    assert (tmp_path / "cache" / "recipes").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["config.py", "base.py"])
def test_a_changed_file_is_read_again(side: Counted, tmp_path: Path, name: str) -> None:
    """A config or a base of other content gives its own recipe, even of the same size and time; the old content its old one."""
    before = (tmp_path / name).stat()
    old = (tmp_path / name).read_text()
    read(side, tmp_path)
    (tmp_path / name).write_text("9" * len(old))
    os.utime(tmp_path / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read(side, tmp_path) == 255.0 - float(old) + float("9" * len(old))
    assert len(side.readings) == 2
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError):
        read(side, tmp_path)


def test_a_file_that_changes_while_it_is_read_is_not_kept(side: Counted, tmp_path: Path) -> None:
    """What was read may be neither the old nor the new content, so nothing is kept of it."""
    hasty = replace(side, meanwhile=lambda: (tmp_path / "base.py").write_text("56"))
    assert read(hasty, tmp_path) == 255.0
    assert read(side, tmp_path) == 256.0


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(kept, "__version__", "9.9.9"),
        lambda patch: patch.setattr(kept, "_own_code", lambda: "another"),
        lambda patch: patch.setattr(kept, "_environment", lambda: [("here", "mmpretrain-9.9.dist-info", 1)]),
        lambda patch: patch.setattr(kept.sys, "version", "9.9"),
        lambda patch: patch.chdir("/"),
    ],
    ids=["version", "code", "library", "Python", "folder"],
)
def test_another_version_reads_again(
    side: Counted, tmp_path: Path, change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version of this package, of its code, of a library or of Python, and another folder, each have entries of their own."""
    read(side, tmp_path)
    change(monkeypatch)
    read(side, tmp_path)
    assert len(side.readings) == 2


def test_a_library_that_is_installed_changes_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade writes another folder; an installation of the same version writes the folder anew."""
    home = tmp_path / "lib-1.0.dist-info"
    home.mkdir()
    monkeypatch.setattr(kept.sys, "path", [str(tmp_path), "/nowhere"])
    first = kept._environment()
    os.utime(home, ns=(1, 1))
    second = kept._environment()
    home.rename(tmp_path / "lib-1.1.dist-info")
    assert len({str(first), str(second), str(kept._environment())}) == 3


def test_a_library_of_ones_own_is_not_trusted(side: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that would be imported from a folder of one's own, or is not there, has no version that says what it is."""
    (tmp_path / "mine.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("mine", "nosuchlibrary", "nosuch.part"):
        lax = replace(side, libraries=(name,))
        read(lax, tmp_path)
        read(lax, tmp_path)
    assert len(side.readings) == 6
    installed = replace(side, libraries=("pytest",))
    read(installed, tmp_path)
    read(installed, tmp_path)
    assert len(side.readings) == 7


def damaged(text: str) -> list[bytes]:
    """Return what may have become of an entry: cut, changed, of other types, endless, something else."""
    content = json.loads(text)
    wrong = [{**content, "recipe": value} for value in (5, [], {"source": "x", "steps": [{"kind": "other"}]}, None)]
    wrong += [{**content, "files": value} for value in (5, {"a": 5}, None)]
    signed = [{**one, "sha256": kept._digest(one)} for one in wrong]
    cut = [text[:length].encode() for length in (0, 1, len(text) // 2, len(text) - 2)]
    return [
        *cut, text.replace("255.0", "254.0").encode(), *(json.dumps(one).encode() for one in signed), b"[" * 100_000, b"null",
        b"\x80\x04\x95pickled", b" " * 17 * 2**20,
    ]  # fmt: skip


def test_a_damaged_entry_is_never_believed(side: Counted, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever became of an entry, the recipe is the right one, a note names the entry, and it is written again."""
    read(side, tmp_path)
    sound = entry(tmp_path).read_text()
    for number, content in enumerate(damaged(sound), 1):
        entry(tmp_path).write_bytes(content)
        assert read(side, tmp_path) == 255.0
        assert len(side.readings) == number + 1
        assert f"note: the kept recipe {entry(tmp_path)} is passed over" in capsys.readouterr().err
        assert json.loads(entry(tmp_path).read_text())["recipe"] == json.loads(sound)["recipe"]


def test_what_others_may_write_is_not_believed(
    side: Counted, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that others may write to, a link, a FIFO, and a folder of somebody else's are passed over."""
    read(side, tmp_path)
    path = entry(tmp_path)
    path.chmod(0o666)
    assert read(side, tmp_path) == 255.0
    assert "others may write to it" in capsys.readouterr().err
    for make in (lambda: path.symlink_to(tmp_path / "elsewhere"), lambda: os.mkfifo(path)):
        path.replace(tmp_path / "elsewhere")
        make()
        assert read(side, tmp_path) == 255.0
        assert "somebody else's" in capsys.readouterr().err
    assert len(side.readings) == 4
    path.parent.chmod(0o777)
    assert [read(side, tmp_path) for _ in range(2)] == [255.0] * 2
    assert len(side.readings) == 6
    path.parent.chmod(0o700)
    monkeypatch.setattr(kept.os, "getuid", lambda: path.stat().st_uid + 1)
    assert [read(side, tmp_path) for _ in range(2)] == [255.0] * 2
    assert len(side.readings) == 8


def test_keeping_is_switched_off(side: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the argument, by the environment, and where a source does not know all that a recipe depends on."""
    kept.recipe(side, keep=False, folder=tmp_path / "cache")
    unknown = replace(side, files=None)
    kept.recipe(unknown, folder=tmp_path / "cache")
    monkeypatch.setenv(kept.SWITCH, "1")
    kept.recipe(side, folder=tmp_path / "cache")
    assert len(side.readings) == 3
    assert not list(tmp_path.glob("cache/recipes/*"))


def test_a_place_that_cannot_be_written_to_is_no_error(
    side: Counted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keeping is a convenience: where a file lies in the folder's place, a note says why nothing is kept."""
    (tmp_path / "cache").write_text("")
    assert read(side, tmp_path) == 255.0
    assert "note: the recipe is not kept" in capsys.readouterr().err


def test_the_oldest_go_first(side: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than so many recipes are kept."""
    monkeypatch.setattr(kept, "MOST_KEPT", 2)
    for number in range(4):
        read(replace(side, target=str(tmp_path / f"{number}.py")), tmp_path)
        time.sleep(0.01)
    left = {json.loads(path.read_text())["recipe"]["source"][-4] for path in (tmp_path / "cache" / "recipes").iterdir()}
    assert left == {"2", "3"}


CONFIG = """
_base_ = "base.py"
test_dataloader = dict(dataset=dict(type="CustomDataset", pipeline=_base_.test_pipeline))
data_preprocessor = dict(mean=[0.0] * 3, std=[255.0] * 3, to_rgb=True)
model = dict(type="ImageClassifier")
"""
BASE = """
test_pipeline = [dict(type="LoadImageFromFile"), dict(type="Resize", scale=(48, 32)), dict(type="PackInputs")]
"""


def test_a_config_of_mmpretrain_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``diff`` of a config says the same kept and anew; a change of its base alone is seen; a broken config is no recipe."""
    monkeypatch.delenv(kept.SWITCH, raising=False)
    monkeypatch.setattr(kept.places, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "config.py").write_text(CONFIG)
    (tmp_path / "base.py").write_text(BASE)
    config = f"mmpretrain:{tmp_path / 'config.py'}"
    fresh = sides.parse(config).recipe()
    assert main(["recipe", "--no-cache", config]) == 0
    assert not (tmp_path / "cache").exists()
    assert [main(["recipe", config]) for _ in range(2)] == [0, 0]
    shown = capsys.readouterr().out
    assert shown.count("height=32  width=48") == 3
    assert kept.recipe(sides.parse(config)) == fresh
    monkeypatch.setattr(kept.Side, "recipe", lambda self: pytest.fail(f"{self} was read again"))
    assert main(["diff", config, config]) == 0
    monkeypatch.undo()
    monkeypatch.setattr(kept.places, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv(kept.SWITCH, raising=False)
    (tmp_path / "base.py").write_text(BASE.replace("48, 32", "64, 32"))
    assert kept.recipe(sides.parse(config)) != fresh
    (tmp_path / "base.py").write_text("broken(")
    with pytest.raises(InputError, match="cannot be read"):
        kept.recipe(sides.parse(config))
