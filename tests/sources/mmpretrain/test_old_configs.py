"""Configs of mmcls 0.x in the words of today, and those of other projects, which are refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import Crop, Decode, Normalize, Resize
from pixelparity.recipes.diff import diff_recipes
from pixelparity.sources import mmpretrain
from pixelparity.sources.mmpretrain import old_configs

LOAD = {"type": "LoadImageFromFile"}
NORM = {"type": "Normalize", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "to_rgb": True}
END = [{"type": "ImageToTensor", "keys": ["img"]}, {"type": "Collect", "keys": ["img"]}]


def written(tmp_path: Path, *steps: dict[str, Any], name: str = "old.py") -> Path:
    """Return a config of mmcls 0.x with these transforms."""
    file = tmp_path / name
    file.write_text(f"data = dict(test=dict(type='ImageNet', pipeline={list(steps)!r}))\n", encoding="utf-8")
    return file


def test_an_old_config_means_what_its_translation_means(tmp_path: Path) -> None:
    """The usual 0.x pipeline and the 1.x config that MMPretrain's migration guide makes of it are one recipe."""
    pytest.importorskip("mmpretrain")
    size, crop = {"type": "Resize", "size": (256, -1)}, {"type": "CenterCrop", "crop_size": 224}
    old = mmpretrain.recipe(written(tmp_path, LOAD, size, crop, NORM, *END))
    new = tmp_path / "new.py"
    new.write_text(
        "test_pipeline = [dict(type='LoadImageFromFile'), dict(type='ResizeEdge', scale=256, edge='short'),\n"
        "    dict(type='CenterCrop', crop_size=224), dict(type='PackInputs')]\n"
        f"data_preprocessor = dict(mean={NORM['mean']}, std={NORM['std']}, to_rgb=True)\n"
    )
    assert diff_recipes(old, mmpretrain.recipe(new)).differences == ()
    assert [step.std for step in old.steps if isinstance(step, Normalize)] == [(58.395, 57.12, 57.375)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (192, {"type": "Resize", "scale": (192, 192)}),
        ((100, 200), {"type": "Resize", "scale": (200, 100)}),
        ((256, -1), {"type": "ResizeEdge", "scale": 256, "edge": "short"}),
    ],
)
def test_sizes_of_a_resize(size: Any, expected: dict[str, Any]) -> None:
    """One number is both edges, two are height and width, which MMPretrain has the other way round, and -1 follows."""
    (step,) = old_configs.STEPS["Resize"]({"type": "Resize", "size": size})
    assert step == expected
    (step,) = old_configs.STEPS["Resize"](
        {"type": "Resize", "size": size, "backend": "pillow", "interpolation": "bicubic"}
    )
    assert (step["backend"], step["interpolation"]) == ("pillow", "bicubic")


def test_efficientnets_crop_is_a_transform_of_its_own(tmp_path: Path) -> None:
    """In 0.x it is a switch of the centre crop."""
    pytest.importorskip("mmpretrain")
    crop = {"type": "CenterCrop", "crop_size": 224, "efficientnet_style": True, "interpolation": "bicubic"}
    steps = mmpretrain.recipe(written(tmp_path, LOAD, crop, NORM, *END)).steps
    assert [type(step) for step in steps if isinstance(step, Crop | Resize)] == [Crop, Resize]
    assert next(step.kernel for step in steps if isinstance(step, Resize)) == "cubic"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([LOAD, {"type": "Albu"}], r"test_pipeline\[1\] 'Albu' of a config of mmcls 0\.x is not known"),
        ([NORM, {"type": "CenterCrop", "crop_size": 9}], r"test_pipeline\[1\] CenterCrop behind Normalize"),
        ([{"type": "Resize", "size": (1, 2, 3)}], r"size=\[?\(?1, 2, 3"),
        ([LOAD, {"type": "MultiScaleFlipAug", "img_scale": (1333, 800)}], r"a config of mmdet or mmseg 2\.x"),
    ],
)
def test_what_is_not_known_is_refused_with_the_way_on(tmp_path: Path, steps: list[Any], message: str) -> None:
    """Never read in part: the transform is named, and how the side can be captured all the same."""
    pytest.importorskip("mmpretrain")
    with pytest.raises(UnsupportedStep, match=message):
        mmpretrain.recipe(written(tmp_path, *steps))


@pytest.mark.parametrize(("kind", "project"), [("PackDetInputs", "mmdet"), ("mmseg.PackSegInputs", "mmseg")])
def test_other_projects_are_named(tmp_path: Path, kind: str, project: str) -> None:
    """A detector's or a segmenter's config says whose it is, instead of what its registry lacks."""
    pytest.importorskip("mmpretrain")
    file = tmp_path / "other.py"
    file.write_text(f"test_pipeline = [dict(type='LoadImageFromFile'), dict(type={kind!r})]\n", encoding="utf-8")
    with pytest.raises(UnsupportedStep, match=rf"a config of {project} .*python:FILE\.py:FUNCTION"):
        mmpretrain.recipe(file)


def test_release_candidates_had_another_name_for_packing(tmp_path: Path) -> None:
    """PackClsInputs of mmcls 1.0rc is PackInputs."""
    pytest.importorskip("mmpretrain")
    file = tmp_path / "rc.py"
    file.write_text("test_pipeline = [dict(type='LoadImageFromFile'), dict(type='PackClsInputs')]\n", encoding="utf-8")
    assert "layout" in [step.kind for step in mmpretrain.recipe(file).steps]


@pytest.mark.parametrize(
    ("dataset", "channels"), [("CIFAR10", "RGB"), ("CIFAR100", "RGB"), ("MNIST", "GRAY"), ("Own", "BGR")]
)
def test_data_sets_of_arrays_hand_over_what_they_hold(tmp_path: Path, dataset: str, channels: str) -> None:
    """CIFAR's arrays are RGB, so that to_rgb makes BGR of them, and MNIST's are grey: MMClassification's, as MMPretrain's."""
    pytest.importorskip("mmpretrain")
    file = tmp_path / "old.py"
    file.write_text(f"data = dict(test=dict(type={dataset!r}, pipeline={[NORM, *END]!r}))\n", encoding="utf-8")
    new = tmp_path / "new.py"
    new.write_text(
        f"test_dataloader = dict(dataset=dict(type={dataset!r}, pipeline=[dict(type='PackInputs')]))\n"
        f"data_preprocessor = dict(mean={NORM['mean']}, std={NORM['std']}, to_rgb=True)\n"
    )
    for read in (mmpretrain.recipe(file), mmpretrain.recipe(new)):
        decode, colour = read.of_kind("decode")[0], read.of_kind("colour")[0]
        assert isinstance(decode, Decode)
        assert decode.channels == channels
        other = {"RGB": "BGR", "BGR": "RGB", "GRAY": "GRAY"}[channels]
        assert colour.parameters() == {"source": channels, "target": other}
