"""``pixelparity demo`` and ``pixelparity pictures``: what they print, write and open."""

from __future__ import annotations

import shlex
import sys
import webbrowser
from pathlib import Path

import pytest

from pixelparity import extras
from pixelparity.cli.main import main
from pixelparity.demo import photographs


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_demo_diagnoses_and_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    """The diagnosis is printed, the page written, and the last line is a command that does it again."""
    assert main(["demo"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("DIFFERS: the two sides prepare 8 pictures differently: mean_std_wrong_range")
    page = Path("pixelparity-demo/report/index.html").read_text(encoding="utf-8")
    assert "mean_std_wrong_range" in page
    assert "Measured beside that: " in page
    command = said.out.splitlines()[-1].partition("try again: ")[2]
    program, *words = shlex.split(command)
    assert program == "pixelparity"
    assert main(words) == 1
    assert capsys.readouterr().out.strip() in said.out


def test_the_page_is_opened_where_that_is_asked_for(capsys, monkeypatch, folder) -> None:
    """``--open`` gives the browser the page's address, and where there is none says so and goes on."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(opened.append(address)))
    assert main(["demo", "--out", "here", "--open"]) == 0
    assert opened == [(folder / "here" / "report" / "index.html").as_uri()]
    assert "no browser can be started here; open here/report/index.html" in capsys.readouterr().err


@pytest.mark.parametrize("library", ["cv2", "matplotlib", "jinja2"])
def test_demo_asks_for_all_it_lacks_at_once(library, capsys, monkeypatch, folder) -> None:
    """Without one of its libraries the demo is one line with one command, and nothing is written."""
    monkeypatch.setitem(sys.modules, library, None)
    assert main(["demo"]) == 2
    said = capsys.readouterr()
    assert said.err.endswith(f"run: {extras.install('opencv', 'report')}\n")
    assert not list(folder.iterdir())


def test_pictures_are_written_and_stay(capsys) -> None:
    """The folder holds every picture; one that is there already is not written over."""
    Path("mine").mkdir()
    Path("mine/face.png").write_bytes(b"my own")
    assert main(["pictures", "--out", "mine"]) == 0
    assert capsys.readouterr().out == "8 pictures: mine\n"
    assert {path.stem for path in Path("mine").iterdir()} == set(photographs.PARTS)
    assert Path("mine/face.png").read_bytes() == b"my own"
