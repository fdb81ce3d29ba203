"""Captures keep what they are given, come back from disk bit for bit, and damaged folders are refused."""

import json
import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pixelparity import stages
from pixelparity.errors import InputError, NotComparable, SideError
from pixelparity.stages import Capture, Stage

DTYPES = ["uint8", "int8", "uint16", "int64", "float16", "float32", "float64", "bool", ">f4"]


def _capture(**changes: object) -> Capture:
    plain = Capture(
        source="python:f.py:g",
        stages=(Stage(name="resize", step="resize"), Stage(name="final", layout="CHW", dtype="float32")),
        images=("cat", "a/b ü"),
        tensors={
            "resize": {name: np.arange(12, dtype=np.uint8).reshape(2, 2, 3) for name in ("cat", "a/b ü")},
            "final": {name: np.ones((3, 2, 2), np.float32) for name in ("cat", "a/b ü")},
        },
        outputs={"cat": np.array([0.25, 0.75], np.float32)},
        facts={"dali": "2.4.0", "inputs": ["final"]},
    )
    return replace(plain, **changes)


def _assert_same_bits(one: Capture, other: Capture) -> None:
    assert (one.source, one.stages, one.images, dict(one.facts)) == (
        other.source, other.stages, other.images, dict(other.facts)
    )  # fmt: skip
    assert set(one.outputs) == set(other.outputs)
    pairs = [(one.tensors[s.name][i], other.tensors[s.name][i]) for s in one.stages for i in one.images]
    for a, b in [*pairs, *((one.outputs[i], other.outputs[i]) for i in one.outputs)]:
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())


def test_a_saved_capture_comes_back_bit_for_bit(tmp_path: Path) -> None:
    """Source, stages, facts, outputs and every tensor survive saving and loading."""
    capture = _capture()
    _assert_same_bits(capture, stages.load(stages.save(capture, tmp_path / "c")))


