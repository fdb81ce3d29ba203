"""What the README shows and names is there: links, pictures, commands, notebooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pixelparity.cli.main import parser

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
LINKS = sorted({target for target in re.findall(r"\]\(([^)#]+)\)", TEXT) if not target.startswith("http")})


@pytest.mark.parametrize("target", LINKS)
def test_links_lead_somewhere(target: str) -> None:
    """Every relative link and picture of the README is a file in the repository."""
    assert (ROOT / target).is_file()


def test_pictures_have_words() -> None:
    """Every picture has a text alternative that is a sentence's worth."""
    alternatives = re.findall(r"!\[([^\]]*)\]", TEXT)
    assert alternatives
    assert all(len(text) > 30 for text in alternatives)


def test_make_targets_exist() -> None:
    """Every make target that the README names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"make ([a-z]+)", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_commands_are_those_of_the_command_line() -> None:
    """The README's table lists the command line's commands, all of them and no other."""
    (commands,) = [a.choices for a in parser()._actions if a.dest == "command"]
    assert set(re.findall(r"`pixelparity ([a-z]+)", TEXT)) == set(commands)


def test_every_notebook_is_listed() -> None:
    """The table lists each notebook of the folder once."""
    listed = re.findall(r"\]\(notebooks/([^)]+)\)", TEXT)
    assert sorted(listed) == sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_the_environment_is_entered_before_the_first_command() -> None:
    """Both the light environment and the workbook's are entered before a command of theirs, and none is run as a module."""
    shell = "\n".join(re.findall(r"^```bash\n(.*?)^```", TEXT, re.M | re.S))
    assert 0 <= shell.find("source .venv-light/bin/activate") < shell.find("pixelparity ")
    assert 0 <= shell.find("source .venv/bin/activate") < shell.find("mmpretrain:")
    assert "python -m pixelparity" not in TEXT


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/gate.md"])
def test_extras_that_are_named_exist(name: str) -> None:
    """Every extra in an install line of the texts is one of pyproject.toml."""
    named = re.findall(r'pip install "[\w.]+\[([\w,]+)\]"', (ROOT / name).read_text(encoding="utf-8"))
    assert named
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extra in ",".join(named).split(","):
        assert re.search(rf"^{extra} = \[", project, re.M), extra
