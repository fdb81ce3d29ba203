"""Notebook 07 goes the whole way on a deployment that is not the incident's."""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pytest

from pixelparity import pictures
from pixelparity.sources import dali
from pixelparity.workbook import example, runner

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "07_your_deployment.ipynb"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the executed notebook prints, one text."""
    target = tmp_path_factory.mktemp("notebook") / "executed.ipynb"
    runner.execute(NOTEBOOK, target)
    cells = nbformat.read(target, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return "\n".join(str(output.get("text") or output.get("data", {}).get("text/plain", "")) for output in outputs)


@pytest.mark.slow
def test_notebook_names_the_faults_and_mends_them(shown):
    """The three faults that were put in are named, and the repaired pipeline matches."""
    for family in ("channel_order", "mean_std_wrong", "antialias"):
        assert family in shown
    assert "expected match, seen match" in shown
    assert "def preprocess" in shown
    assert "--verify embedded" in shown


def test_example_is_written_once_and_is_no_incident(tmp_path):
    """The example's pictures are drawn alike each time, its pipeline decodes, and given sides are kept."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        example.write(tmp_path / name)
    drawn = [pictures.find([tmp_path / name / "pictures"]) for name in ("one", "two")]
    assert len(drawn[0]) == len(example.SIZES)
    for name, (height, width) in zip(drawn[0], example.SIZES, strict=True):
        first = pictures.read_rgb(drawn[0][name])
        assert first.shape == (height, width, 3)
        np.testing.assert_array_equal(first, pictures.read_rgb(drawn[1][name]))
    assert "fn.decoders.image" in dali.to_source(dali.read(tmp_path / "one" / example.MODEL_FILE))
    given = example.sides("python:a.py:f", None, "somewhere")
    assert (given.reference, given.images) == ("python:a.py:f", "somewhere")
    assert given.deployed.endswith(example.MODEL_FILE)