@settings(max_examples=40, deadline=None)
@given(
    st.data(),
    st.lists(
        st.text(min_size=1, max_size=8).filter(lambda s: s[0] < "\ud800" or s[0] > "\udfff"),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    st.one_of(st.none(), st.tuples(st.floats(-1e6, 0), st.floats(0, 1e6))),
)
def test_any_tensor_comes_back_bit_for_bit(data: st.DataObject, names: list[str], bounds: tuple[float, float]) -> None:
    """Any number type, any shape, NaN payloads, negative zeros and odd picture names survive."""
    dtype = data.draw(st.sampled_from(DTYPES))
    tensor = arrays.arrays(dtype, arrays.array_shapes(min_dims=2, max_dims=3, max_side=4))
    tensors = {name: data.draw(tensor) for name in names}
    capture = Capture(
        source="s",
        stages=(Stage(name="final", dtype=np.dtype(dtype).name, value_range=bounds),),
        images=tuple(names),
        tensors={"final": tensors},
    )
    with TemporaryDirectory() as folder:
        _assert_same_bits(capture, stages.load(stages.save(capture, Path(folder) / "c")))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_damaged_folder_is_refused_or_reads_the_same(data: st.DataObject) -> None:
    """Whatever byte is changed or cut off, loading gives the same tensors or one clear InputError, never a traceback."""
    with TemporaryDirectory() as folder:
        saved = stages.save(_capture(), Path(folder) / "c")
        victim = data.draw(st.sampled_from(sorted(saved.iterdir())))
        raw = bytearray(victim.read_bytes())
        place = data.draw(st.integers(0, len(raw) - 1))
        if data.draw(st.booleans()):
            raw = raw[:place]
        else:
            raw[place] ^= 1 << data.draw(st.integers(0, 7))
        victim.write_bytes(raw)
        try:
            loaded = stages.load(saved)
        except InputError:
            return
        if victim.suffix == ".npz":
            _assert_same_bits(_capture(), loaded)


@pytest.mark.parametrize("name", ["capture.json", "stage_00.npz", "stage_01.npz", "outputs.npz"])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    """A capture that lacks one of its files is refused by the folder's name."""
    saved = stages.save(_capture(), tmp_path / "c")
    (saved / name).unlink()
    with pytest.raises(InputError, match="capture it again"):
        stages.load(saved)


def test_a_newer_format_asks_for_an_update(tmp_path: Path) -> None:
    """A folder of a newer format is not guessed at."""
    saved = stages.save(_capture(), tmp_path / "c")
    head = json.loads((saved / "capture.json").read_text())
    (saved / "capture.json").write_text(json.dumps(head | {"format": stages.FORMAT + 1}))
    with pytest.raises(InputError, match="update pixelparity"):
        stages.load(saved)


def test_saving_replaces_a_capture_but_nothing_else(tmp_path: Path) -> None:
    """A capture is overwritten where that is asked for; a folder with other files or a file is left as it is."""
    target = stages.save(_capture(), tmp_path / "c")
    stages.save(_capture(source="second"), target, replace=True)
    assert stages.load(target).source == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not a capture"):
        stages.save(_capture(), tmp_path / "mine", replace=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_failed_save_leaves_nothing(tmp_path: Path) -> None:
    """Facts that are not JSON make saving fail, and neither the folder nor a scratch folder stays."""
    with pytest.raises(TypeError):
        stages.save(_capture(facts={"bad": object()}), tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_keeps_the_old_capture(tmp_path: Path) -> None:
    """What was saved before is still there when a second save fails."""
    target = stages.save(_capture(), tmp_path / "c")
    with pytest.raises(TypeError):
        stages.save(_capture(facts={"bad": object()}), target, replace=True)
    _assert_same_bits(_capture(), stages.load(target))


def test_a_capture_is_not_overwritten_unasked(tmp_path: Path) -> None:
    """What is there is named by its side, its number of pictures and its time, and stays; also one that is damaged."""
    target = stages.save(_capture(source="python:train.py:prep"), tmp_path / "c")
    os.utime(target / "capture.json", (1700000000, 1700000000))
    count = len(_capture().images)
    with pytest.raises(InputError, match=rf"python:train\.py:prep \({count} pictures, 2023-11-1\d .*--replace"):
        stages.save(_capture(source="python:serve.py:prep"), target)
    assert stages.load(target).source == "python:train.py:prep"
    (target / "capture.json").write_text("{")
    with pytest.raises(InputError, match="a capture that cannot be read"):
        stages.check_free(target)
    stages.check_free(target, replace=True)
    stages.check_free(tmp_path / "new")


@pytest.mark.parametrize("head", [
    {"facts": None}, {"facts": [1]}, {"images": "ab"}, {"images": [1, 2]}, {"source": 5}, {"format": "2"}, {"outputs": 7},
    {"stages": 7}, {"stages": [{}]}, {"facts": json.loads("[" * 500 + "]" * 500)},
    {"facts": {"a": json.loads("[" * 99 + "]" * 99)}},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("version", [1, stages.FORMAT])
def test_a_head_of_wrong_types_is_refused_in_one_line(tmp_path: Path, head: dict[str, object], version: int) -> None:
    """Wrong types in what a capture says of itself are named with the folder, also in the format without sums."""
    saved = stages.save(_capture(), tmp_path / "c")
    known = json.loads((saved / stages.HEAD).read_text())
    (saved / stages.HEAD).write_text(json.dumps({**known, "format": version, **head}))
    with pytest.raises(InputError, match="capture it again") as told:
        stages.load(saved)
    assert str(saved) in str(told.value)
    assert "__init__" not in str(told.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", 5), ("name", ""), ("dtype", "nope"), ("dtype", 9), ("dtype", "O"), ("origin", [1]), ("value_range", ["a", "b"]),
     ("value_range", [float("nan"), 1]), ("value_range", [0]), ("value_range", 5)],
)  # fmt: skip
def test_a_stage_of_wrong_types_is_refused(field: str, value: object) -> None:
    """Every field of a stage is checked when the stage is made, and the message names the stage and the field."""
    with pytest.raises(InputError, match=rf"stage .*: {field} is"):
        Stage(**{"name": "s", field: value})  # type: ignore[arg-type]


def test_a_declared_number_type_is_the_tensors_own(tmp_path: Path) -> None:
    """A capture that declares other numbers than it holds is refused when it is read, by both types."""
    wrong = _capture(stages=(Stage(name="resize"), Stage(name="final", layout="CHW", dtype="float16")))
    with pytest.raises(InputError, match="'final' declares float16 and holds float32"):
        stages.load(stages.save(wrong, tmp_path / "c"))


def test_a_changed_file_of_a_capture_is_named(tmp_path: Path) -> None:
    """Tensors or declarations that are not those that were written are refused by the name of their file."""
    saved = stages.save(_capture(), tmp_path / "c")
    np.savez(saved / "stage_01.npz", i0=np.zeros((3, 2, 2), np.float32), i1=np.ones((3, 2, 2), np.float32))
    with pytest.raises(InputError, match=r"stage_01\.npz was changed after the capture was written"):
        stages.load(saved)
    saved = stages.save(_capture(), tmp_path / "c", replace=True)
    head = json.loads((saved / stages.HEAD).read_text())
    head["stages"][1]["channels"] = "BGR"
    (saved / stages.HEAD).write_text(json.dumps(head))
    with pytest.raises(InputError, match=r"capture\.json was changed after"):
        stages.load(saved)


def test_a_capture_of_the_first_format_is_read(tmp_path: Path) -> None:
    """Golden captures that were written before there were sums still are what they were."""
    saved = stages.save(_capture(), tmp_path / "c")
    head = json.loads((saved / stages.HEAD).read_text())
    del head["sha256"]
    (saved / stages.HEAD).write_text(json.dumps({**head, "format": 1}))
    _assert_same_bits(_capture(), stages.load(saved))


def test_replacing_a_capture_keeps_what_else_lies_there(tmp_path: Path) -> None:
    """A person's own file in a capture's folder is named, and nothing is replaced."""
    saved = stages.save(_capture(), tmp_path / "c")
    (saved / "notes.txt").write_text("checked by hand")
    with pytest.raises(InputError, match=r"holds notes\.txt beside a capture"):
        stages.save(_capture(source="second"), saved, replace=True)
    assert (saved / "notes.txt").read_text() == "checked by hand"
    _assert_same_bits(_capture(), stages.load(saved))


def test_a_fifo_among_the_tensors_is_refused(tmp_path: Path) -> None:
    """A capture whose file is a FIFO is refused at once rather than waited for."""
    saved = stages.save(_capture(), tmp_path / "c")
    for name in ("stage_00.npz", "capture.json"):
        (saved / name).unlink()
        os.mkfifo(saved / name)
        with pytest.raises(InputError, match=rf"{name} .*it is a FIFO"):
            stages.load(saved)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    """A stage file with pickled objects is refused, not executed."""
    saved = stages.save(_capture(), tmp_path / "c")
    head = json.loads((saved / "capture.json").read_text())
    (saved / "capture.json").write_text(json.dumps({**head, "format": 1}))  # which has no sums to refuse it by
    np.savez(saved / "stage_01.npz", i0=np.array([{"a": 1}], object), i1=np.ones(3))
    with pytest.raises(InputError, match="not a readable capture"):
        stages.load(saved)


def test_fewer_stages_and_images_share_their_tensors() -> None:
    """``only`` keeps order and does not copy."""
    capture = _capture()
    fewer = capture.only(stages=("final",), images=("cat",))
    assert (len(fewer.stages), fewer.images, list(fewer.outputs)) == (1, ("cat",), ["cat"])
    assert fewer.tensors["final"]["cat"] is capture.tensors["final"]["cat"]
    assert fewer.final.name == "final"


def test_captures_of_nothing_are_refused() -> None:
    """No stage, no image, a stage without a tensor and two stages of one name are refused at once."""
    with pytest.raises(SideError, match="no stage"):
        _capture(stages=())
    with pytest.raises(NotComparable, match="no image"):
        _capture(images=())
    with pytest.raises(SideError, match="'resize' has no tensor for 'dog'"):
        _capture(images=("cat", "dog"))
    with pytest.raises(InputError, match="share a name"):
        _capture(stages=(Stage(name="final"), Stage(name="final")))


@pytest.mark.parametrize(("field", "value"), [("step", "blur"), ("layout", "NHWC"), ("channels", "rgb")])
def test_unknown_words_are_refused(field: str, value: str) -> None:
    """A stage says what it is in the known words only, and the message lists them."""
    with pytest.raises(InputError, match=f"{field} is '{value}', use one of"):
        Stage(name="s", **{field: value})


def test_what_is_asked_for_by_a_wrong_name_is_answered_with_the_names() -> None:
    """Errors for an unknown stage or image list the known ones."""
    with pytest.raises(InputError, match="resize, final"):
        _capture().tensor("crop", "cat")
    with pytest.raises(InputError, match="cat, a/b"):
        _capture().tensor("final", "dog")


def test_finite_numbers_pass_though_their_sum_is_none() -> None:
    """Values near the largest float overflow when they are added, and are finite all the same."""
    capture = _capture()
    capture.tensors["final"]["a/b ü"][:] = 3e38
    stages.check_finite(capture)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_named_with_stage_and_image(bad: float) -> None:
    """The first tensor with a NaN or an infinity is named; finite ones pass."""
    capture = _capture()
    stages.check_finite(capture)
    capture.tensors["final"]["a/b ü"][1, 0, 0] = bad
    with pytest.raises(SideError, match=r"'final'.*'a/b ü'"):
        stages.check_finite(capture)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_answers_that_are_no_numbers_are_named_with_their_image(bad: float) -> None:
    """A model's output that is NaN or infinite is no answer that could be compared."""
    capture = _capture(outputs={"cat": np.array([bad, 1], np.float32)})
    with pytest.raises(SideError, match="outputs hold NaN or infinity for image 'cat'"):
        stages.check_finite(capture)


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (np.ones((3, 2, 2), bool), "holds truth values"),
        (np.ones((2, 2), np.float32), r"has the shape \(2, 2\), which is no CHW picture"),
        (np.ones((3, 0, 2), np.float32), "is no CHW picture"),
        (np.full((3, 2, 2), 1e300), "beyond the range of float32"),
    ],
)
def test_what_cannot_be_compared_as_a_picture_is_named(tensor: np.ndarray, said: str) -> None:
    """Truth values, other ranks, empty tensors and numbers that no model can be fed are refused before they are measured."""
    capture = _capture()
    capture.tensors["final"]["cat"] = tensor  # type: ignore[index]
    with pytest.raises(SideError, match=rf"'final' .*{said}.* for image 'cat'; "):
        stages.check_finite(capture)
