"""The commit hooks: tools of the environment, nothing fetched, installed by one command."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture
def hooks() -> dict[str, dict[str, str]]:
    """Return the hooks by their identifier."""
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert local["repo"] == "local"
    return {hook["id"]: hook for hook in local["hooks"]}


def test_hooks_are_tools_of_the_environment(hooks: dict[str, dict[str, str]]) -> None:
    """Every hook runs a program of .venv that a direct requirement of the dev extra brings."""
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert set(hooks) == {"nbstripout", "ruff", "ruff-format"}
    for hook in hooks.values():
        program = hook["entry"].split()[0]
        assert hook["language"] == "system"
        assert program.startswith(".venv/bin/")
        assert f'"{program.removeprefix(".venv/bin/")}>=' in wanted


def test_notebooks_are_what_is_stripped(hooks: dict[str, dict[str, str]]) -> None:
    """The stripping hook sees every notebook of the workbook and no other file."""
    pattern = re.compile(hooks["nbstripout"]["files"])
    assert all(pattern.search(path.relative_to(ROOT).as_posix()) for path in ROOT.glob("notebooks/*.ipynb"))
    assert not pattern.search("docs/example/postmortem.html")


def test_a_clean_notebook_is_left_as_it_is(hooks: dict[str, dict[str, str]], tmp_path: Path) -> None:
    """Stripping changes nothing of a notebook that holds no output, its cells' identifiers included."""
    program, *options = hooks["nbstripout"]["entry"].split()
    copies = [Path(shutil.copy(path, tmp_path)) for path in sorted(ROOT.glob("notebooks/*.ipynb"))]
    subprocess.run([Path(sys.executable).with_name(Path(program).name), *options, *copies], check=True)
    assert copies
    assert not [copy.name for copy in copies if copy.read_bytes() != (ROOT / "notebooks" / copy.name).read_bytes()]


def test_every_target_is_known_to_make() -> None:
    """The targets of the Makefile are declared as such, so that a file of the same name hides none."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (declared,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    rules = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    assert rules == set(declared.split())
    assert "hooks" in rules
