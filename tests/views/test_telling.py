"""The picture that is shown is the one that moved most: by its answer where both sides have one, else by its tensor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pixelparity.diagnosis import Diagnosis
from pixelparity.stages import Capture, Stage
from pixelparity.views import report
from pixelparity.views.telling import most_moved

NAMES = ("a", "b", "c")


def side(values: Mapping[str, float], answers: Mapping[str, float] | None = None, layout: str = "CHW") -> Capture:
    """Return a side whose final tensor of a picture is 3 x 2 x 4 of one value, and whose answer is [value, 1 - value]."""
    shape = (3, 2, 4) if layout == "CHW" else (2, 4, 3)
    tensors = {name: np.full(shape, value, np.float32) for name, value in values.items()}
    outputs = {name: np.array([value, 1 - value]) for name, value in (answers or {}).items()}
    final = Stage(name="final", step="layout", layout=layout, dtype="float32")
    return Capture(source="side", stages=(final,), images=NAMES, tensors={"final": tensors}, outputs=outputs)


def test_the_tensor_that_moved_most() -> None:
    """By hand: the gaps are 1, 3 and 2, whatever the layouts, so b; of equal gaps the first is taken."""
    reference = side({"a": 0, "b": 0, "c": 0})
    assert most_moved(reference, side({"a": 1, "b": -3, "c": 2}), NAMES) == "b"
    assert most_moved(reference, side({"a": 1, "b": -3, "c": 2}, layout="HWC"), NAMES) == "b"
    assert most_moved(reference, side({"a": 1, "b": 1, "c": 1}), NAMES) == "a"
    assert most_moved(reference, side({"a": 1, "b": -3, "c": 2}), ("a", "c")) == "c"


def test_the_answer_comes_before_the_tensor() -> None:
    """An answer that flips counts for more than a tensor that is far off, and needs an answer of both sides."""
    far = {"a": 0.0, "b": 9.0, "c": 0.0}
    reference = side(dict.fromkeys(NAMES, 0.0), {"a": 0.9, "b": 0.9, "c": 0.9})
    assert most_moved(reference, side(far, {"a": 0.9, "b": 0.8, "c": 0.1}), NAMES) == "c"
    assert most_moved(reference, side(far), NAMES) == "b"


def test_another_shape_is_furthest_apart() -> None:
    """A picture whose tensors have two shapes comes before every other."""
    deployed = side({"a": 0, "b": 9, "c": 0})
    tensors = {"final": {**deployed.tensors["final"], "c": np.zeros((3, 5, 4), np.float32)}}
    odd = Capture(source="side", stages=deployed.stages, images=NAMES, tensors=tensors)
    assert most_moved(side(dict.fromkeys(NAMES, 0.0)), odd, NAMES) == "c"


def test_the_page_shows_that_picture(reference: Capture, deployed: Capture, diagnosis: Diagnosis, tmp_path) -> None:
    """The strip of a diagnosis' page is that of the picture that moved most, which need not be the first."""
    telling = most_moved(reference, deployed, diagnosis.images)
    assert telling != diagnosis.images[0]
    path = report.write_diagnosis(tmp_path, diagnosis, reference=reference, deployed=deployed)
    assert f"Picture {telling} through" in path.read_text(encoding="utf-8")
