"""Texts of small pipelines, causes without evidence, and drawn pictures: what tests of repairs start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from pixelparity.diagnosis.results import Cause, Evidence
from pixelparity.sources import dali
from pixelparity.stages import Capture

HEAD = """from nvidia.dali import fn, pipeline_def, types

HEIGHT, WIDTH = 48, 32


@pipeline_def(batch_size=4, num_threads=1, device_id=None)
def preprocess():
"""
FED = 'images = fn.external_source(name="IN", layout="HWC")'
FIT = 'images = fn.resize(images, size=(HEIGHT, WIDTH), mode="not_larger", antialias=False, subpixel_scale=False)'
PAD = 'images = fn.crop(images, crop=(HEIGHT, WIDTH), out_of_bounds_policy="pad")'
CAST = "images = fn.cast(images, dtype=types.FLOAT)  # the engine wants floats"
SCALE = "images = fn.normalize(images, mean=0.0, stddev=255.0)"
TURN = "return fn.transpose(images, perm=[2, 0, 1])"
SHORT = "images = fn.resize(images, resize_shorter=40, antialias=False, subpixel_scale=False)"
CONSTANTS = "mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]"
FUSED = f"images = fn.crop_mirror_normalize(images, crop=(32, 32), {CONSTANTS})"
SWAPPED = [2, 1, 0]
SWAP = "images = fn.color_space_conversion(images, image_type=types.RGB, output_type=types.BGR)"
IMAGENET = {"scale": 1 / 255, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
RAW = {"scale": 1.0, "mean": [0.0] * 3, "std": [1.0] * 3}
SCALED = {"scale": 0.0039216, "mean": [0.0] * 3, "std": [1.0] * 3}


def text(*lines: str) -> str:
    """Return a module with a pipeline function of these lines."""
    return HEAD + "".join(f"    {line}\n" for line in lines)


INCIDENT = text(FED, FIT, PAD, CAST, SCALE, TURN)
SHORTER = text(FED, SHORT, FUSED, "return images")
LETTERBOX = text(
    FED, FIT, PAD[:-1] + ", fill_values=114.0)", "return fn.crop_mirror_normalize(images, std=[255.0] * 3)"
)


def cause(family: str, **parameters: Any) -> Cause:
    """Return a cause with these parameters; repairs look at nothing else."""
    evidence = Evidence(undone="", before=1.0, after=0.0, removed=1.0, images=1)
    return Cause(family=family, stage="", parameters=parameters, confidence=1.0, evidence=evidence, fix="", text="")


Run = Callable[[str], Capture]


def drawn(folder: Path, sizes: dict[str, tuple[int, int]]) -> dict[str, Path]:
    """Draw smooth noise of these sizes (height, width) into files, by name."""
    rng, files = np.random.default_rng(11), {}
    for name, (height, width) in sizes.items():
        noise = PIL.Image.fromarray(rng.integers(0, 255, (height // 4, width // 4, 3)).astype(np.uint8))
        files[name] = folder / f"{name}.png"
        noise.resize((width, height), PIL.Image.Resampling.BICUBIC).save(files[name])
    return files


def runner(folder: Path, pictures: dict[str, Path]) -> Run:
    """Return the function that captures a text's ``preprocess`` on these pictures."""

    def captured(source: str) -> Capture:
        file = folder / "pipeline.py"
        file.write_text(source)
        return dali.capture(f"{file}:preprocess", pictures)

    return captured


def distance(run: Run, reference: str) -> Callable[[str], float]:
    """Return the check that tells how far a text's final tensors are from the reference's."""
    goal = run(reference)

    def check(source: str) -> float:
        made = run(source)
        pairs = [(t, made.tensor(made.final.name, name)) for name, t in goal.finals()]
        if any(a.shape != b.shape for a, b in pairs):
            return float("inf")
        return float(np.mean([np.abs(a - b.astype(np.float64)).mean() for a, b in pairs]))

    return check
