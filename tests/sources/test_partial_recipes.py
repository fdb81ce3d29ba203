"""Formats that declare only a part of the preprocessing: what they cannot say is never named as a cause."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pixelparity import sides
from pixelparity.recipes import Cast, Crop, Decode, Layout, Normalize, Recipe, Resize
from pixelparity.recipes.diff import diff_recipes

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
TRAINED = Recipe(
    source="trained",
    steps=(
        Decode(library="opencv", channels="RGB"),
        Resize(
            mode="shorter", size=256, kernel="linear", antialias=False, subpixel=False, library="opencv", rounding="floor"
        ),
        Crop(height=224, width=224, rounding="floor", out_of_bounds="trim"),
        Layout(source="HWC", target="CHW"),
        Cast(dtype="float32"),
        Normalize(mean=MEAN, std=STD),
    ),
)  # fmt: skip


def aipp(folder: Path, means: tuple[float, ...]) -> str:
    """Return a config with these means, whole numbers and the rest."""
    lines = [f"mean_chn_{i}: {int(mean)}\nmin_chn_{i}: {mean % 1}\nvar_reci_chn_{i}: {1 / std}\n"
             for i, (mean, std) in enumerate(zip(means, STD, strict=True))]  # fmt: skip
    file = folder / "insert_op.cfg"
    file.write_text("aipp_op {\naipp_mode: static\ninput_format: RGB888_U8\n" + "".join(lines) + "}\n")
    return f"aipp:{file}"


def rknn(folder: Path, means: tuple[float, ...]) -> str:
    """Return settings with these means, of a model whose library they do not name."""
    file = folder / "config.json"
    file.write_text(json.dumps({"mean_values": [list(means)], "std_values": [list(STD)]}))
    return f"rknn:{file}"


def tflite(folder: Path, means: tuple[float, ...] | None) -> str:
    """Return metadata with these means, or without a normalisation."""
    options = {"options_type": "NormalizationOptions", "options": {"mean": means, "std": STD}}
    content = {"content_properties_type": "ImageProperties", "content_properties": {"color_space": "RGB"}}
    tensor = {"content": content, "process_units": [options] if means else []}
    file = folder / "metadata.json"
    file.write_text(json.dumps({"subgraph_metadata": [{"input_tensor_metadata": [tensor]}]}))
    return f"tflite:{file}"


def coreml(folder: Path, means: tuple[float, ...]) -> str:
    """Return a script that converts with these means."""
    bias = [-mean / std for mean, std in zip(means, STD, strict=True)]
    file = folder / "convert.py"
    file.write_text(
        f"import torch\nimport coremltools as ct\ninput = ct.ImageType(shape=(1, 3, 224, 224), scale={[1 / s for s in STD]}, "
        f"bias={bias})\nct.convert(traced, inputs=[input])\n"
    )
    return f"coreml:{file}"


@pytest.mark.parametrize(
    ("make", "undeclared", "families"),
    [
        (aipp, {"decode", "resize", "crop", "layout"}, ("dtype",)),  # AIPP itself puts out float16
        (rknn, {"resize", "crop", "layout"}, ()),
        (tflite, {"resize", "crop", "layout"}, ()),
        (coreml, {"resize", "crop"}, ()),
    ],
)  # fmt: skip
def test_what_the_format_cannot_say_is_no_cause(
    tmp_path: Path, make: Callable[[Path, tuple[float, ...]], str], undeclared: set[str], families: tuple[str, ...]
) -> None:
    """Resize, crop and the order of axes are the caller's or the converter's; the constants are compared, and named."""
    found = diff_recipes(TRAINED, sides.parse(make(tmp_path, MEAN)).recipe())
    assert found.families == families
    assert {row.step for row in found.undeclared} <= undeclared
    assert {"resize", "crop"} <= {row.step for row in found.undeclared}
    wrong = diff_recipes(TRAINED, sides.parse(make(tmp_path, (100.0, 100.0, 100.0))).recipe())
    assert wrong.families == ("mean_std_wrong", *families)


def test_metadata_without_a_normalisation_leave_it_to_the_caller(tmp_path: Path) -> None:
    """TFLite's metadata may do without: then nobody knows, and nothing is missing."""
    found = diff_recipes(TRAINED, sides.parse(tflite(tmp_path, None)).recipe())
    assert found.families == ()
    assert "normalize" in {row.step for row in found.undeclared}
