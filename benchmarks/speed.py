"""How long 32 pictures take, beside Polygraphy's plain comparison; how time grows with pictures; how much memory it needs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import bases, pictures, serving
from benchmarks.bases import BASES
from benchmarks.cases import Sides
from pixelparity import stages

COUNTS = (8, 16, 32, 64)
#: The incident as shipped: 512x384, a loud fault and two quiet ones.
PLAN: dict[str, Any] = {"norms": (), "antialias": True, "convention": "subpixel"}


def sides(count: int) -> Sides:
    """Return both captures of the incident's pictures, ``count`` of them, with all stages."""
    base = BASES["incident"]
    drawn = pictures.many(count)
    return Sides(reference=bases.capture(base, drawn), deployed=serving.run(replace(base.clean, **PLAN), drawn))


def _seconds(work: Callable[[], Any], repeats: int = 2) -> float:
    """Return the best of a few runs: what the work takes when nothing else runs."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def polygraphy(shown: Sides, severity: str = "INFO") -> None:
    """Let Polygraphy say whether all matched pairs of tensors agree: ``CompareFunc.simple``, its text unread.

    ``INFO`` is the severity that it comes with; at ``CRITICAL`` it leaves out most of its statistics.
    """
    from polygraphy.comparator import Comparator, CompareFunc, RunResults
    from polygraphy.comparator.struct import IterationResult
    from polygraphy.logger import G_LOGGER

    pairs = _pairs(shown)
    results = RunResults()
    for side, capture in (("reference", shown.reference), ("deployed", shown.deployed)):
        names = [pair[side] for pair in pairs]
        results[side] = [
            IterationResult(outputs=OrderedDict((str(n), capture.tensors[s][image]) for n, s in enumerate(names)))
            for image in capture.images
        ]
    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with quiet[0], quiet[1], G_LOGGER.verbosity(getattr(G_LOGGER, severity)):
        agree = bool(Comparator.compare_accuracy(results, compare_func=CompareFunc.simple()))
    if agree:
        raise AssertionError("Polygraphy took the two sides for equal")


def _pairs(shown: Sides) -> list[dict[str, str]]:
    """Return the stages of both sides that do the same step, in order."""
    deployed = {stage.step: stage.name for stage in shown.deployed.stages}
    return [
        {"reference": stage.name, "deployed": deployed[stage.step]}
        for stage in shown.reference.stages
        if stage.step in deployed
    ]


def measure() -> dict[str, Any]:
    """Return the figures of speed and memory; every diagnosis gets captures that are already there.

    ``polygraphy_ratio`` sets the diagnosis with all stages beside Polygraphy on all their pairs, ``polygraphy_ratio_tensors``
    the diagnosis of final tensors alone beside Polygraphy on these.
    """
    growth: dict[str, dict[str, float]] = {}
    figures: dict[str, Any] = {}
    for count in COUNTS:
        shown = sides(count)
        final = shown.final_only()
        growth[str(count)] = {"stages": _seconds(partial(_ask, shown)), "tensors": _seconds(partial(_ask, final))}
        if count == 32:
            figures = _against_polygraphy(shown, growth["32"]) | _peak(shown)
    return figures | {"scaling": {"seconds": growth, "per_image_64_over_16": _growth(growth)}}


def _ask(shown: Sides) -> None:
    from pixelparity import diagnosis

    diagnosis.diagnose(shown.reference, shown.deployed)


def _against_polygraphy(shown: Sides, taken: dict[str, float]) -> dict[str, Any]:
    final = shown.final_only()
    theirs = {
        "stages": _seconds(lambda: polygraphy(shown), 1),
        "tensors": _seconds(lambda: polygraphy(final), 1),
        "stages_at_critical": _seconds(lambda: polygraphy(shown, "CRITICAL"), 1),
        "tensors_at_critical": _seconds(lambda: polygraphy(final, "CRITICAL"), 1),
    }
    return {
        "seconds_32_images": taken["stages"],
        "seconds_32_images_tensors": taken["tensors"],
        "polygraphy_seconds": theirs,
        "polygraphy_ratio": taken["stages"] / theirs["stages"],
        "polygraphy_ratio_tensors": taken["tensors"] / theirs["tensors"],
    }


def _growth(growth: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return time per picture with 64 pictures over that with 16: at most about 1 where time grows linearly."""
    return {kind: growth["64"][kind] / 64 / (growth["16"][kind] / 16) for kind in ("stages", "tensors")}


def _peak(shown: Sides) -> dict[str, float]:
    """Return the largest resident memory of a process that loads two captures and diagnoses them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, capture in (("reference", shown.reference), ("deployed", shown.deployed)):
            stages.save(capture, Path(folder) / name)
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.speed", folder],
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ),
        )
    peak = json.loads(ran.stdout.splitlines()[-1])
    return {"peak_memory_gib": peak["gib"], "captures_loaded_gib": peak["captures_gib"]}


def _resident_kib() -> int:
    """Return the largest resident memory of this program, KiB.

    Linux hands the largest size of the process that starts a program on to it, as ``ru_maxrss``: this program's own is in
    ``VmHWM``.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fields = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    return int(fields["VmHWM"].split()[0])


def _diagnose_folder(folder: str) -> None:
    from pixelparity import diagnosis

    reference, deployed = (stages.load(Path(folder) / name) for name in ("reference", "deployed"))
    before = _resident_kib()
    diagnosis.diagnose(reference, deployed)
    peak = _resident_kib()
    print(json.dumps({"gib": peak / 2**20, "captures_gib": before / 2**20}))


if __name__ == "__main__":
    _diagnose_folder(sys.argv[1])
