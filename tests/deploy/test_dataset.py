"""The drawn pictures: counted, of many sizes, the same every time, and one class brighter than the other."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pixelparity.deploy import dataset


@pytest.fixture(scope="module")
def root() -> Path:
    """Return the folder of drawn pictures."""
    return dataset.ensure()


def test_counts_and_balance(root: Path) -> None:
    """There are 64, 48 and 24 pictures, half of each kind, and every label names a picture."""
    assert {split: len(list((root / split).rglob("*.jpg"))) for split in dataset.COUNTS} == dataset.COUNTS
    labels = dataset.field_labels(root)
    assert set(labels) == set(dataset.field_pictures(root))
    assert sum(labels.values()) == 12
    files, classes = dataset.validation_pictures(root)
    assert list(files) == list(classes)
    assert sum(classes.values()) == 24


def test_many_shapes(root: Path) -> None:
    """Field pictures are landscape, portrait and square, larger and smaller than the network's 512 x 384."""
    shapes = {cv2.imread(str(path)).shape[:2] for path in dataset.field_pictures(root).values()}
    assert {np.sign(height - width) for height, width in shapes} == {-1, 0, 1}
    assert any(height > 512 and width > 384 for height, width in shapes)
    assert any(height < 512 and width < 384 for height, width in shapes)


def test_same_seed_same_picture() -> None:
    """A picture depends on its seed and on nothing else."""
    first, again, other = (dataset.draw(0, 60, 80, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (60, 80, 3)
    assert first.dtype == np.uint8


def test_first_class_is_brighter() -> None:
    """Scratches are brighter than spots on average: the fact that decides the incident's constant answer."""
    means = [
        np.mean([dataset.draw(kind, 120, 160, np.random.default_rng(s)).mean() for s in range(12)]) for kind in (0, 1)
    ]
    assert means[0] > means[1] + 10
