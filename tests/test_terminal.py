"""Results stand alone on standard output, and no character of a foreign name is acted on by a terminal."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest

from pixelparity import terminal

#: A side that prints on import and on each call, from Python, through the descriptor, and from C's own buffer.
PRINTING = """
import ctypes, os
import numpy as np
LAYOUT, CHANNELS = "CHW", "RGB"
C = ctypes.CDLL(None)

def shout(when):
    print(f"python {when}")
    os.write(1, f"descriptor {when}\\n".encode())
    C.printf(f"library {when}\\n".encode())

shout("import")

def prepare(path):
    shout("call")
    return np.zeros((3, 8, 8), np.float32)
"""
DALI = """
from nvidia.dali import fn, pipeline_def
print("python import")

@pipeline_def(batch_size=1, num_threads=1, device_id=None)
def preprocess():
    print("python call")
    return fn.external_source(name="IN", layout="HWC")
"""
HOSTILE = """
import numpy as np
LAYOUT, CHANNELS = "HWC", "RGB"
NAME = "resize\\u202egnp.\\x1b[2J"

def one(path):
    return {NAME: np.zeros((8, 8, 3), np.float32)}

def other(path):
    return {NAME: np.ones((8, 8, 3), np.float32)}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with sides that print, one of a hostile name, and one picture."""
    for name, text in (("printing", PRINTING), ("pipeline", DALI), ("hostile", HOSTILE)):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    PIL.Image.new("RGB", (8, 8), (9, 99, 199)).save(tmp_path / "a.png")
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    command = [sys.executable, "-m", "pixelparity", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_json_of_sides_that_print_is_json(folder: Path) -> None:
    """``diagnose --json -`` puts JSON alone on standard output; every print of the sides is on standard error."""
    side = "python:printing.py:prepare"
    ran = run(folder, "diagnose", "--reference", side, "--deployed", side, "--images", "a.png", "--json", "-")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "match"
    for who in ("python", "descriptor", "library"):
        assert ran.stderr.count(f"{who} import") >= 1
        assert ran.stderr.count(f"{who} call") == 2


def test_recipe_of_a_pipeline_that_prints_is_json(folder: Path) -> None:
    """``recipe --json`` puts JSON alone on standard output, whatever the pipeline's file prints when it is run."""
    ran = run(folder, "recipe", "--json", "dali:pipeline.py:preprocess")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["steps"] is not None
    assert "python import" in ran.stderr
    assert "python call" in ran.stderr


@pytest.mark.parametrize("words", [("sides",), ("recipe", "dali:pipeline.py:preprocess")])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_the_output_is_one_line(folder: Path, words: tuple[str, ...], unbuffered: str) -> None:
    """A result that finds no room is exit code 2 and one line that names the standard output, however Python buffers it."""
    command = [sys.executable, "-m", "pixelparity", *words]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            command, cwd=folder, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120
        )
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1].startswith("error: the standard output cannot be written: No space left")
    assert "Exception ignored" not in ran.stderr


def test_names_of_sides_do_not_reach_the_terminal_raw(folder: Path) -> None:
    """A stage called after a direction mark and a terminal's command is shown by their escapes, in results and errors."""
    sides = "--reference", "python:hostile.py:one", "--deployed", "python:hostile.py:other"
    told = run(folder, "diagnose", *sides, "--images", "a.png")
    failed = run(folder, "diagnose", *sides, "--images", "lacking\u202e.png")
    assert (told.returncode, failed.returncode) == (1, 2)
    assert r"resize\u202egnp.\x1b[2J" in told.stdout
    assert r"lacking\u202e.png does not exist" in failed.stderr
    for text in (told.stdout, told.stderr, failed.stdout, failed.stderr):
        assert "\u202e" not in text
        assert "\x1b" not in text


def test_printable_text_stays_as_it_is() -> None:
    """Letters of all scripts, tabs and line ends of either kind stay; a lone carriage return and a null do not."""
    text = "größe 图\tا\r\nnext\n"
    assert terminal.printable(text) == text
    assert terminal.printable("a\rb\x00c\u2066d\u009be") == r"a\rb\x00c\u2066d\x9be"


def test_prints_go_aside_within_the_block_only(capfd: pytest.CaptureFixture[str]) -> None:
    """Python's and the descriptor's prints go to standard error in the block, also one that fails, and back after it."""
    with contextlib.suppress(KeyError), terminal.aside():
        print("within")
        raise KeyError
    print("after")
    os.write(1, b"below\n")
    out, err = capfd.readouterr()
    assert err == "within\n"
    assert sorted(out.split()) == ["after", "below"]
