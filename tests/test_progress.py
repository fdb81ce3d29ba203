"""Long work shows one line that moves on a terminal, and nothing anywhere else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pixelparity import progress

SIDE = """
import time
import numpy as np
LAYOUT, CHANNELS = "CHW", "RGB"

def slow(path):
    time.sleep({seconds})
    return np.zeros((3, 8, 8), np.float32)
"""
ROOT = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "helpers"), "TERM": "xterm", "COLUMNS": "60"}


def watched(folder: Path, command: list[str], environment: dict[str, str] = ENVIRONMENT) -> tuple[str, str]:
    """Run a command whose standard error is a terminal; return what that was shown, and what came on standard output."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        assert process.stdout is not None
        printed = process.stdout.read()
    os.close(ours)
    return shown.decode(), printed.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Linux says so when the other end has been closed
        return b""


@pytest.fixture
def command(tmp_path: Path):
    """Return a function that gives the command which captures a side whose one picture takes that many seconds."""
    import PIL.Image

    PIL.Image.new("RGB", (8, 8)).save(tmp_path / "a.png")

    def of(seconds: float) -> list[str]:
        (tmp_path / "side.py").write_text(SIDE.format(seconds=seconds))
        words = ["capture", "python:side.py:slow", "--images", "a.png", "--out", "golden"]
        return [sys.executable, "-m", "pixelparity", *words]

    return of


def test_long_work_is_shown_and_taken_away(command, tmp_path: Path) -> None:
    """The line says what runs and counts the seconds, fits the terminal, and is erased before the result comes."""
    shown, printed = watched(tmp_path, command(4))
    lines = [line for line in shown.split(progress.ERASE) if line]
    assert len(lines) >= 3
    assert all(re.fullmatch(r"[|/\\-] running python:side\.py:slow \d s", line) for line in lines)
    assert lines[0].endswith(("2 s", "3 s"))
    assert shown.endswith(progress.ERASE)
    assert printed == "1 pictures, 1 stages: golden\n"


def test_short_work_shows_nothing(command, tmp_path: Path) -> None:
    """What is over within two seconds leaves a terminal as it was."""
    shown, printed = watched(tmp_path, command(0))
    assert (shown, printed) == ("", "1 pictures, 1 stages: golden\n")


def test_nothing_where_no_cursor_moves(command, tmp_path: Path) -> None:
    """In a pipe, and on a terminal that calls itself dumb, long work shows nothing."""
    done = subprocess.run(command(3), cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    words = [*command(3), "--replace"]
    assert watched(tmp_path, words, {**ENVIRONMENT, "TERM": "dumb"})[0] == ""


def test_a_note_stands_in_a_line_of_its_own(tmp_path: Path) -> None:
    """What stays is written in place of the line that moves, whose text is cut to the terminal's width."""
    code = (
        "import time; from pixelparity import progress\n"
        "with progress.shown():\n"
        "    progress.doing('x' * 200); time.sleep(2.6); progress.note('kept\\u202e'); time.sleep(0.4)\n"
    )
    shown, _ = watched(tmp_path, [sys.executable, "-c", code])
    assert f"{progress.ERASE}kept\\u202e\r\n" in shown
    assert max(len(line) for line in re.split(r"\r\x1b\[K|\r\n", shown)) <= 60


def test_without_a_line_a_note_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Outside a terminal a note is printed as it is, and what is being done is said to nobody."""
    with progress.shown():
        progress.doing("something")
        progress.note("note: this")
    assert capsys.readouterr().err == "note: this\n"
