"""Every recipe of MMPretrain's model zoo, written as a DALI pipeline and compared with MMPretrain's own preprocessing.

Run ``python -m benchmarks.zoo``: it prints a table and writes ``reports/bench/zoo.json``. Differences are in levels, 1/255
of the pixel range. The border is the outermost three rows and columns of the tensor that the network sees.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelparity.errors import SkewError
from pixelparity.recipes import Recipe, Resize
from pixelparity.recipes.canonical import canonical
from pixelparity.repair.write_dali import write_dali
from pixelparity.sources import mmpretrain
from pixelparity.sources.mmpretrain.configs import preprocessor_config, test_pipeline

BORDER = 3
#: Height and width of the pictures: small and large, upright and lying, square, long strips.
SIZES = (
    (32, 45), (97, 64), (150, 150), (233, 311), (375, 500), (500, 375), (256, 256), (427, 640), (801, 600),
    (224, 1000), (1100, 260), (1080, 1440), (1333, 2000),
)  # fmt: skip
#: What a reproduced recipe has to keep: OpenCV 1 level everywhere; Pillow a mean and 1 level on this share of the values.
MAX_LEVEL, PILLOW_MEAN, PILLOW_SHARE = 1.0, 0.05, 0.999
#: Float noise of the normalisation, in levels.
ROUNDOFF = 1e-3


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How far the written pipeline is from MMPretrain, over all pictures, in levels.

    ``within`` is the share of values at most 1 level away.
    """

    models: int
    declared: int
    example: str
    backend: str
    kernel: str
    mean: float
    max_inside: float
    max_border: float
    within: float
    shapes_equal: bool
    seconds: float

    @property
    def reproduced(self) -> bool:
        """Return whether the recipe's target is kept."""
        if not self.shapes_equal:
            return False
        if self.backend == "pillow":
            return self.mean <= PILLOW_MEAN and self.within >= PILLOW_SHARE
        return max(self.max_inside, self.max_border) <= MAX_LEVEL + ROUNDOFF


