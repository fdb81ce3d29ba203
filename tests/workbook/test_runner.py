"""A notebook that fails is named with its error, and what ran before stays to be read."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers.errors import SkewError
from helpers.workbook import runner


def test_failing_cell_is_named(tmp_path: Path) -> None:
    """The error says which notebook failed, with the cell's own error line, and the executed cells are written."""
    path, target = tmp_path / "09_broken.ipynb", tmp_path / "out.ipynb"
    cells = [new_code_cell("print('before')"), new_code_cell("raise ValueError('the input is odd')")]
    nbformat.write(new_notebook(cells=cells), path)
    with pytest.raises(SkewError, match="09_broken failed: ValueError: the input is odd"):
        runner.execute(path, target)
    assert nbformat.read(target, as_version=4).cells[0].outputs[0].text == "before\n"
