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


SIDE = """
import numpy as np
import PIL.Image

LAYOUT, CHANNELS, VALUE_RANGE = "HWC", "RGB", (0, 255)


def prep(path):
    return np.asarray(PIL.Image.open(path).convert("RGB").resize((64, 48)), np.float32) * FACTOR
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the executed notebook prints, one text."""
    target = tmp_path_factory.mktemp("notebook") / "executed.ipynb"
    runner.execute(NOTEBOOK, target)
    return printed(target)


def printed(target: Path) -> str:
    """Return all that an executed notebook prints, one text."""
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


@pytest.mark.slow
def test_sides_that_are_code_go_the_whole_way(tmp_path, monkeypatch):
    """Two python functions: the causes are named, what cannot be repaired is said, and the gate's command is still shown."""
    for name, factor in (("train", "np.float32(1)"), ("serve", "np.float32(1 / 255)")):
        (tmp_path / f"{name}.py").write_text(SIDE.replace("FACTOR", factor), encoding="utf-8")
    (tmp_path / "pictures").mkdir()
    for number, size in enumerate(example.SIZES):
        example._draw(number, *size).save(tmp_path / "pictures" / f"{number}.png")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    given = [f"python:{tmp_path}/train.py:prep", f"python:{tmp_path}/serve.py:prep", f"{tmp_path}/pictures"]
    notebook.cells[0].source = "REFERENCE, DEPLOYED, IMAGES = {!r}, {!r}, {!r}".format(*given)
    nbformat.write(notebook, tmp_path / "07.ipynb")
    runner.execute(tmp_path / "07.ipynb", tmp_path / "executed.ipynb", kernel=runner.start_kernel())
    text = printed(tmp_path / "executed.ipynb")
    assert "scale_twice" in text
    assert "declares no recipe that a pipeline could be written from" in text
    assert "pixelparity diagnose --reference {} --deployed {} --images {}".format(*given) in text


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
