"""Pictures are found by name, once each, and never silently none."""

import os
import warnings
from pathlib import Path

import PIL.Image
import pytest

from pixelparity import pictures
from pixelparity.errors import ImageError, InputError


def _touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")


def test_pictures_of_a_folder_are_sorted_and_named_by_stem(tmp_path: Path) -> None:
    """A folder gives its pictures by stem, sorted, other files left out."""
    _touch(tmp_path, "b.JPG", "a.png", "notes.txt", "._a.png", "c.d.jpeg")
    assert list(pictures.find([tmp_path])) == ["a", "b", "c.d"]
    assert pictures.find([tmp_path])["b"] == tmp_path / "b.JPG"


def test_folders_are_read_one_level_deep(tmp_path: Path) -> None:
    """A folder below is not read, even one that is called like a picture."""
    _touch(tmp_path, "a.png")
    _touch(tmp_path / "deep", "b.png")
    (tmp_path / "folder.jpg").mkdir()
    assert list(pictures.find([tmp_path])) == ["a"]


def test_a_limit_keeps_the_first(tmp_path: Path) -> None:
    """A limit keeps the first names in sorted order, whatever the order given."""
    _touch(tmp_path, "a.png", "b.png", "c.png")
    assert list(pictures.find([tmp_path / "c.png", tmp_path / "a.png", tmp_path / "b.png"], limit=2)) == ["a", "b"]


def test_the_same_file_twice_is_one_picture(tmp_path: Path) -> None:
    """A file given by itself and by its folder counts once."""
    _touch(tmp_path, "a.png")
    assert len(pictures.find([tmp_path, tmp_path / "a.png", str(tmp_path / "." / "a.png")])) == 1


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    """Two files with the same stem would be mistaken for each other, so both are named."""
    _touch(tmp_path, "a.png", "a.jpg")
    with pytest.raises(InputError, match=r"a\.jpg.*a\.png.*'a'"):
        pictures.find([tmp_path])


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(tmp_path: Path, limit: int) -> None:
    """Nothing is ever diagnosed on nothing: a limit of zero is an error."""
    _touch(tmp_path, "a.png")
    with pytest.raises(InputError, match="limit"):
        pictures.find([tmp_path], limit=limit)


def test_no_picture_is_an_error(tmp_path: Path) -> None:
    """An empty folder, an empty list and a missing path are errors that name what was given."""
    with pytest.raises(InputError, match=tmp_path.name):
        pictures.find([tmp_path])
    with pytest.raises(InputError, match="no picture"):
        pictures.find([])
    with pytest.raises(InputError, match="gone does not exist"):
        pictures.find([tmp_path / "gone"])


def test_what_is_no_regular_file_is_passed_over_in_a_folder(tmp_path: Path) -> None:
    """A FIFO and a link to a device in a folder are no pictures, and that is said; a link to a picture is one."""
    _touch(tmp_path, "a.png")
    os.mkfifo(tmp_path / "b.png")
    (tmp_path / "c.png").symlink_to("/dev/full")
    (tmp_path / "d.png").symlink_to(tmp_path / "a.png")
    with pytest.warns(pictures.PassedOver) as said:
        assert list(pictures.find([tmp_path])) == ["a", "d"]
    words = [str(warning.message) for warning in said]
    assert [text.partition(" is ")[2] for text in words] == [
        "a FIFO, not a regular file; it is passed over",
        "a device, not a regular file; it is passed over",
    ]
    assert "b.png" in words[0]


def test_regular_files_are_found_without_a_word(tmp_path: Path) -> None:
    """Nothing is said where nothing is passed over."""
    _touch(tmp_path, "a.png", "notes.txt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(pictures.find([tmp_path])) == ["a"]


def test_what_is_no_regular_file_is_refused_where_it_is_given(tmp_path: Path) -> None:
    """A FIFO and a device that are named themselves are refused in one sentence, and never opened."""
    os.mkfifo(tmp_path / "b.png")
    for path, kind in ((tmp_path / "b.png", "a FIFO"), (Path("/dev/full"), "a device")):
        for read in (lambda path: pictures.find([path]), pictures.read_bytes, pictures.read_rgb, pictures.check):
            with pytest.raises(ImageError, match=f"{path} cannot be read as a picture: it is {kind}"):
                read(path)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    """A small file may hold more pixels than memory has room for: their number and the limit are named."""
    PIL.Image.new("1", (9000, 8000)).save(tmp_path / "large.png")
    with pytest.raises(
        ImageError, match=r"large\.png has 72 million pixels, and pictures of at most 70 million are read"
    ):
        pictures.read_bytes(tmp_path / "large.png")
