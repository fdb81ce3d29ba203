"""One library against its recipes: the library runs in an interpreter of its own, and both outputs are compared."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.sources import cases, simulating
from benchmarks.sources.libraries import MISSING
from pixelparity.errors import SkewError

ROOT = Path(__file__).resolve().parents[2]
#: Height and width of the drawn pictures: wide, tall, square, an odd room on each side, long, and smaller than the windows.
SIZES = ((80, 131), (131, 80), (97, 97), (145, 110), (60, 200), (45, 52))
#: The longest that one library may take, in seconds.
LIMIT = 900


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one library gave: ``largest`` and ``mean`` absolute difference over ``compared`` pictures of ``cases`` cases.

    ``notes`` are cases that were not compared, or in another shape, with why. ``version`` is empty for a library that is not
    installed.
    """

    library: str
    version: str = ""
    cases: int = 0
    compared: int = 0
    largest: float = 0.0
    mean: float = 0.0
    worst: str = ""
    notes: tuple[str, ...] = ()


def draw(folder: Path, modes: tuple[str, ...], seed: int) -> None:
    """Draw a picture of every size and mode, with detail at two scales, as PNG."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for mode in modes:
        for height, width in SIZES:
            coarse = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, 4), np.uint8)
            smooth = np.asarray(
                Image.fromarray(coarse, "RGBA").resize((width, height), Image.Resampling.BICUBIC), np.float64
            )
            drawn = np.clip(smooth + rng.normal(0, 20, smooth.shape), 0, 255).astype(np.uint8)
            picture = Image.fromarray(drawn, "RGBA")
            picture.convert(mode).save(folder / f"{mode}-{height}x{width}.png")


def compare(name: str, python: str, *, seed: int = 0) -> Outcome:
    """Run one library, in the interpreter ``python``, and its recipes on the same pictures."""
    library = cases.LIBRARIES[name]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        draw(folder / "pictures", library.modes, seed)
        files = {case: cases.written(name, given, folder / f"case{number}")
                 for number, (case, given) in enumerate(library.cases.items())}  # fmt: skip
        (folder / "cases.json").write_text(
            json.dumps({case: str(file) for case, file in files.items()}), encoding="utf-8"
        )
        failure = _run(python, name, folder)
        if failure is not None:
            return failure
        return _judged(name, files, folder)


def _run(python: str, name: str, folder: Path) -> Outcome | None:
    """Run a library in its interpreter; return what there is to say where that gave no outputs, else ``None``."""
    command = [python, "-m", "benchmarks.sources.libraries", name, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        ran = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Outcome(library=name, version="?", notes=(f"{python} does not run it: {error}",))
    if ran.returncode == MISSING:
        return Outcome(library=name)
    if ran.returncode:
        said = ran.stderr.strip().splitlines() or ["it failed without a word"]
        return Outcome(library=name, version="?", notes=(said[-1],))
    return None


def _judged(name: str, files: dict[str, Path], folder: Path) -> Outcome:
    library = cases.LIBRARIES[name]
    notes = [
        f"{case}: {why}" for case, why in json.loads((folder / "failures.json").read_text(encoding="utf-8")).items()
    ]
    differences: dict[str, tuple[float, float]] = {}
    compared_cases = set()
    with np.load(folder / "outputs.npz") as outputs:
        for case, file in files.items():
            try:
                recipe = library.read(str(file), library.cases[case])
            except SkewError as error:
                notes.append(f"{case}: refused: {error}")
                continue
            for path in sorted((folder / "pictures").iterdir()):
                key = f"{case}|{path.name}"
                if key not in outputs:
                    continue
                expected, made = outputs[key], simulating.simulate(recipe, path)
                if expected.shape != made.shape:
                    notes.append(f"{case}, {path.name}: shape {made.shape}, {name} gives {expected.shape}")
                    continue
                compared_cases.add(case)
                apart = np.abs(expected.astype(np.float64) - made.astype(np.float64))
                differences[key] = float(apart.max()), float(apart.mean())
    worst = max(differences, key=lambda key: differences[key][0], default="")
    return Outcome(
        library=name, version=(folder / "version.txt").read_text(encoding="utf-8"), cases=len(compared_cases),
        compared=len(differences), largest=differences[worst][0] if worst else 0.0, worst=worst,
        mean=float(np.mean([mean for _, mean in differences.values()])) if differences else 0.0, notes=tuple(notes),
    )  # fmt: skip
