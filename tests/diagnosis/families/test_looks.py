"""The order of looks, and that a family is asked by being entered."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pixelparity.diagnosis import families
from pixelparity.diagnosis.arrays import Samples
from pixelparity.diagnosis.families import decoding, looks
from pixelparity.diagnosis.families.finding import Finding, in_pictures
from pixelparity.diagnosis.families.looks import Question
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.side_model import SideModel

Plain = Callable[[], str]


def _first() -> str:
    return "first"


def _second() -> str:
    return "second"


def _third() -> str:
    return "third"


def _order(question: Question[Plain]) -> list[str]:
    return [look() for look in question.looks()]


def test_looks_come_in_the_order_of_their_lines() -> None:
    """Whichever was entered first, the function that stands above the other is asked first."""
    question: Question[Plain] = Question()
    for one in (_second, _third, _first):
        assert question.look()(one) is one
    assert _order(question) == ["first", "second", "third"]


def test_a_look_comes_ahead_of_those_that_it_names() -> None:
    """The last goes ahead of the first: it is asked before it, and the rest stay in order."""
    question: Question[Plain] = Question()
    question.look()(_first)
    question.look()(_second)
    question.look(ahead_of=["test_looks._first"])(_third)
    assert _order(question) == ["second", "third", "first"]
    question.look(ahead_of=["test_looks._first", "test_looks._second"])(_third)
    assert _order(question) == ["third", "first", "second"]


def test_what_nobody_entered_and_what_runs_in_a_circle_is_an_error() -> None:
    """A misspelt name is said, and two looks that each come ahead of the other are."""
    question: Question[Plain] = Question()
    question.look(ahead_of=["test_looks._secnod"])(_first)
    with pytest.raises(ValueError, match=r"first comes ahead of 'test_looks\._secnod', which nobody entered"):
        question.looks()
    question.look(ahead_of=["test_looks._second"])(_first)
    question.look(ahead_of=["test_looks._first"])(_second)
    with pytest.raises(ValueError, match=r"ahead of each other: test_looks\._first, test_looks\._second"):
        question.looks()


_CYCLE = [1, 2, 0]


@pytest.fixture
def cycled() -> Iterator[None]:
    """A family's look as a module of its own would enter it, for as long as a test runs."""
    before = dict(looks.DECODED._looks), dict(looks.DECODED._ahead_of)

    @looks.DECODED.look(ahead_of=("colour_range.stretched", "colour_range.recoloured", "jpeg_chroma.chroma"))
    def turned(x: Samples, y: Samples) -> Finding | None:
        return in_pictures("colour_range", {"range": "turned"}, "", "# mend") if np.allclose(x, y[:, _CYCLE]) else None

    yield
    looks.DECODED._looks, looks.DECODED._ahead_of = before


@pytest.mark.usefixtures("cycled")
def test_a_family_is_asked_once_it_is_entered() -> None:
    """Channels moved on by one are chroma to the families that are here, and their own to one that comes ahead."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    upright = SideModel(placements=(whole((64, 64), (64, 64)),), colour=colours.identity(3), known=(True,))
    (found,) = decoding.differences(upright, ((picture[..., _CYCLE],), (picture,)), [0])
    assert found.parameters == {"range": "turned"}


def test_every_module_of_the_folder_is_a_home() -> None:
    """What is laid into the folder is imported with it: each file but the command."""
    folder = Path(families.__file__).parent
    for file in folder.glob("*.py"):
        if file.stem not in ("__init__", "__main__"):
            assert importlib.import_module(f"pixelparity.diagnosis.families.{file.stem}") is getattr(
                families, file.stem
            )
