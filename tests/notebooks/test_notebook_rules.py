"""The notebooks keep their own rules: stripped in git, small cells, questions as headings."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    """Return one notebook of the workbook."""
    return nbformat.read(request.param, as_version=4)


def test_the_workbook_is_numbered() -> None:
    """The notebooks are numbered from 00 without a gap."""
    assert [int(path.stem[:2]) for path in NOTEBOOKS] == list(range(len(NOTEBOOKS)))
    assert len(NOTEBOOKS) >= 7


def test_stripped(notebook: nbformat.NotebookNode) -> None:
    """No cell has an output or a count in git."""
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_first_cell_holds_parameters(notebook: nbformat.NotebookNode) -> None:
    """The first cell is tagged as parameters, so that a run can replace them."""
    assert notebook.cells[0].cell_type == "code"
    assert "parameters" in notebook.cells[0].metadata.tags


def test_cells_only_call_and_show(notebook: nbformat.NotebookNode) -> None:
    """Code cells define no function or class and catch nothing: logic lives in the package, where it is tested."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            nodes = list(ast.walk(ast.parse(cell.source)))
            assert not [n for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.Try, ast.For, ast.While))]
            assert len(ast.parse(cell.source).body) <= 6, cell.source
            assert all(len(line) <= 124 for line in cell.source.splitlines()), cell.source


def test_nothing_is_taken_from_an_earlier_notebook(notebook: nbformat.NotebookNode) -> None:
    """No cell reads what another notebook recorded or kept: what a notebook needs it builds or asks for, so it runs alone."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            named = {n.attr for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Attribute)}
            assert not named & {"kept", "kept_or_none", "read_result"}, cell.source


def test_every_name_is_made_in_the_notebook_itself(notebook: nbformat.NotebookNode) -> None:
    """Each name that a cell uses was made by a cell above it, or is Python's own."""
    known = set(dir(builtins))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            nodes = list(ast.walk(ast.parse(cell.source)))
            known |= {a.asname or a.name for n in nodes if isinstance(n, (ast.ImportFrom, ast.Import)) for a in n.names}
            known |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            used = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            assert used <= known, f"{sorted(used - known)} in: {cell.source}"
