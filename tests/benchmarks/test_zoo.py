"""The zoo benchmark: recipes of the zoo written as DALI pipelines give what MMPretrain gives, and the table says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import zoo
from pixelparity.sources import mmpretrain

SIZES = ((40, 57), (233, 311), (640, 427), (90, 700))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return drawn JPEG files of both orientations, a strip, and one smaller than every network's input."""
    return zoo.draw(tmp_path_factory.mktemp("zoo"), SIZES)


@pytest.mark.parametrize(
    ("model", "backend", "kernel"),
    [
        ("resnet50_8xb32_in1k", "opencv", "linear"),
        ("efficientnet-b1_3rdparty_8xb32_in1k", "opencv", "cubic"),
        ("mobilenet-v2_8xb32_in1k", "pillow", "linear"),
        ("swin-base_3rdparty_in1k-384", "pillow", "cubic"),
        ("regnetx-400mf_8xb128_in1k", "opencv", "linear"),
        ("resnet18_8xb16_cifar10", "none", "none"),
    ],
)
def test_written_pipeline_gives_what_mmpretrain_gives(
    model: str, backend: str, kernel: str, pictures: dict[str, Path]
) -> None:
    """From the file to the network's tensor: the same shape, and within the target of the back end."""
    measured = zoo.measure(mmpretrain.recipe(model), [model], pictures)
    assert (measured.backend, measured.kernel) == (backend, kernel)
    assert measured.shapes_equal
    assert measured.reproduced
    assert max(measured.max_inside, measured.max_border) <= (2 if backend == "pillow" else 1) + zoo.ROUNDOFF


def test_a_wrong_pipeline_is_not_called_reproduced(pictures: dict[str, Path]) -> None:
    """A recipe whose kernel is exchanged is measured as far away: the benchmark can fail."""
    read = mmpretrain.recipe("resnet50_8xb32_in1k")
    wrong = replace(read, steps=tuple(replace(s, kernel="cubic") if s.kind == "resize" else s for s in read.steps))
    measured = zoo.measure(wrong, ["resnet50_8xb32_in1k"], pictures)
    assert not measured.reproduced
    assert measured.max_inside > 5


ENTRY = zoo.Measured(
    models=3, declared=2, example="net", backend="opencv", kernel="linear", mean=0.1, max_inside=1.0, max_border=0.0, within=1.0,
    shapes_equal=True, seconds=0.1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "reproduced"),
    [
        (ENTRY, True),
        (replace(ENTRY, max_border=2.0), False),
        (replace(ENTRY, shapes_equal=False), False),
        (replace(ENTRY, backend="pillow", mean=0.04, max_border=9.0, within=0.9995), True),
        (replace(ENTRY, backend="pillow", mean=0.06), False),
        (replace(ENTRY, backend="pillow", mean=0.01, within=0.998), False),
    ],
)
def test_targets(entry: zoo.Measured, reproduced: bool) -> None:
    """OpenCV recipes keep to 1 level everywhere, Pillow's to a mean and a share; other shapes never pass."""
    assert entry.reproduced is reproduced


def test_summary_hides_nothing() -> None:
    """What cannot be read and what is too far away are both listed as not supported, and the table names them."""
    read = zoo.Zoo(
        recipes={}, declared={}, unread=[{"model": "odd", "reason": "UnsupportedStep: Warp"}], without=["mae"]
    )
    result = zoo.summarize([ENTRY, replace(ENTRY, example="far", max_inside=7.0, backend="pillow", mean=1.0)], read)
    assert (result["models"], result["read"], result["recipes"], result["reproduced"]) == (7, 6, 4, 2)
    assert [entry["model"] for entry in result["unsupported"]] == ["odd", "far"]
    assert result["max_level"] == {"opencv": 1.0, "pillow": 7.0}
    assert "not supported: odd: UnsupportedStep: Warp" in zoo.table(result)
    assert result["without_test_pipeline"] == 1
