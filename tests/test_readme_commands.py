"""The README's commands, pasted one after the other into a shell, print what is shown below them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments import Environment, copy_project
from tests.transcripts import shows, transcripts

ROOT = Path(__file__).parents[1]
ALL = transcripts((ROOT / "README.md").read_text(encoding="utf-8"))
#: What one line of the README does here: packages come from this machine, and the environment has been made.
STANDING_IN = ("python3 -m venv", "source ", "pip install")


def block(start: str) -> tuple[str, str]:
    """Return the commands of the block that has a line with that start, without what is stood in for, and what it shows."""
    (found,) = [one for one in ALL if any(line.startswith(start) for line in one.commands.splitlines())]
    lines = [line for line in found.commands.splitlines() if not line.startswith(STANDING_IN)]
    return "\n".join(lines), found.printed


def paste(commands: str, folder: Path, programs: Path) -> str:
    """Return what a shell prints when the commands are pasted into it in a folder."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", commands], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.stderr == ""
    return done.stdout


def test_the_first_five_minutes(tmp_path: Path) -> None:
    """Demo, mend and diagnosis in a clone print what the README shows, in its order, with nothing heavy installed."""
    clone = copy_project(tmp_path / "clone")
    light = Environment(tmp_path / "light")
    light.link("numpy", "pillow", "opencv-python-headless", "matplotlib", "jinja2", "setuptools")
    light.install(str(clone), tmp_path)
    for start in ("pixelparity demo", "sed "):
        commands, printed = block(start)
        assert printed
        seen = paste(commands, clone, light.bin)
        assert shows(printed, seen), seen


@pytest.mark.slow
def test_the_command_line(tmp_path: Path) -> None:
    """The diagnosis of the incident prints what the README shows, on the pictures that the line before it writes."""
    clone = copy_project(tmp_path / "clone")
    commands, printed = block("pixelparity pictures")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pixelparity").write_text(
        f'#!/bin/sh\nPYTHONPATH={clone / "helpers"} exec {sys.executable} -m pixelparity "$@"\n'
    )
    (programs / "pixelparity").chmod(0o755)
    assert shutil.which("bash")
    seen = paste(commands, clone, programs)
    assert shows(printed, seen), seen


def test_every_block_shows_what_it_prints() -> None:
    """Each block of pixelparity commands is followed by its output, and none holds a word to be filled in."""
    blocks = [one for one in ALL if "pixelparity " in one.commands]
    assert len(blocks) >= 4
    for one in blocks:
        assert one.printed
        assert not any(word in one.commands for word in ("PICTURES", "HOST:", "FOLDER", "<"))


def test_the_promise_the_picture_and_the_demo_come_first() -> None:
    """A reader meets the promise, the picture, pip install with demo, then the two make commands with size and minutes."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    places = [
        text.index(part)
        for part in ("preprocessing skew", "docs/pictures/outputs.svg", "pixelparity demo", "make workbook ")
    ]
    assert places == sorted(places)
    assert text[: places[1]].count("\n") <= 14
    assert "GB" in text[places[2] : places[3]]
    assert "minutes" in text[places[2] : places[3]]


def test_gaps_stand_for_what_is_left_out() -> None:
    """A gap in a line stands for the rest of it, a line that is one for any lines; all else has to be there."""
    seen = "one two\nthree\nfour\n"
    assert shows("one two\nthree\nfour\n", seen)
    assert shows("one ...\n...\nfour\n", seen)
    assert shows("...\nthree\nfour\n...\n", seen)
    assert not shows("one two\nfour\n", seen)
    assert not shows("one two\nthree\n", seen)
    assert not shows("...\nfive\n...\n", seen)


def test_output_belongs_to_the_block_right_before_it() -> None:
    """A block after other text, or in another language, is nobody's output."""
    fence = "`" * 3
    text = f"{fence}bash\na\n{fence}\n\n{fence}\nout\n{fence}\n{fence}bash\nb\n{fence}\nword\n{fence}\nother\n{fence}\n"
    assert [(one.commands, one.printed) for one in transcripts(text)] == [("a\n", "out\n"), ("b\n", "")]
