"""The conda way from environment.yml to the first notebook, in an environment that its pip part alone makes."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import nbformat
import pytest
import yaml

import pixelparity
from tests.environments import Environment

ROOT = Path(__file__).parents[2]
RUN = """
from pathlib import Path
from pixelparity.workbook import runner
runner.execute(Path("00_start_here.ipynb"), Path("executed.ipynb"))
"""
#: environment.yml asks for the build that mmcv-lite asks for; installed here is the one without libGL.
HERE = {"opencv-python": "opencv-python-headless"}


@pytest.mark.slow
def test_first_notebook_runs_in_the_conda_environment(project, tmp_path):
    """With the pip part's packages and its last line, notebook 00 runs and finds every library; without that line it cannot."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip_part,) = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    checkout = tmp_path / "checkout"
    shutil.copytree(project, checkout)
    shutil.copytree(ROOT / "notebooks", checkout / "notebooks")
    environment = Environment(tmp_path / "environment")
    environment.link(*(HERE.get(entry.split("==")[0], entry) for entry in pip_part[:-1]))
    before = environment.run("python", "-c", RUN, cwd=checkout / "notebooks")
    assert "No module named 'pixelparity'" in before.stderr
    environment.install(pip_part[-1], checkout)
    done = environment.run("python", "-c", RUN, cwd=checkout / "notebooks")
    assert done.returncode == 0, done.stderr
    cells = nbformat.read(checkout / "notebooks" / "executed.ipynb", as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    table = html.unescape(next(o["data"]["text/html"] for o in outputs if "text/html" in o.get("data", {})))
    assert "mmpretrain" in table
    assert set(re.findall(r'missing: pip install "([^"]+)"', table)) <= {"pixelparity[gpu]"}
    assert environment.run("pixelparity", "--version", cwd=tmp_path).stdout.strip() == pixelparity.__version__
