"""A saved capture as a side: all of it, some of its pictures, and none that it lacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity import stages
from pixelparity.errors import InputError
from pixelparity.sources import capture as source
from pixelparity.stages import Capture, Stage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a capture of two pictures, one of ones and one of twos."""
    made = Capture(
        source="by hand", images=("a", "b"), stages=(Stage(name="final", step="normalize", layout="HWC", dtype="float32"),),
        tensors={"final": {"a": np.ones((2, 2, 3), np.float32), "b": np.full((2, 2, 3), 2, np.float32)}},
    )  # fmt: skip
    stages.save(made, tmp_path / "golden")
    return tmp_path / "golden"


def test_without_pictures_all_are_read(folder: Path) -> None:
    """The capture comes back as it was saved."""
    found = source.capture(folder)
    assert found.images == ("a", "b")
    assert float(found.tensor("final", "b").max()) == 2.0


def test_only_what_is_asked_for_is_kept(folder: Path) -> None:
    """Names choose pictures; the files behind them are not read."""
    found = source.capture(folder, {"b": Path("nowhere.png")})
    assert found.images == ("b",)
    assert float(found.tensor("final", "b").min()) == 2.0


def test_a_picture_that_it_lacks_is_named(folder: Path) -> None:
    """The first picture that is lacking and how many are stand in the error."""
    with pytest.raises(InputError, match=r"no image \'c\' \(2 lacking\)"):
        source.capture(folder, {"a": Path("a"), "c": Path("c"), "d": Path("d")})


def test_no_capture_is_an_input_error(tmp_path: Path) -> None:
    """An empty folder is refused in words."""
    with pytest.raises(InputError):
        source.capture(tmp_path)
