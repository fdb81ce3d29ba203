"""The incident in miniature, drawn by numpy: two sides that differ by the division by 255 and by the resize."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixelparity.diagnosis import (
    Cause,
    Comparison,
    Diagnosis,
    Evidence,
    Impact,
    compare,
)
from pixelparity.stages import Capture, Stage

SIZE = (96, 72)  # height, width of the network's input


def draw(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """Return a picture with detail at several scales, a slope and a bright scratch, uint8 HWC."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for size in (4, 12, 40):
        noise = rng.uniform(0, 1, (size, size, 3))
        layers = [Image.fromarray((noise[:, :, c] * 255).astype(np.uint8)).resize((width, height), 3) for c in range(3)]
        total += np.stack([np.asarray(layer, dtype=np.float64) for layer in layers], axis=2) / 3
    rows = np.linspace(0.6, 1.1, height)[:, None, None]
    total = total * rows * np.array([0.9, 0.75, 0.6])
    total[height // 3 : height // 3 + max(2, height // 40), width // 5 : -width // 4] = 250
    return np.clip(total, 0, 255).astype(np.uint8)


def _shrunk(picture: NDArray[np.uint8], kernel: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize(SIZE[::-1], kernel))


def _side(source: str, pictures: dict[str, NDArray[np.uint8]], *, kernel: int, divide: bool) -> Capture:
    pixels = {name: _shrunk(picture, kernel) for name, picture in pictures.items()}
    floats = {name: values.astype(np.float32) for name, values in pixels.items()}
    resize = Stage(name="Resize" if divide else "fn.resize", step="resize", value_range=(0, 255), origin="line 3")
    stages = [Stage(name="decode", step="decode", value_range=(0, 255)), resize]
    tensors = {"decode": pictures, resize.name: pixels}
    stages.append(Stage(name="cast", step="cast", dtype="float32", value_range=(0, 255)))
    tensors["cast"] = floats
    if divide:
        stages.append(Stage(name="data_preprocessor", step="normalize", dtype="float32", value_range=(0, 1)))
        floats = {name: values / np.float32(255) for name, values in floats.items()}
        tensors["data_preprocessor"] = floats
    top = 1.0 if divide else 255.0
    stages.append(Stage(name="final", step="layout", layout="CHW", dtype="float32", value_range=(0, top)))
    tensors["final"] = {name: np.ascontiguousarray(values.transpose(2, 0, 1)) for name, values in floats.items()}
    bright = {name: float(values.mean()) / top for name, values in floats.items()}
    share = {name: 1 / (1 + np.exp(-40 * (value - 0.42))) for name, value in bright.items()}
    outputs = {name: np.array([p, 1 - p] if divide else [1.0, 0.0]) for name, p in share.items()}
    return Capture(
        source=source, stages=tuple(stages), images=tuple(pictures), tensors=tensors, outputs=outputs,
        facts={"versions": {"numpy": np.__version__}},
    )  # fmt: skip


@pytest.fixture(scope="session")
def pictures() -> dict[str, NDArray[np.uint8]]:
    """Six drawn pictures of several sizes."""
    sizes = [(120, 90), (140, 200), (96, 72), (150, 150), (110, 160), (200, 130)]
    return {f"field_{n:02d}": draw(n, *size) for n, size in enumerate(sizes)}


@pytest.fixture(scope="session")
def reference(pictures: dict[str, NDArray[np.uint8]]) -> Capture:
    """The training's side: bilinear, divided by 255."""
    return _side("mmpretrain:hrnet_w30.py", pictures, kernel=2, divide=True)


@pytest.fixture(scope="session")
def deployed(pictures: dict[str, NDArray[np.uint8]]) -> Capture:
    """The serving side: bicubic, not divided."""
    return _side("triton:localhost:8001/ensemble", pictures, kernel=3, divide=False)


@pytest.fixture(scope="session")
def comparison(reference: Capture, deployed: Capture) -> Comparison:
    """Both sides measured stage by stage."""
    return compare(reference, deployed)


@pytest.fixture(scope="session")
def causes() -> tuple[Cause, ...]:
    """Two causes: one loud, one quiet."""
    return (
        Cause(
            family="scale_missing", stage="final", parameters={"factor": 255.0}, confidence=0.99,
            evidence=Evidence(undone="divided by 255", before=99.6, after=0.004, removed=0.9999, images=6),
            fix="images = fn.normalize(images, mean=0.0, stddev=255.0)",
            text="Pixels are 255 times too large: the division by 255 is missing.",
            impact=Impact(agreement_before=0.5, agreement_after=1.0, max_probability_change=0.97),
        ),
        Cause(
            family="interpolation", stage="Resize", parameters={"reference": "linear", "deployed": "cubic"},
            confidence=0.9, evidence=Evidence(undone="resized again", before=2.4, after=0.1, removed=0.95, images=6),
            fix="images = fn.resize(images, interp_type=types.INTERP_LINEAR)",
            text="The pictures are resized with another kernel: cubic instead of linear.",
            impact=Impact(agreement_before=0.5, agreement_after=0.5, max_probability_change=0.02),
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def diagnosis(comparison: Comparison, causes: tuple[Cause, ...], reference: Capture, deployed: Capture) -> Diagnosis:
    """A diagnosis with both causes."""
    return Diagnosis(
        verdict="differs", first_divergence=comparison.first_divergence, causes=causes,
        unexplained={"max": 0.0, "mean": 0.0}, comparison=comparison, images=reference.images,
        tolerance={"final": 0.004}, reference=reference.source, deployed=deployed.source,
        versions={"numpy": np.__version__},
    )  # fmt: skip
