"""Any Python function is a side: its stages, what it declares, and what goes wrong in it are told plainly."""

from pathlib import Path

import numpy as np
import pytest

from pixelparity.errors import InputError, NotComparable, SideError
from pixelparity.sources import python

IMAGES = {"cat": Path("cat.jpg"), "dog": Path("dog.jpg")}


def _file(folder: Path, text: str) -> str:
    path = folder / "serve.py"
    path.write_text("import numpy as np\n" + text, encoding="utf-8")
    return f"{path}:preprocess"


def test_a_tensor_becomes_one_stage() -> None:
    """A function that returns a tensor has one stage, which is the final one, with the array's own number type."""
    capture = python.capture(lambda path: np.full((3, 4, 5), len(path.stem), np.float32), IMAGES, source="mine")
    assert [(s.name, s.layout, s.dtype, s.channels) for s in capture.stages] == [("final", "CHW", "float32", "unknown")]
    assert (capture.source, capture.images) == ("mine", ("cat", "dog"))
    assert capture.tensor("final", "cat").max() == 3.0


def test_a_dict_becomes_stages_in_order(tmp_path: Path) -> None:
    """A dict gives one stage per entry; names and declarations say what each does."""
    spec = _file(
        tmp_path,
        "def preprocess(path):\n"
        "    x = np.zeros((8, 6, 3), np.uint8)\n"
        "    return {'imread': x, 'resize_1': x, 'mine': x, 'chw': x.transpose(2, 0, 1)}\n"
        "preprocess.channels = {'imread': 'BGR', 'chw': 'RGB'}\n"
        "preprocess.steps = {'mine': 'pad'}\n"
        "VALUE_RANGE = {'chw': (0, 255)}\n",
    )
    stages = python.capture("python:" + spec, IMAGES).stages
    assert [s.step for s in stages] == ["decode", "resize", "pad", "layout"]
    assert [s.layout for s in stages] == ["HWC", "HWC", "HWC", "CHW"]
    assert [s.channels for s in stages] == ["BGR", "unknown", "unknown", "RGB"]
    assert [s.value_range for s in stages] == [None, None, None, (0.0, 255.0)]


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("decode", "decode"), ("Resize", "resize"), ("center_crop", "crop"), ("centre crop", "crop"), ("resize-2", "resize"),
        ("03_normalise", "normalize"), ("to_tensor", "normalize"), ("cvtColor", "colour"), ("mystery", "other"),
    ],
)  # fmt: skip
def test_names_say_what_a_stage_does(name: str, step: str) -> None:
    """Known names and their usual spellings give the step, unknown ones none."""
    assert python.step_of(name) == step


def test_tensors_are_copied() -> None:
    """A function that fills one buffer again and again still gives each picture its own tensor."""
    buffer = np.zeros((2, 2, 3), np.float32)

    def preprocess(path: Path) -> np.ndarray:
        buffer[:] = len(str(path))
        return buffer

    capture = python.capture(preprocess, {"a": Path("1"), "b": Path("333")})
    assert (capture.tensor("final", "a").max(), capture.tensor("final", "b").max()) == (1.0, 3.0)


def test_anything_array_like_is_read() -> None:
    """A Pillow image is read as the array that it is."""
    from PIL import Image

    capture = python.capture(lambda path: Image.new("RGB", (6, 8), (1, 2, 3)), IMAGES)
    assert capture.tensor("final", "cat").shape == (8, 6, 3)


def test_outputs_are_the_models_answer_not_a_stage() -> None:
    """A one-dimensional array named ``outputs`` goes to the capture's outputs."""
    capture = python.capture(lambda p: {"final": np.zeros((3, 2, 2)), "outputs": np.array([0.1, 0.9])}, IMAGES)
    assert [s.name for s in capture.stages] == ["final"]
    assert capture.outputs["dog"].tolist() == [0.1, 0.9]


def test_grey_and_flat_layouts() -> None:
    """One channel is grey, with and without an axis for it."""
    for shape, layout in (((8, 6), "HW"), ((1, 8, 6), "CHW"), ((8, 6, 1), "HWC")):
        stage = python.capture(lambda p, s=shape: np.zeros(s, np.uint8), IMAGES).final
        assert (stage.layout, stage.channels) == (layout, "GRAY")


