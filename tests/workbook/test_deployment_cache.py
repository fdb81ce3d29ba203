"""What is kept of the deployment is kept under everything that it depends on: a change anywhere asks for it anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pixelparity.deploy import cache, engine, training
from pixelparity.workbook import deployment as module
from pixelparity.workbook import records

KEPT = {"answers", "reference-capture", "reference-recipe", "engine-answers", "activations"}
TRAINING = {"answers", "reference-capture", "reference-recipe"}


class Asked(Exception):
    """Something is asked for from the cache; nothing is built."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Everything that the kept results depend on, as small files and values that a test may change."""
    (tmp_path / "pictures").mkdir()
    for name in ("checkpoint", "config", "engine", "helper", "pictures/one"):
        (tmp_path / name).write_text(name)
    found = SimpleNamespace(
        folder=tmp_path,
        tensors=np.zeros((1, 3, 2, 2), np.float32),
        versions=dict.fromkeys(records.PACKAGES, "1"),
        changed_helper="",
        runtime="onnxruntime",
    )
    monkeypatch.setattr(training, "CONFIG", tmp_path / "config")
    monkeypatch.setattr(records, "versions", lambda: found.versions)
    monkeypatch.setattr(engine, "runtime", lambda: found.runtime)
    source = module._source
    monkeypatch.setattr(
        module, "_source", lambda name: tmp_path / "helper" if name == found.changed_helper else source(name)
    )
    return found


def digests(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the key of each kept result, by the name that it is kept under."""
    asked: dict[str, str] = {}

    def note(name: str, digest: str, make: Callable[[Path], None]) -> Path:
        asked[name] = digest
        raise Asked

    monkeypatch.setattr(cache, "build", note)
    made = module.Deployment(root=world.folder / "pictures")
    made.__dict__.update(checkpoint=world.folder / "checkpoint", engine=world.folder / "engine")
    for get in (
        lambda: made.reference_answers,
        lambda: made.reference_capture,
        lambda: made.reference_recipe,
        lambda: made.activation_ranges(world.tensors),
    ):
        with pytest.raises(Asked):
            get()
    made.__dict__["reference_capture"] = SimpleNamespace(finals=lambda: [("one", world.tensors[0])])
    with pytest.raises(Asked):
        _ = made.engine_answers
    return asked


@pytest.mark.parametrize(
    ("changed", "renewed"),
    [
        ("checkpoint", {"answers", "activations"}),
        ("config", TRAINING | {"activations"}),
        ("engine", {"engine-answers"}),
        ("pictures/one", {"answers", "reference-capture"}),
    ],
)
def test_another_file_renews_what_depends_on_it(world, monkeypatch, changed, renewed) -> None:
    """A file with other content gives other keys to what was made from it, and to nothing else."""
    before = digests(world, monkeypatch)
    assert set(before) == KEPT
    (world.folder / changed).write_text("other")
    after = digests(world, monkeypatch)
    assert {name for name in KEPT if before[name] != after[name]} == renewed


@pytest.mark.parametrize(
    ("package", "renewed"),
    [
        ("torch", {"answers", "activations"}),
        ("mmpretrain", TRAINING | {"activations"}),
        ("opencv-python-headless", TRAINING),
        ("onnxruntime", {"engine-answers"}),
        ("tensorrt", {"engine-answers"}),
        ("matplotlib", set()),
    ],
)
def test_another_version_renews_what_it_computes(world, monkeypatch, package, renewed) -> None:
    """An updated package computes its results again."""
    before = digests(world, monkeypatch)
    world.versions = {**world.versions, package: "2"}
    after = digests(world, monkeypatch)
    assert {name for name in KEPT if before[name] != after[name]} == renewed


@pytest.mark.parametrize(
    ("helper", "renewed"),
    [
        ("deploy/reference.py", {"answers", "activations"}),
        ("deploy/transforms.py", TRAINING),
        ("sources/mmpretrain", {"reference-capture", "reference-recipe"}),
        ("recipes/steps", {"reference-capture", "reference-recipe"}),
        ("recipes/text", {"reference-capture", "reference-recipe"}),
        ("stages.py", {"reference-capture"}),
        ("deploy/engine.py", {"engine-answers"}),
    ],
)
def test_a_changed_helper_renews_what_it_makes(world, monkeypatch, helper, renewed) -> None:
    """A module that was edited makes its results again."""
    before = digests(world, monkeypatch)
    world.changed_helper = helper
    after = digests(world, monkeypatch)
    assert {name for name in KEPT if before[name] != after[name]} == renewed


def test_other_tensors_and_another_runtime_are_asked_anew(world, monkeypatch) -> None:
    """One value of one tensor, or another engine to run it, is enough."""
    before = digests(world, monkeypatch)
    world.tensors = world.tensors.copy()
    world.tensors[0, 0, 0, 0] = 1e-6
    after = digests(world, monkeypatch)
    assert {name for name in KEPT if before[name] != after[name]} == {"engine-answers", "activations"}
    world.runtime = "tensorrt"
    assert digests(world, monkeypatch)["engine-answers"] != after["engine-answers"]


def test_each_size_once_has_both_classes() -> None:
    """The pictures that causes are named on are of as many sizes as they are many, and of both classes alike."""
    from PIL import Image

    made = module.Deployment()
    sizes = [Image.open(made.field[name]).size for name in made.each_size]
    assert len(set(sizes)) == len(sizes) == len(made.field) // 2
    assert sum(made.field_labels[name] for name in made.each_size) == len(sizes) // 2
