"""Draw the pictures of the workbook: marks on a brushed metal surface, two kinds, seeded, the same on every machine.

Class 0, ``scratch``, is the brighter kind (bright scratches on a light surface); class 1, ``spot``, the darker kind.
That one class is brighter matters: pixels that are 255 times too large look like the brighter kind, which is why the
incident's model always answers with it.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelparity.deploy import cache

CLASSES = ("scratch", "spot")
COUNTS = {"train": 64, "val": 48, "field": 24}
SEED = 2024
#: The surface's mean level of each class, of 255. They lie so far apart that no picture ends near the decision line, on
#: whichever processor the model is trained: training is not the same to the bit on any two (benchmarks/margin.py).
LEVELS = ((160, 180), (55, 75))
#: (height, width): landscape, portrait and square; smaller and larger than the network's 512 x 384.
SIZES = (
    (480, 640), (640, 480), (600, 600), (300, 400), (400, 300), (256, 256), (720, 1280), (1280, 720),
    (512, 384), (384, 512), (333, 517), (901, 677), (768, 1024), (1024, 768), (210, 373), (450, 450),
)  # fmt: skip


def draw(kind: int, height: int, width: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return one picture of class ``kind`` (0 scratch, 1 spot): BGR, HWC, uint8, 0..255."""
    surface = _surface(height, width, rng, level=rng.uniform(*LEVELS[kind]))
    marks = _scratches(height, width, rng) if kind == 0 else _spots(height, width, rng)
    picture = np.clip(surface + marks[..., None], 0, 255)
    return picture.round().astype(np.uint8)


def ensure(folder: Path | None = None) -> Path:
    """Return the folder of pictures, drawn on the first call: ``train/<class>``, ``val/<class>`` and ``field`` JPEG files.

    ``field/labels.json`` holds the class index of each field picture by name; their file names do not tell it.
    """
    digest = cache.key(Path(__file__), cv2.__version__)
    return cache.build("surface", digest, _write_all, folder=folder)


def field_pictures(root: Path) -> dict[str, Path]:
    """Return the field pictures by name, in order."""
    return {p.stem: p for p in sorted((root / "field").glob("*.jpg"))}


def field_labels(root: Path) -> dict[str, int]:
    """Return the class index of each field picture by name."""
    labels: dict[str, int] = json.loads((root / "field" / "labels.json").read_text(encoding="utf-8"))
    return labels


def validation_pictures(root: Path) -> tuple[dict[str, Path], dict[str, int]]:
    """Return the validation pictures and their class indices, both by name, in order."""
    files = {p.stem: p for name in CLASSES for p in sorted((root / "val" / name).glob("*.jpg"))}
    return files, {stem: CLASSES.index(path.parent.name) for stem, path in files.items()}


def _surface(height: int, width: int, rng: np.random.Generator, *, level: float) -> NDArray[np.float32]:
    """Return brushed metal, HWC float32: slow shading, horizontal brush marks, fine grain and a slight tint."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    shading = 14 * np.cos(2 * (np.cos(angle) * rows + np.sin(angle) * columns) + angle)
    brush = cv2.GaussianBlur(rng.normal(0, 45, (height, width)).astype(np.float32), (0, 0), sigmaX=25, sigmaY=0.7)
    grain = rng.normal(0, 6, (height, width)).astype(np.float32)
    tint = rng.uniform(-7, 7, 3).astype(np.float32)
    surface: NDArray[np.float32] = (level + shading + brush + grain)[..., None] + tint
    return surface


def _scratches(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return bright, thin, slightly bent lines on zero, HW float32."""
    marks = np.zeros((height, width), np.float32)
    unit = min(height, width)
    for _ in range(int(rng.integers(6, 11))):
        start = rng.uniform(0.05, 0.95, 2) * (width, height)
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.7) * unit
        along = np.linspace(0, length, 12)
        bend = rng.uniform(-0.08, 0.08) * unit * np.sin(np.linspace(0, np.pi, 12))
        xs = start[0] + along * np.cos(angle) - bend * np.sin(angle)
        ys = start[1] + along * np.sin(angle) + bend * np.cos(angle)
        points = np.stack([xs, ys], axis=-1).round().astype(np.int32)
        thickness = max(1, round(unit * rng.uniform(0.006, 0.014)))
        cv2.polylines(marks, [points], False, float(rng.uniform(70, 120)), thickness, cv2.LINE_AA)
    return marks


def _spots(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return dark, soft, round spots on zero, HW float32."""
    marks = np.zeros((height, width), np.float32)
    unit = min(height, width)
    for _ in range(int(rng.integers(8, 15))):
        centre = (int(rng.uniform(0.05, 0.95) * width), int(rng.uniform(0.05, 0.95) * height))
        axes = (max(1, round(unit * rng.uniform(0.02, 0.06))), max(1, round(unit * rng.uniform(0.02, 0.06))))
        cv2.ellipse(
            marks, centre, axes, float(rng.uniform(0, 180)), 0, 360, -float(rng.uniform(60, 100)), -1, cv2.LINE_AA
        )
    soft: NDArray[np.float32] = cv2.GaussianBlur(marks, (0, 0), sigmaX=max(0.6, unit / 250)).astype(np.float32)
    return soft


def _write_all(folder: Path) -> None:
    for number, (split, count) in enumerate(COUNTS.items()):
        rng = np.random.default_rng([SEED, number])
        labels: dict[str, int] = {}
        for index in range(count):
            kind = index % 2
            height, width = (
                SIZES[int(rng.integers(len(SIZES)))] if split == "train" else SIZES[(index // 2) % len(SIZES)]
            )
            stem = f"{split}_{index:03d}"
            target = folder / split / ("" if split == "field" else CLASSES[kind]) / f"{stem}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            done, encoded = cv2.imencode(".jpg", draw(kind, height, width, rng), [cv2.IMWRITE_JPEG_QUALITY, 92])
            assert done
            target.write_bytes(encoded.tobytes())
            labels[stem] = kind
        if split == "field":
            (folder / "field" / "labels.json").write_text(json.dumps(labels, indent=1), encoding="utf-8")