def draw(folder: Path, sizes: Sequence[tuple[int, int]] = SIZES) -> dict[str, Path]:
    """Draw a picture per size (shapes with sharp edges, gradients, fine texture; seeded) and return the JPEG files."""
    files = {}
    for number, (height, width) in enumerate(sizes):
        random = np.random.default_rng(number)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        picture = np.stack(
            [128 + 90 * np.sin(rows / f + columns / g) for f, g in ((9, 31), (40, 7), (23, 17))], axis=-1
        )
        for _ in range(12):
            top, left = random.integers(0, height), random.integers(0, width)
            picture[top : top + height // 5 + 1, left : left + width // 7 + 1] = random.integers(0, 256, 3)
        picture += random.normal(0, 25, picture.shape)
        name = f"{height}x{width}"
        files[name] = folder / f"{name}.jpg"
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(files[name], quality=92)
    return files


@dataclass(frozen=True, kw_only=True)
class Zoo:
    """What reading the zoo gave.

    The recipes that mean something else, each with its models and the number of ways in which configs declare it; what
    cannot be read, with its reason; the models without a test pipeline.
    """

    recipes: Mapping[Recipe, list[str]]
    declared: Mapping[Recipe, int]
    unread: list[dict[str, str]]
    without: list[str]


def read_zoo() -> Zoo:
    """Read the recipe of every model that the installed MMPretrain lists; recipes are equal when their steps are."""
    groups: dict[Any, list[str]] = defaultdict(list)
    ways: dict[Any, set[str]] = defaultdict(set)
    recipes: dict[Any, Recipe] = {}
    unread, without = [], []
    for name in mmpretrain.zoo():
        try:
            config = mmpretrain.load_config(name)
            recipe = replace(mmpretrain.recipe(config), source=f"mmpretrain:{name}")
        except SkewError as error:
            if "no test pipeline" in str(error):
                without.append(name)
            else:
                unread.append({"model": name, "reason": f"{type(error).__name__}: {error}"})
            continue
        key = (recipe.steps, recipe.batch)
        groups[key].append(name)
        ways[key].add(json.dumps([test_pipeline(config), preprocessor_config(config)], sort_keys=True, default=str))
        recipes.setdefault(key, recipe)
    return Zoo(
        recipes={recipes[key]: names for key, names in groups.items()},
        declared={recipes[key]: len(ways[key]) for key in groups},
        unread=unread,
        without=without,
    )


def run_dali(text: str, images: Mapping[str, Path], *, threads: int = 2) -> dict[str, NDArray[np.float32]]:
    """Run a written pipeline on encoded files, all in one batch, and return the tensors by picture."""
    namespace: dict[str, Any] = {}
    exec(compile(text, "pipeline.py", "exec"), namespace)
    pipeline = namespace["preprocess"](
        batch_size=len(images), num_threads=threads, device_id=None, prefetch_queue_depth=1, device="cpu"
    )
    pipeline.build()
    pipeline.feed_input("images", [np.frombuffer(path.read_bytes(), np.uint8) for path in images.values()])
    (output,) = pipeline.run()
    return {name: np.array(output.at(number)) for number, name in enumerate(images)}


def measure(recipe: Recipe, models: Sequence[str], images: Mapping[str, Path], *, declared: int = 1) -> Measured:
    """Compare the written pipeline with MMPretrain on the pictures."""
    started = time.perf_counter()
    captured = mmpretrain.capture(models[0], images)
    tensors = run_dali(write_dali(recipe), images)
    plain = canonical(recipe)
    spread = np.array([std / plain.normalize.scale for std in plain.normalize.std], np.float32).reshape(-1, 1, 1)
    total, count, within, inside, border, shapes_equal = 0.0, 0, 0, 0.0, 0.0, True
    for name, reference in captured.finals():
        if tensors[name].shape != reference.shape:
            shapes_equal = False
            continue
        levels = np.abs(tensors[name] - reference) * spread
        total, count = total + float(levels.sum()), count + levels.size
        within += int((levels <= 1 + ROUNDOFF).sum())
        inner = levels[:, BORDER:-BORDER, BORDER:-BORDER]
        inside = max(inside, float(inner.max()))
        levels[:, BORDER:-BORDER, BORDER:-BORDER] = 0
        border = max(border, float(levels.max()))
    resize = next((step for step in plain.geometry if isinstance(step, Resize)), None)
    return Measured(
        models=len(models),
        declared=declared,
        example=models[0],
        backend=resize.library if resize else "none",
        kernel=resize.kernel if resize else "none",
        mean=total / max(count, 1),
        max_inside=inside,
        max_border=border,
        within=within / max(count, 1),
        shapes_equal=shapes_equal,
        seconds=time.perf_counter() - started,
    )


def summarize(measured: Sequence[Measured], zoo: Zoo) -> dict[str, Any]:
    """Return what ``zoo.json`` holds: ``recipes`` as configs declare them, ``distinct`` those that mean something else."""
    read = sum(entry.models for entry in measured)
    worst: dict[str, float] = defaultdict(float)
    for entry in measured:
        worst[entry.backend] = max(worst[entry.backend], entry.max_inside, entry.max_border)
    missed = [entry for entry in measured if not entry.reproduced]
    far = [{"model": entry.example, "reason": "read, but the written pipeline is too far away"} for entry in missed]
    return {
        "models": read + len(zoo.unread),
        "read": read,
        "recipes": sum(entry.declared for entry in measured),
        "reproduced": sum(entry.declared for entry in measured if entry.reproduced),
        "distinct": len(measured),
        "unsupported": [*zoo.unread, *far],
        "max_level": {backend: round(level, 3) for backend, level in sorted(worst.items())},
        "pillow": _pillow(measured),
        "without_test_pipeline": len(zoo.without),
        "details": [{**asdict(entry), "reproduced": entry.reproduced} for entry in measured],
    }


def _pillow(measured: Sequence[Measured]) -> dict[str, float]:
    entries = [entry for entry in measured if entry.backend == "pillow"]
    if not entries:
        return {}
    return {
        "mean": round(max(entry.mean for entry in entries), 4),
        "within_1_level": round(min(entry.within for entry in entries), 6),
        "max_inside": round(max(entry.max_inside for entry in entries), 3),
        "max_border": round(max(entry.max_border for entry in entries), 3),
    }


def table(result: Mapping[str, Any]) -> str:
    """Return the zoo table as text: a line per back end and kernel, then what is not supported."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for entry in result["details"]:
        groups[entry["backend"], entry["kernel"]].append(entry)
    lines = [
        f"{result['models']} models with a test pipeline, {result['read']} read, "
        f"{result['recipes']} recipes as declared ({result['distinct']} by meaning), "
        f"{result['reproduced']} reproduced in DALI",
        f"{'backend':<9}{'kernel':<8}{'recipes':>8}{'models':>8}{'mean':>9}{'inside':>8}{'border':>8}{'<= 1 level':>12}",
    ]
    for (backend, kernel), entries in sorted(groups.items()):
        lines.append(
            f"{backend:<9}{kernel:<8}{sum(e['declared'] for e in entries):>8}{sum(e['models'] for e in entries):>8}"
            f"{max(e['mean'] for e in entries):>9.4f}{max(e['max_inside'] for e in entries):>8.2f}"
            f"{max(e['max_border'] for e in entries):>8.2f}{100 * min(e['within'] for e in entries):>11.3f}%"
        )
    lines += [f"not supported: {entry['model']}: {entry['reason']}" for entry in result["unsupported"]]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the zoo, measure every distinct recipe, print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("reports/bench/zoo.json"))
    parser.add_argument("--recipes", type=int, help="measure the first that many distinct recipes only")
    given = parser.parse_args(arguments)
    zoo = read_zoo()
    chosen = list(zoo.recipes.items())[: given.recipes]
    with tempfile.TemporaryDirectory() as folder:
        images = draw(Path(folder))
        measured = [measure(recipe, names, images, declared=zoo.declared[recipe]) for recipe, names in chosen]
    result = summarize(measured, zoo)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(table(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
