"""An engine is copied into the model repository: whole, only where it is another, and never linked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixelparity.deploy import repository
from pixelparity.errors import InputError


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Return a model repository with a place for the engine."""
    home = tmp_path / "models" / repository.ENGINE_MODEL
    (home / "1").mkdir(parents=True)
    (home / "config.pbtxt").write_text("")
    return tmp_path / "models"


def test_damage_of_one_is_no_damage_of_the_other(tmp_path: Path, models: Path) -> None:
    """The file in the repository has a content of its own, also where an earlier version had linked it."""
    (tmp_path / "model.onnx").write_bytes(b"sound")
    place = models / repository.ENGINE_MODEL / "1" / "model.onnx"
    os.link(tmp_path / "model.onnx", place)
    assert repository.place_engine(tmp_path / "model.onnx", folder=models) == place
    assert place.stat().st_nlink == 1
    place.write_bytes(b"damaged")
    assert (tmp_path / "model.onnx").read_bytes() == b"sound"
    repository.place_engine(tmp_path / "model.onnx", folder=models)
    assert place.read_bytes() == b"sound"


def test_an_engine_that_is_there_is_left_alone(tmp_path: Path, models: Path) -> None:
    """The same content is not written again, for a server may be reading it; another engine takes its place."""
    (tmp_path / "model.onnx").write_bytes(b"sound")
    place = repository.place_engine(tmp_path / "model.onnx", folder=models)
    before = place.stat().st_ino
    assert repository.place_engine(tmp_path / "model.onnx", folder=models).stat().st_ino == before
    (tmp_path / "model.plan").write_bytes(b"other")
    other = repository.place_engine(tmp_path / "model.plan", folder=models)
    assert [file.name for file in other.parent.iterdir()] == ["model.plan"]


def test_what_cannot_be_placed_is_named(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that is missing, a model that is not there, and a full disk are one sentence each; no part stays."""
    with pytest.raises(InputError, match=r"none\.onnx is missing; build it"):
        repository.place_engine(tmp_path / "none.onnx", folder=models)
    (tmp_path / "model.onnx").write_bytes(b"sound")
    with pytest.raises(InputError, match=r"has no config\.pbtxt"):
        repository.place_engine(tmp_path / "model.onnx", folder=tmp_path)

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"so")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(repository.shutil, "copyfile", full)
    with pytest.raises(InputError, match=r"model\.onnx cannot be written: No space left on device"):
        repository.place_engine(tmp_path / "model.onnx", folder=models)
    assert list((models / repository.ENGINE_MODEL / "1").iterdir()) == []
