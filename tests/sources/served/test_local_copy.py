"""Stages of a local copy go into a served capture where the copy gives what the server gives."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.errors import NotComparable
from pixelparity.sources.served import local_copy
from pixelparity.stages import Capture, Stage


def capture(source: str, steps: dict[str, float], image: str = "cat") -> Capture:
    """Return a capture of stages by name, each one number; the part before ``-`` is what it does."""
    stages = tuple(Stage(name=name, step=name.split("-")[0], layout="HWC", dtype="float32") for name in steps)
    tensors = {name: {image: np.full((2, 2, 3), value, np.float32)} for name, value in steps.items()}
    return Capture(source=source, stages=stages, images=(image,), tensors=tensors)


SERVED = capture("triton:a", {"input-raw": 1.0, "normalize-served": 3.0})


def names(made: Capture) -> list[str]:
    """Return the stages' names."""
    return [stage.name for stage in made.stages]


def test_inner_stages_go_before_the_one_they_make() -> None:
    """The copy's own input is left out, its last stage is the served one, and the rest keeps its order."""
    copy = capture("dali:b", {"input-fed": 1.0, "resize": 2.0, "crop": 2.5, "normalize-made": 3.0})
    made = local_copy.insert(SERVED, copy, stage="normalize-served")
    assert names(made) == ["input-raw", "resize", "crop", "normalize-served"]
    assert float(made.tensor("crop", "cat")[0, 0, 0]) == 2.5
    assert made.facts["local_copy"] == {
        "source": "dali:b", "stage": "normalize-served", "equal": True, "max_abs": 0.0, "tolerance": 1e-3,
    }  # fmt: skip
    assert made.final.step == "normalize"


def test_the_copys_input_stays_where_the_server_shows_none() -> None:
    """Without an input stage before it, the copy's own is news."""
    served = capture("triton:a", {"decode": 1.0, "normalize-served": 3.0})
    copy = capture("dali:b", {"input-fed": 1.0, "normalize-made": 3.0})
    assert names(local_copy.insert(served, copy, stage="normalize-served")) == [
        "decode",
        "input-fed",
        "normalize-served",
    ]


def test_names_that_are_taken_are_marked() -> None:
    """A stage of the copy that is called like a served one says that it is local."""
    served = capture("triton:a", {"resize": 1.0, "normalize-served": 3.0})
    copy = capture("dali:b", {"resize": 2.0, "normalize-made": 3.0})
    made = local_copy.insert(served, copy, stage="normalize-served")
    assert names(made) == ["resize", "resize (local)", "normalize-served"]
    assert [float(made.tensor(name, "cat")[0, 0, 0]) for name in ("resize", "resize (local)")] == [1.0, 2.0]


@pytest.mark.parametrize(("made", "equal"), [(3.0005, True), (3.002, False), (2.998, False)])
def test_a_copy_that_gives_something_else_is_only_noted(made: float, equal: bool) -> None:
    """Within a thousandth it is the same step; beyond, nothing is added and the difference is kept."""
    copy = capture("dali:b", {"resize": 2.0, "normalize-made": made})
    found = local_copy.insert(SERVED, copy, stage="normalize-served")
    assert ("resize" in names(found)) == equal
    assert found.facts["local_copy"]["equal"] is equal
    assert found.facts["local_copy"]["max_abs"] == pytest.approx(abs(made - 3), abs=1e-6)


def test_other_shapes_have_no_difference() -> None:
    """A copy of another size is not equal, by no number."""
    copy = capture("dali:b", {"resize": 2.0, "normalize-made": 3.0})
    copy.tensors["normalize-made"]["cat"].resize((1, 4, 3), refcheck=False)  # type: ignore[index]
    found = local_copy.insert(SERVED, copy, stage="normalize-served")
    assert (found.facts["local_copy"]["equal"], found.facts["local_copy"]["max_abs"]) == (False, None)


def test_other_pictures_are_not_comparable() -> None:
    """A copy that saw a dog says nothing of a cat."""
    with pytest.raises(NotComparable, match="other pictures"):
        local_copy.insert(SERVED, capture("dali:b", {"normalize": 3.0}, "dog"), stage="normalize-served")
