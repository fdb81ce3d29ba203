"""Files are opened only where they are regular ones of a sane size, by every reader."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixelparity import files, sides
from pixelparity.errors import InputError, SideError
from pixelparity.sources.triton import trace_file

SIDES = (
    "huggingface:{}.json", "timm:{}.json", "mmdeploy:{}.json", "dali:{}.dali", "dali:{}.py:f", "torchvision:{}.py:NAME",
    "mmpretrain:{}.py", "mmpretrain:{}.json",
)  # fmt: skip


def refused(path: Path, call: Callable[[], Any]) -> str:
    """Return what a reader says of a file; fail where it has said nothing within 20 seconds."""
    said: list[str] = []

    def work() -> None:
        try:
            call()
        except InputError as error:
            said.append(str(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert len(said) == 1, f"{path} was not refused"
    assert str(path) in said[0]
    return said[0]


def test_regular_files_and_links_to_them_are_read(tmp_path: Path) -> None:
    """Bytes and text come back whole, through a link too, up to the limit itself."""
    (tmp_path / "a").write_text("grün", encoding="utf-8")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert files.read(tmp_path / "b", "a thing", most=5) == "grün".encode()
    assert files.read_text(tmp_path / "a", "a thing") == "grün"
    files.check(tmp_path / "b", "a thing", most=5)


def test_size_limit_names_itself(tmp_path: Path) -> None:
    """A file over the limit is refused with the limit, whether its size is known before or only by reading."""
    (tmp_path / "big").write_bytes(bytes(files.MIB + 1))
    for call in (files.read, files.check):
        with pytest.raises(InputError, match="big cannot be read as a thing: it is larger than 1 MiB"):
            call(tmp_path / "big", "a thing", most=files.MIB)
    with pytest.raises(InputError, match="it is larger than 0 MiB"):  # /proc says 0 bytes of every file
        files.read("/proc/self/status", "a thing", most=8)


@pytest.mark.parametrize(("path", "reason"), [("", "a folder"), ("lacking", "it does not exist"), ("text", "UTF-8")])
def test_what_cannot_be_read_is_named(tmp_path: Path, path: str, reason: str) -> None:
    """A folder, a missing file and bytes that are no text are each one sentence with path and reason."""
    (tmp_path / "text").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=rf"{tmp_path / path} cannot be read as a thing: .*{reason}"):
        files.read_text(tmp_path / path, "a thing")


def test_what_goes_wrong_in_writing_names_the_file() -> None:
    """A full disk is said with the file that did not fit; what is no fault of the system passes as it is."""
    with (
        pytest.raises(InputError, match=r"out\.json cannot be written: No space left on device"),
        files.written("out.json"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(KeyError), files.written("out.json"):
        raise KeyError("mine")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("target", ["FIFO", "/dev/zero"])
def test_recipes_are_read_from_regular_files_only(tmp_path: Path, side: str, target: str) -> None:
    """A FIFO and an endless device in a config's place are refused at once by every reader of recipes."""
    text = side.format(tmp_path / "special")
    path = Path(text.partition(":")[2].removesuffix(":f").removesuffix(":NAME"))
    if target == "FIFO":
        os.mkfifo(path)
    else:
        path.symlink_to(target)
    refused(path, sides.parse(text).recipe)


@pytest.mark.parametrize("side", ["tensors:{}.npz", "python:{}.py:f"])
def test_captures_are_read_from_regular_files_only(tmp_path: Path, side: str) -> None:
    """The same holds for sides that have no recipe."""
    path = Path(side.format(tmp_path / "special").partition(":")[2].removesuffix(":f"))
    os.mkfifo(path)
    assert "it is a FIFO" in refused(path, lambda: sides.parse(side.format(tmp_path / "special")).capture({"a": path}))


def test_traces_are_read_from_regular_files_only(tmp_path: Path) -> None:
    """A trace that is a FIFO is refused at once."""
    os.mkfifo(tmp_path / "trace.json")
    assert "it is a FIFO" in refused(tmp_path / "trace.json", lambda: trace_file.read(tmp_path / "trace.json"))


def test_archives_that_unpack_to_too_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small archive of many zeros is refused before it is unpacked, with both sizes; pictures of it that fit are read."""
    from pixelparity.sources import tensors

    small = np.ones((4, 4, 3), np.uint8)
    np.savez_compressed(tmp_path / "bomb.npz", a=np.zeros((1024, 1024, 3), np.uint8), b=small, layout="HWC")
    assert (tmp_path / "bomb.npz").stat().st_size < files.MIB
    monkeypatch.setattr(tensors, "_MOST_BYTES", 2 * files.MIB)
    with pytest.raises(InputError, match="unpacks to 3 MiB, and at most 2 MiB are read"):
        tensors.capture(tmp_path / "bomb.npz")
    np.testing.assert_array_equal(tensors.capture(tmp_path / "bomb.npz", ["b"]).tensor("final", "b"), small)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_that_name.part", r"install nothing_of_that_name where pixelparity runs"),
        ("from .beside import part", r"it is part of a package: move what is to be read"),
        ("1 / 0", r"ZeroDivisionError: division by zero; run the file alone"),
    ],
)
def test_a_file_that_fails_while_it_is_run_says_what_helps(text: str, words: str) -> None:
    """A library that is not there and a file of a package have a way on of their own."""
    with pytest.raises(SideError, match=rf"^mine\.py fails while it is run: .*{words}"), files.run("mine.py"):
        exec(text, {"__name__": "mine", "__package__": ""})


def test_text_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A file is replaced, parents are made, a folder is refused, and nothing is left beside it."""
    target = tmp_path / "new" / "file.py"
    assert files.write_whole(target, "one") == target
    files.write_whole(target, "two")
    assert target.read_text(encoding="utf-8") == "two"
    assert [path.name for path in target.parent.iterdir()] == ["file.py"]
    with pytest.raises(InputError, match="is a folder"):
        files.write_whole(tmp_path, "three")


def test_a_document_is_rewritten_between_its_marks() -> None:
    """What stands around the marks stays, also what looks like one of them; without both marks in order it is an error."""
    assert files.between("> a < old > b >", ("<", ">"), "new") == "> a <\nnew\n> b >"
    for text in ("no marks", "a < b", "a > b < c"):
        with pytest.raises(InputError, match="no place for the table; put < and > on lines"):
            files.between(text, ("<", ">"), "new")
