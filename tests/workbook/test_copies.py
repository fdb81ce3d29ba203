"""Working in the notebooks changes copies only, which follow the project for as long as nobody has written in them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from pixelparity.workbook import copies

ROOT = Path(__file__).parents[2]


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    """Return a folder with copies of two notebooks of the project, to be changed."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start_here.ipynb", "01_reference_model.ipynb"):
        shutil.copy(ROOT / "notebooks" / name, folder / name)
    return folder


def edit(path: Path, cell: int, source: str) -> None:
    """Write another source into a cell of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[cell].source = source
    nbformat.write(notebook, path)


def run(path: Path) -> None:
    """Leave in a notebook what running it does: counts and outputs."""
    notebook = nbformat.read(path, as_version=4)
    for count, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        cell.execution_count = count + 1
        cell.outputs = [nbformat.v4.new_output("stream", text="seen\n")]
    nbformat.write(notebook, path)


def test_copies_are_the_notebooks(originals: Path, tmp_path: Path) -> None:
    """The first time every notebook is copied byte for byte, and nothing stays behind."""
    assert copies.lay_out(tmp_path / "mine", originals) == []
    for original in originals.iterdir():
        assert (tmp_path / "mine" / original.name).read_bytes() == original.read_bytes()


def test_work_stays(originals: Path, tmp_path: Path) -> None:
    """Outputs and changed cells are there the next time, as long as the project's notebook is the same."""
    copies.lay_out(tmp_path / "mine", originals)
    copy = tmp_path / "mine" / "01_reference_model.ipynb"
    run(copy)
    edit(copy, 1, "mine")
    before = copy.read_bytes()
    assert copies.lay_out(tmp_path / "mine", originals) == []
    assert copy.read_bytes() == before


def test_a_changed_notebook_comes_anew_where_nobody_has_written(originals: Path, tmp_path: Path) -> None:
    """A copy that was only run is replaced by the project's new notebook; one that was written in stays and is named."""
    copies.lay_out(tmp_path / "mine", originals)
    names = [path.name for path in sorted(originals.iterdir())]
    for name in names:
        run(tmp_path / "mine" / name)
        edit(originals / name, 1, "new in the project")
    edit(tmp_path / "mine" / names[1], 1, "mine")
    for _ in range(2):  # it is named until the user has done something about it
        assert copies.lay_out(tmp_path / "mine", originals) == [names[1]]
    assert (tmp_path / "mine" / names[0]).read_bytes() == (originals / names[0]).read_bytes()
    assert "mine" in (tmp_path / "mine" / names[1]).read_text(encoding="utf-8")
    (tmp_path / "mine" / names[1]).unlink()
    assert copies.lay_out(tmp_path / "mine", originals) == []


@pytest.mark.parametrize("text", ["no notebook", "{}", "[]"])
def test_a_file_that_is_no_notebook_is_the_users(originals: Path, tmp_path: Path, text: str) -> None:
    """What lies there under a notebook's name and is none is not written over."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "00_start_here.ipynb").write_text(text)
    assert copies.lay_out(tmp_path / "mine", originals) == ["00_start_here.ipynb"]
    assert (tmp_path / "mine" / "00_start_here.ipynb").read_text() == text


def test_make_lab_opens_copies_that_git_ignores() -> None:
    """``make lab`` opens the folder of copies, which git does not look into, and none of the tracked notebooks."""
    recipe = re.search(r"^lab: setup\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert recipe is not None
    assert "pixelparity.workbook.copies" in recipe[1]
    assert f"--notebook-dir {copies.FOLDER.name} {copies.FOLDER.name}/00_start_here.ipynb" in recipe[1]
    ignored = subprocess.run(["git", "check-ignore", "--quiet", f"{copies.FOLDER.name}/00_start_here.ipynb"], cwd=ROOT)
    if ignored.returncode == 128:
        pytest.skip("not a git checkout")
    assert ignored.returncode == 0
