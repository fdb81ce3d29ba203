"""A notebook that fails is named with its error, and what ran before stays to be read."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from pixelparity.errors import SkewError
from pixelparity.workbook import runner


def test_failing_cell_is_named(tmp_path: Path) -> None:
    """The error says which notebook failed, with the cell's own error line, and the executed cells are written."""
    path, target = tmp_path / "09_broken.ipynb", tmp_path / "out.ipynb"
    cells = [new_code_cell("print('before')"), new_code_cell("raise ValueError('the input is odd')")]
    nbformat.write(new_notebook(cells=cells), path)
    with pytest.raises(SkewError, match="09_broken failed: ValueError: the input is odd"):
        runner.execute(path, target)
    assert nbformat.read(target, as_version=4).cells[0].outputs[0].text == "before\n"


def test_widgets_leave_their_pictures_and_nothing_else() -> None:
    """An explorer's figure stays, a progress bar that stands at nothing goes, and so does the state of all widgets."""
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    outputs = [
        nbformat.v4.new_output("display_data", data={**view, "text/plain": "  0%|  | 0/24"}),
        nbformat.v4.new_output("execute_result", data={**view, "text/html": "<svg/>"}),
        nbformat.v4.new_output("stream", text="seen"),
    ]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("words"), nbformat.v4.new_code_cell("1", outputs=outputs)],
        metadata={"widgets": {"state": 1}},
    )
    runner._make_readable(notebook)
    assert [o.get("data") for o in notebook.cells[1].outputs] == [{"text/html": "<svg/>"}, None]
    assert "widgets" not in notebook.metadata


def test_two_runs_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    """The later one gets a number; `latest` points to the one that was whole last, whoever else writes it."""
    first, second, third = (runner._new_folder(tmp_path) for _ in range(3))
    assert len({first, second, third}) == 3
    assert all(folder.name.startswith(first.name[:10]) for folder in (first, second, third))
    runner._point_latest(tmp_path, first)
    runner._point_latest(tmp_path, third)
    assert (tmp_path / "latest").resolve() == third.resolve()
    assert not list(tmp_path.glob(".latest*"))