def test_an_ambiguous_shape_asks_for_a_declaration() -> None:
    """A shape that does not say where the channels are is not guessed at; a declaration settles it."""

    def preprocess(path: Path) -> np.ndarray:
        return np.zeros((3, 5, 3), np.float32)

    with pytest.raises(SideError, match=r"\(3, 5, 3\).*layout"):
        python.capture(preprocess, IMAGES)
    preprocess.layout = "HWC"
    assert python.capture(preprocess, IMAGES).final.layout == "HWC"
    preprocess.layout = "NHWC"
    with pytest.raises(InputError, match="NHWC"):
        python.capture(preprocess, IMAGES)
    preprocess.layout = "HW"
    with pytest.raises(SideError, match="declared HW but has shape"):
        python.capture(preprocess, IMAGES)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ([1, 2], "is a list"),
        (None, "is a NoneType"),
        (np.zeros((1, 3, 4, 4)), "without a batch axis"),
        (np.zeros(3), "has shape"),
        (np.array([[["a"]]]), "not a number type"),
        (np.array([[[{}]]], dtype=object), "holds object"),
        (np.zeros((3, 4, 4), complex), "complex"),
        (np.zeros((3, 0, 4)), "is empty"),
        (np.full((3, 2, 2), np.nan), "NaN or infinity"),
        ({}, "empty dict"),
        ({"final": np.zeros((3, 2, 2)), "outputs": np.zeros((1, 5))}, "one value per class"),
    ],
)
def test_what_is_no_tensor_is_refused_by_name(returned: object, words: str) -> None:
    """Lists, batches, objects, empty arrays and NaN are refused with the side and the picture in the message."""
    with pytest.raises(SideError, match=words) as caught:
        python.capture(lambda path: returned, IMAGES, source="python:serve.py:f")
    assert "python:serve.py:f" in str(caught.value)
    assert "cat" in str(caught.value)


@pytest.mark.parametrize("failure", ["ValueError('bad picture')", "SystemExit(0)"])
def test_a_function_that_raises_is_named_with_the_picture(tmp_path: Path, failure: str) -> None:
    """The message names file, function, picture and error, and the cause is chained; exiting does not count as passing."""
    spec = _file(tmp_path, f"def preprocess(path):\n    raise {failure}\n")
    with pytest.raises(SideError, match=r"serve\.py:preprocess.*'cat'.*cat\.jpg") as caught:
        python.capture(spec, IMAGES)
    assert type(caught.value.__cause__).__name__ in str(caught.value)


def test_stages_must_be_the_same_for_every_picture() -> None:
    """A stage that only some pictures have is named with both pictures; so are number types that change."""
    with pytest.raises(SideError, match=r"final for 'cat' but crop, final for 'dog'"):
        python.capture(lambda p: {"crop": _rgb(), "final": _rgb()} if p.stem == "dog" else {"final": _rgb()}, IMAGES)
    with pytest.raises(SideError, match=r"float32 for 'cat', uint8 for 'dog'"):
        python.capture(lambda p: _rgb().astype("uint8" if p.stem == "dog" else "float32"), IMAGES)


def _rgb() -> np.ndarray:
    return np.zeros((8, 6, 3))


def test_files_and_functions_that_are_not_there(tmp_path: Path) -> None:
    """A missing file, a missing function (the present ones listed), a broken file and a wrong spec are told apart."""
    spec = _file(tmp_path, "def other(path): ...\n")
    with pytest.raises(InputError, match=r"no function 'preprocess'.*other"):
        python.capture(spec, IMAGES)
    with pytest.raises(InputError, match=r"gone\.py is not a file"):
        python.load_function(tmp_path / "gone.py", "f")
    with pytest.raises(InputError, match="names no function"):
        python.capture(str(tmp_path / "serve.py"), IMAGES)
    for text in (
        "def preprocess(:\n",
        "raise RuntimeError('no GPU')\n",
        "import sys; sys.exit(0)\n",
        "import not_there_\n",
    ):
        with pytest.raises(SideError, match=r"importing .*serve\.py failed"):
            python.capture(_file(tmp_path, text), IMAGES)


def test_no_picture_is_an_error() -> None:
    """A side that is shown nothing says so."""
    with pytest.raises(NotComparable, match="no picture"):
        python.capture(lambda p: _rgb(), {})


def test_two_files_of_one_name_do_not_mix(tmp_path: Path) -> None:
    """Two sides in files of the same name stay apart, and each imports the module beside it."""
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        _file(tmp_path / folder, f"VALUE = {value}\ndef preprocess(path): return np.full((8, 6, 3), VALUE)\n")
    values = [python.capture(f"{tmp_path / f / 'serve.py'}:preprocess", IMAGES) for f in ("a", "b")]
    assert [capture.tensor("final", "cat").max() for capture in values] == [1, 2]
