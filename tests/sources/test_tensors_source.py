"""Saved tensors are a side too; files that are broken, foreign or dangerous are refused in one line."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelparity.errors import InputError, NotComparable, SideError, SkewError
from pixelparity.sources import tensors

RGB = np.arange(60, dtype=np.float32).reshape(3, 4, 5)


def _save(folder: Path, **arrays: object) -> Path:
    np.savez(folder / "served.npz", **arrays)
    return folder / "served.npz"


def test_tensors_are_read_bit_for_bit_with_what_they_declare(tmp_path: Path) -> None:
    """Every array comes back under its picture's name, layout and channels as declared."""
    capture = tensors.capture(f"tensors:{_save(tmp_path, cat=RGB, dog=-RGB, layout='CHW', channels='BGR')}")
    assert capture.images == ("cat", "dog")
    assert (capture.final.layout, capture.final.channels, capture.final.dtype) == ("CHW", "BGR", "float32")
    assert capture.tensor("final", "dog").tobytes() == (-RGB).tobytes()


def test_only_the_pictures_asked_for(tmp_path: Path) -> None:
    """With pictures given, theirs are read, in their order; a picture without a tensor is named."""
    path = _save(tmp_path, cat=RGB, dog=RGB, bird=RGB)
    assert tensors.capture(path, {"dog": Path("d.jpg"), "cat": Path("c.jpg")}).images == ("dog", "cat")
    with pytest.raises(NotComparable, match=r"no tensor for 'cow' \(1 of 2 lacking\).*bird, cat, dog"):
        tensors.capture(path, ["cat", "cow"])


def test_a_picture_may_be_called_layout(tmp_path: Path) -> None:
    """Only a text declares; an array called ``layout`` is a picture's."""
    assert tensors.capture(_save(tmp_path, layout=RGB)).images == ("layout",)


def test_answers_ride_along(tmp_path: Path) -> None:
    """``PICTURE.outputs`` is the model's answer to the picture."""
    capture = tensors.capture(_save(tmp_path, **{"cat": RGB, "cat.outputs": np.array([0.2, 0.8])}))
    assert capture.images == ("cat",)
    assert capture.outputs["cat"].tolist() == [0.2, 0.8]


@pytest.mark.parametrize(
    ("shape", "declared", "layout", "channels"),
    [
        ((6, 5), {}, "HW", "GRAY"),
        ((6, 5, 1), {}, "HWC", "GRAY"),
        ((1, 6, 5), {}, "CHW", "GRAY"),
        ((6, 5, 3), {}, "HWC", "unknown"),
        ((6, 5, 3), {"channels": "BGR"}, "HWC", "BGR"),
        ((3, 4, 3), {"layout": "HWC"}, "HWC", "unknown"),
    ],
)
def test_layouts_that_a_shape_tells(
    tmp_path: Path, shape: tuple[int, ...], declared: dict[str, str], layout: str, channels: str
) -> None:
    """One channel is grey; three have an order that only a person knows; what is declared counts."""
    final = tensors.capture(_save(tmp_path, cat=np.zeros(shape, np.float32), **declared)).final
    assert (final.layout, final.channels) == (layout, channels)


@pytest.mark.parametrize(
    ("arrays", "error", "words"),
    [
        ({}, NotComparable, "holds no tensor"),
        ({"cat": RGB, "layout": "NCHW"}, InputError, "NCHW"),
        ({"cat": RGB, "channels": np.array(["R", "G"])}, InputError, "declares channels"),
        ({"cat": RGB[None]}, SideError, "without a batch axis"),
        ({"cat": RGB, "layout": "HW"}, SideError, "which is not HW"),
        ({"cat": RGB, "dog": RGB.astype("uint8")}, SideError, "float32, uint8"),
        ({"cat": np.array([["a"]])}, SideError, "not a number type"),
        ({"cat": np.zeros((3, 0, 4))}, SideError, "is empty"),
        ({"cat": np.zeros((3, 4, 3))}, SideError, "leaves it open"),
        ({"cat": np.full((3, 4, 5), np.inf)}, SideError, "NaN or infinity"),
        ({"cat": RGB, "cat.outputs": RGB}, SideError, "one number per class"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    tmp_path: Path, arrays: dict[str, object], error: type[SkewError], words: str
) -> None:
    """Each kind of unusable content has its own message, which names the file."""
    with pytest.raises(error, match=words) as caught:
        tensors.capture(_save(tmp_path, **arrays))
    assert "served.npz" in str(caught.value)


def test_files_that_are_no_npz(tmp_path: Path) -> None:
    """A missing file, a folder, a text, a single array and pickled objects are told apart; nothing is unpickled."""
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.save(tmp_path / "one.npy", RGB)
    for name, words in (
        ("gone.npz", "is not a file"),
        (".", "it is a folder"),
        ("text.npz", "Python objects|not an .npz"),
        ("empty.npz", "not an .npz"),
        ("one.npy", "single array"),
    ):
        with pytest.raises(InputError, match=words):
            tensors.capture(tmp_path / name)
    with pytest.raises(InputError, match="never loaded"):
        tensors.capture(_save(tmp_path, cat=np.array([{}], object)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_never_gives_other_tensors(data: st.DataObject) -> None:
    """Cut off anywhere or with any bit changed, a file reads the same or is refused with one of our errors."""
    with TemporaryDirectory() as folder:
        path = _save(Path(folder), cat=RGB, layout="CHW")
        raw = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(raw) - 1))
        if data.draw(st.booleans()):
            raw = raw[:place]
        else:
            raw[place] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(raw)
        try:
            capture = tensors.capture(path, ["cat"])
        except SkewError:
            return
        assert capture.tensor("final", "cat").tobytes() == RGB.tobytes()
