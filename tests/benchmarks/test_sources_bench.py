"""The bench of the sources: its simulation worked out by hand, and the libraries that every set-up has, as they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.sources import __main__ as command
from benchmarks.sources import cases, libraries, simulating
from benchmarks.sources.running import Outcome, compare
from pixelparity.recipes import Cast, Colour, Crop, Layout, Normalize, Pad, Recipe, Resize, Unknown

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
FITTED: dict[str, Any] = {"kernel": "linear", "antialias": False, "subpixel": False, "library": "opencv"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Return a picture of 4 x 6 whose red counts columns, whose green counts rows."""
    rows, columns = np.mgrid[0:4, 0:6]
    Image.fromarray(np.stack([columns, rows, np.full((4, 6), 9)], axis=-1).astype(np.uint8)).save(tmp_path / "p.png")
    return tmp_path / "p.png"


def made(path: Path, *steps: Any) -> Any:
    """Return what steps make of a picture."""
    return simulating.simulate(Recipe(source="t", steps=steps), path)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Resize(mode="stretch", height=5, width=7, rounding="none", **FITTED), (5, 7)),
        (Resize(mode="shorter", size=50, rounding="floor", **FITTED), (50, 81)),  # 50 * 131 / 80 = 81.9
        (Resize(mode="longer", size=64, rounding="half_even", **FITTED), (39, 64)),  # 64 * 80 / 131 = 39.1
        (Resize(mode="not_larger", height=64, width=64, rounding="half_even", **FITTED), (39, 64)),
        (Resize(mode="not_larger", height=64, width=32, oriented=True, rounding="floor_plus_half", **FITTED), (32, 52)),
        (Resize(mode="not_smaller", height=56, width=56, rounding="half_even", **FITTED), (56, 92)),  # 91.7
        (Resize(mode="shorter", size=50, max_size=60, rounding="floor", **FITTED), (37, 60)),  # 60 * 50 / 81 = 37.04
    ],
)
def test_sizes_are_worked_out(step: Resize, expected: tuple[int, int]) -> None:
    """What a picture of 80 x 131 becomes."""
    assert simulating.target(step, 80, 131) == expected


def test_values_are_worked_out(picture: Path) -> None:
    """Channels swap, levels become (x * scale - mean) / std, and axes move; an unknown step is refused."""
    steps = (Colour(source="RGB", target="BGR"), Layout(source="HWC", target="CHW"), Cast(dtype="float32"))
    after = made(picture, *steps, Normalize(scale=0.5, mean=(1.0, 0.0, 0.0), std=(2.0, 1.0, 1.0)))
    assert after.shape == (3, 4, 6)
    assert after[:, 3, 5].tolist() == [(9 * 0.5 - 1) / 2, 1.5, 2.5]
    with pytest.raises(Exception, match="not simulated"):
        made(picture, Unknown(operator="Blur"))


def test_windows_are_worked_out(picture: Path) -> None:
    """Half of the shorter edge, 2, has its corner at 1, 2; a window that is larger is filled; a pad goes below and right."""
    cut = made(picture, Crop(fraction=(1, 2), rounding="half_even", out_of_bounds="trim"))
    assert cut[..., 0].tolist() == [[2, 3], [2, 3]]
    grown = made(picture, Crop(height=6, width=6, rounding="floor", out_of_bounds="pad", fill=(7.0,)))
    assert (grown[0, 0, 0], grown[1, 0, 0], grown.shape) == (7, 0, (6, 6, 3))
    padded = made(picture, Pad(divisor=5, position="top_left", fill=(1.0, 2.0, 3.0)))
    assert (padded.shape, padded[4, 0].tolist()) == ((5, 10, 3), [1, 2, 3])


def test_an_offset_is_that_of_the_share_before_it_is_rounded(tmp_path: Path) -> None:
    """Two thirds of 80 are 53.3: the window of 53 begins at round(13.3), not at round(13.5), which is 14."""
    rows = np.broadcast_to(np.arange(80, dtype=np.uint8)[:, None, None], (80, 131, 3))
    Image.fromarray(np.ascontiguousarray(rows)).save(tmp_path / "r.png")
    cut = made(tmp_path / "r.png", Crop(fraction=(64, 96), rounding="half_even", out_of_bounds="trim"))
    assert (cut.shape, cut[0, 0, 0]) == ((53, 53, 3), 13)


@pytest.mark.parametrize("name", ["torchvision", "opencv"])
def test_recipes_compute_what_their_library_does(name: str) -> None:
    """On every drawn picture, in every case."""
    outcome = compare(name, sys.executable)
    assert not command.differs(outcome), outcome
    assert outcome.cases == len(cases.LIBRARIES[name].cases)


def test_a_library_that_is_not_installed_is_skipped_with_the_way_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The worker says so by its exit code, the table by a line that installs it; that is no difference."""
    monkeypatch.setitem(libraries.WAYS, "timm", ("nothing_of_that_name", "timm", libraries.timm))
    assert libraries.main("timm", tmp_path) == libraries.MISSING
    command._show(Outcome(library="timm"))
    assert (
        'skipped: it is not installed; run: pip install "timm", or give --python timm=PATH' in capsys.readouterr().out
    )
    assert not command.differs(Outcome(library="timm"))


def test_an_interpreter_that_does_not_run_is_no_pass(tmp_path: Path) -> None:
    """A path to nothing, and a program that is no Python, are said, and are not taken for a library that is not installed."""
    for python in (str(tmp_path / "none"), "/bin/false"):
        outcome = compare("timm", python)
        assert outcome.notes
        assert command.differs(outcome)


@pytest.mark.parametrize(
    "change", [{"largest": 0.1, "compared": 5}, {"notes": ("case: it failed",), "compared": 5}, {"compared": 0}]
)
def test_what_differs_or_fails_is_a_difference(change: dict[str, Any]) -> None:
    """A difference above the tolerance, a case that was not compared, and nothing compared at all are none of them a pass."""
    assert command.differs(Outcome(library="timm", version="1.0", **change))


def test_every_library_has_a_way_and_an_install_line() -> None:
    """Cases and worker name the same libraries, and the dependency group or an extra brings each."""
    assert {name: (one.module, one.package) for name, one in cases.LIBRARIES.items()} == {
        name: (module, package) for name, (module, package, _) in libraries.WAYS.items()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    brought = str([project["dependency-groups"]["bench-sources"], project["project"]["optional-dependencies"]])
    assert [one.package for one in cases.LIBRARIES.values() if one.package not in brought] == []
