"""A SIDE as a person writes it finds its source, its options, and an error that says what to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity import sides, stages
from pixelparity.errors import InputError, NotComparable
from pixelparity.sides import Side
from pixelparity.sources import protocol
from pixelparity.stages import Capture, Stage


@pytest.mark.parametrize("kind", protocol.kinds())
def test_every_form_is_parsed(kind):
    """The word before the first colon chooses the source; all that follows is its target."""
    side = sides.parse(f"{kind}:C:/x.py:name")
    assert (side.kind, side.target, str(side)) == (kind, "C:/x.py:name", f"{kind}:C:/x.py:name")
    assert side.can_run or side.has_recipe


@pytest.mark.parametrize("text", ["", "dali", "dali:", ":x", "nosuch:file", "C:/model.dali"])
def test_other_texts_are_refused_with_the_forms(text):
    """Whatever is no side is answered with every form that is one."""
    with pytest.raises(InputError, match=r"is not a side; write one of: [a-z]+:") as raised:
        sides.parse(text)
    said = str(raised.value)
    assert all(form.text in said for source in protocol.every() for form in source.forms)
    assert "a format without a reader comes in as python:FILE.py:FUNCTION" in said
    assert "tensors:FILE.npz, tensors that you saved" in said


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tritn:h:1/m", "triton:h:1/m"),
        ("Dali:x.dali", "dali:x.dali"),
        ("mmpretrained:net.py", "mmpretrain:net.py"),
        ("tensor:", "tensors:..."),
    ],
)
def test_a_misspelt_kind_is_guessed(text, meant):
    """A word near a kind is answered with the side that was probably meant."""
    with pytest.raises(InputError, match="is not a side; did you mean") as raised:
        sides.parse(text)
    assert f"did you mean {meant}? " in str(raised.value)
    assert "`pixelparity sides` lists every kind" in str(raised.value)


def test_a_served_side_answers_for_its_system():
    """Which options reach the server, and what its source declares, is asked of the side; other sides say that they are none."""
    side = sides.parse("triton:h:1/m", feed="bgr", timeout=5.0, trace="t.json")
    assert side.is_served
    assert side.access == {"timeout": 5.0}
    assert side.served.parse_target(side.target).model == "m"
    assert not sides.parse("dali:x.dali").is_served
    with pytest.raises(InputError, match="is no served model; write triton:HOST:PORT/MODEL"):
        sides.parse("dali:x.dali").graph()


def test_options_reach_the_kinds_that_know_them():
    """Each kind keeps its own options; what says nothing (None, feed auto) is left to the source."""
    options = {
        "feed": "bgr",
        "timeout": 5.0,
        "token": None,
        "trace": "t.json",
        "local": "m.dali",
        "layout": {"x": "CHW"},
    }
    assert sides.parse("dali:x.dali", **options).options == {"feed": "bgr"}
    assert sides.parse("python:x.py:f", **options).options == {}
    known = {"feed": "bgr", "timeout": 5.0, "trace": "t.json", "local": "m.dali", "layout": {"x": "CHW"}}
    assert sides.parse("triton:h:1/m", **options).options == known
    assert sides.parse("triton:h:1/m", feed="auto").options == {}


def test_what_a_kind_cannot_do_is_said():
    """A recipe of a function, a capture of a settings file, and a run without pictures are refused."""
    with pytest.raises(InputError, match="a recipe cannot be read from tensors"):
        sides.parse("tensors:x.npz").recipe()
    with pytest.raises(InputError, match="is read as a recipe only"):
        sides.parse("timm:x.json").capture({"a": Path("a.png")})
    with pytest.raises(InputError, match="needs pictures to run on; give --images"):
        sides.parse("dali:x.dali").capture(None)


def test_saved_capture_is_read_for_the_pictures_asked_for(tmp_path):
    """A capture: side gives back what was saved, of all pictures or of some, and names one that it lacks."""
    stage = Stage(
        name="final", step="other", layout="CHW", channels="RGB", dtype="float32", value_range=None, origin=""
    )
    tensors = {name: np.full((3, 4, 5), value, np.float32) for name, value in (("a", 1.0), ("b", 2.0))}
    capture = Capture(source="x", stages=(stage,), images=("a", "b"), tensors={"final": tensors})
    side = sides.parse(f"capture:{stages.save(capture, tmp_path / 'saved')}")
    assert side.capture(None).images == ("a", "b")
    only = side.capture({"b": Path("b.png")})
    assert only.images == ("b",)
    np.testing.assert_array_equal(only.tensor("final", "b"), tensors["b"])
    with pytest.raises(InputError, match="has no image 'z'"):
        side.capture({"z": Path("z.png")})


def test_saved_tensors_are_read_for_the_pictures_asked_for(tmp_path):
    """A tensors: side needs no pictures, and names those that it lacks."""
    np.savez(tmp_path / "x.npz", a=np.zeros((3, 4, 5), np.float32), layout="CHW")
    side = Side(kind="tensors", target=str(tmp_path / "x.npz"))
    assert side.capture(None).images == ("a",)
    with pytest.raises(NotComparable):
        side.capture({"z": Path("z.png")})
