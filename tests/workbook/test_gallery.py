"""The fault gallery: what the diagnosis finds is what each thread broke, it can be answered, mended, and is remembered."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from pixelparity.errors import InputError
from pixelparity.views.quiz import levels_off
from pixelparity.workbook import gallery, records, runner

NOTEBOOK = runner.FOLDER / "08_fault_gallery.ipynb"
NUMBERS = range(1, len(gallery.EXERCISES) + 1)
#: What the pipelines of the gallery do otherwise than their references, written down by hand.
BROKEN = {
    "raw_pixels": {"scale_missing"},
    "statistics_of_zero_to_one": {"mean_std_wrong_range", "channel_order"},
    "normalised_again": {"scale_twice"},
    "black_corner": {"padding_position", "padding_value"},
    "bytes_in_a_row": {"layout"},
    "stretched_without_statistics": {"mean_std_missing", "resize_mode"},
    "blue_first": {"channel_order"},
    "as_stored": {"exif_orientation"},
    "narrow_filter": {"antialias"},
    "one_deviation": {"mean_std_wrong"},
}


@pytest.fixture(autouse=True)
def _run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test solves in a folder of its own."""
    monkeypatch.setenv(records.RUN_VARIABLE, str(tmp_path))


@pytest.mark.parametrize("number", NUMBERS)
def test_each_exercise_is_what_its_thread_broke(number: int) -> None:
    """The diagnosis names the planted families, no other, and all of them can be ticked; the mended side matches."""
    exercise, case = gallery.EXERCISES[number - 1], gallery.work_out(number)
    assert set(case.right) == BROKEN[exercise.deployed]
    assert set(case.right) < set(case.choices)
    assert case.after.verdict == "match"
    assert np.abs(case.answers["mended"] - case.answers["reference"]).max() < 0.01
    assert np.abs(case.answers["mended"] - case.answers["reference"]).max() < (
        np.abs(case.answers["deployed"] - case.answers["reference"]).max()
    )


def test_from_loud_to_quiet() -> None:
    """Each exercise is quieter than the one before it, from thousands of levels to less than one."""
    loudness = [levels_off(gallery.work_out(number).found.comparison) for number in NUMBERS]
    assert loudness == sorted(loudness, reverse=True)
    assert loudness[0] > 1000
    assert loudness[-1] < 1


def test_the_stories_are_true() -> None:
    """What the stories say of answers and tensors holds: constant answers, equal moments, only some pictures."""
    assert len(set(gallery.work_out(1).answers["deployed"].argmax(axis=1))) == 1
    by_title = {gallery.work_out(number).title: gallery.work_out(number) for number in NUMBERS}
    pair = by_title["The right numbers, all of them"].found.comparison.stages[-1]
    assert np.allclose(pair.reference_range, pair.deployed_range, atol=0.02)
    moved = {}
    for title in ("Only some pictures", "A letterbox of one's own"):
        case = by_title[title]
        moved[title] = {
            name for name, tensor in case.reference.finals()
            if np.abs(case.deployed.tensor(case.deployed.final.name, name) - tensor).max() > 0.05
        }  # fmt: skip
    turned = {name for number, name in enumerate(case.reference.images) if number % gallery.TURNED == 1}
    square = {name for name, size in zip(case.reference.images, gallery.SIZES, strict=True) if size[0] == size[1]}
    assert moved["Only some pictures"] == turned
    assert moved["A letterbox of one's own"] == set(case.reference.images) - square


def test_stand_in_knows_the_reference() -> None:
    """The stand-in gives each picture of every reference its own kind."""
    for number in NUMBERS:
        winners = gallery.work_out(number).answers["reference"].argmax(axis=1)
        assert winners.tolist() == [place % 2 for place in range(len(gallery.SIZES))]


def test_turned_pictures_hold_the_same_pixels() -> None:
    """Turned pictures differ from the plain ones by their tag only."""
    plain, turned = gallery.drawn(), gallery.drawn(turned=True)
    assert list(plain) == list(turned)
    assert len(plain) == len(gallery.SIZES)
    for number, name in enumerate(plain):
        with Image.open(plain[name]) as one, Image.open(turned[name]) as other:
            assert np.array_equal(np.asarray(one), np.asarray(other))
            assert (other.getexif()[0x0112] == 6) == (number % gallery.TURNED == 1)


def test_progress_is_kept() -> None:
    """A wrong answer keeps nothing; a right one stands in the run's folder, is shown, and can be forgotten."""
    quiz = gallery.ask(7)
    assert not quiz.answer("layout")
    assert gallery.solved() == ()
    assert quiz.answer(*quiz.case.right)
    assert gallery.solved() == (7,)
    assert json.loads((records.run_folder() / "result.json").read_text())["gallery"] == {"solved": [7]}
    assert "1 of 10" in gallery.progress().caption
    assert gallery.progress().rows[6][1] == ", ".join(quiz.case.right)
    assert [row[1] for row in gallery.progress().rows].count("not solved yet") == 9
    assert not gallery.ask(7).mend.disabled
    assert "0 of 10" in gallery.start(again=True).caption


@pytest.mark.parametrize("number", [0, 11, -1])
def test_unknown_exercise_is_an_error(number: int) -> None:
    """There are exercises 1 to 10 only."""
    with pytest.raises(InputError, match="choose one of 1 to 10"):
        gallery.ask(number)


def test_every_thread_is_linked_in_the_notebook() -> None:
    """The notebook asks all exercises in order and links their threads in the same order."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    asked = [cell.source for cell in cells if cell.source.startswith("gallery.ask")]
    assert asked == [f"gallery.ask({number})" for number in NUMBERS]
    links = [f"{number}. [" for number in NUMBERS]
    lines = [line for line in cells[-1].source.splitlines() if line.startswith(tuple(links))]
    assert [line.split("(")[1].rstrip(")") for line in lines] == [e.thread for e in gallery.EXERCISES]


def test_the_notebook_runs(tmp_path: Path) -> None:
    """All cells run, each exercise shows its symptom, and the static page folds its answer."""
    target = tmp_path / "08.ipynb"
    runner.execute(NOTEBOOK, target)
    cells = [cell for cell in nbformat.read(target, as_version=4).cells if cell.source.startswith("gallery.ask")]
    shown = [output["data"]["text/html"] for cell in cells for output in cell.outputs if "data" in output]
    pages = [page for page in shown if "Symptom: " in page]  # a mark that says how long a cell took stands beside
    assert len(pages) == len(cells) == 10
    assert all("<details>" in page for page in pages)
