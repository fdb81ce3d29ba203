"""The incident's three pipelines against the training's own preprocessing, and against each other."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

from pixelparity import sources, stages, workbook
from pixelparity.deploy import pipelines, scoring


@pytest.fixture(scope="module")
def captured(deployment: workbook.Deployment) -> dict[str, stages.Capture]:
    """Return each pipeline's capture of the field pictures."""
    return {name: sources.dali.capture(made, deployment.field) for name, made in pipelines.PIPELINES.items()}


def test_fixed_is_shipped_with_one_more_line() -> None:
    """The mend is one added line and nothing else, and it is the one of the field."""
    difference = workbook.show_difference(pipelines.preprocess_shipped, pipelines.preprocess_fixed).text
    changed = [line for line in difference.splitlines()[2:] if line[:1] in "+-"]
    assert changed == ["+    images = fn.normalize(images, mean=0.0, stddev=255.0)"]


def test_shipped_is_fixed_times_255(captured: dict[str, stages.Capture]) -> None:
    """The shipped tensor is the fixed one, 255 times as large, on every picture."""
    shipped, fixed = (workbook.finals(captured[name]) for name in ("preprocess_shipped", "preprocess_fixed"))
    np.testing.assert_allclose(shipped, fixed * 255, rtol=1e-5)


def test_parity_is_within_one_level(captured: dict[str, stages.Capture], deployment: workbook.Deployment) -> None:
    """The parity pipeline is at most one level from the training's tensors; the fixed one is farther off."""
    parity = scoring.level_difference(deployment.reference_capture, captured["preprocess_parity"])
    fixed = scoring.level_difference(deployment.reference_capture, captured["preprocess_fixed"])
    assert parity["max_abs_level_diff"] <= 1
    assert parity["mean_abs_level_diff"] < 0.2 < 1 < fixed["mean_abs_level_diff"]


def test_parity_sizes_are_the_trainings() -> None:
    """In-graph sizes equal the training's whole-number arithmetic on shapes that are exact halves in floating point."""
    from pixelparity.deploy.transforms import fitted_size

    shapes = [
        (32, 2000),
        (2000, 32),
        (512, 384),
        (511, 385),
        (97, 383),
        (768, 575),
        (1999, 1501),
        (256, 191),
        (640, 479),
    ]
    raw = {f"{h}x{w}": np.zeros((h, w, 3), np.uint8) for h, w in shapes}
    capture = sources.dali.capture(pipelines.preprocess_parity, {name: Path(name) for name in raw}, raw=raw)
    seen = [capture.tensor("resize", name).shape[:2] for name in raw]
    assert seen == [fitted_size(*shape, (pipelines.HEIGHT, pipelines.WIDTH)) for shape in shapes]


def test_serialized_file_does_what_the_function_does(tmp_path: Path, deployment: workbook.Deployment) -> None:
    """The file that the server loads gives the function's tensors bit for bit, and is written whole."""
    file = pipelines.serialize("preprocess_parity", tmp_path)
    pictures = dict(list(deployment.field.items())[:3])
    ours, theirs = (workbook.finals(sources.dali.capture(p, pictures)) for p in (pipelines.preprocess_parity, file))
    assert np.array_equal(ours, theirs)
    assert [path.name for path in tmp_path.iterdir()] == ["model.dali"]


def test_pipelines_speak_of_themselves() -> None:
    """Each pipeline function says in its docstring what sets it apart."""
    assert all(inspect.getdoc(inspect.unwrap(made)) for made in pipelines.PIPELINES.values())
