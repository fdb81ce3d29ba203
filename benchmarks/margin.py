"""How far from the decision line the trained model's answers end: for other seeds, thread counts and instruction sets.

Training adds numbers up in an order that depends on the processor, so no two machines train the same weights.
``python -m benchmarks.margin`` trains the workbook's model again under each setting, in a process of its own, and reports
the smallest logit difference toward the right class over all field and validation pictures, under the reference's
preprocessing, the fixed and the parity pipeline, and whether the shipped pipeline answers [1, 0] to all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.deploy import dataset, places, training

PATHS = ("reference", "fixed", "parity", "shipped")
#: What limits the instruction sets of PyTorch's own kernels and of oneDNN's, by the name that ``--isa`` takes.
ISAS: dict[str, dict[str, str]] = {
    "native": {},
    "aten-default": {"ATEN_CPU_CAPABILITY": "default"},
    "aten-avx2": {"ATEN_CPU_CAPABILITY": "avx2"},
    "onednn-sse41": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "onednn-avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One training: its seed (nothing keeps the config's own), its threads, and the instruction sets that it may use."""

    seed: int | None
    threads: int
    isa: str

    def environment(self) -> dict[str, str]:
        """Return the environment of the process that trains."""
        limited = {name for limits in ISAS.values() for name in limits}
        threads = {name: str(self.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        return {k: v for k, v in os.environ.items() if k not in limited} | ISAS[self.isa] | threads


def settings(seeds: Sequence[int], threads: Sequence[int], isas: Sequence[str]) -> tuple[Setting, ...]:
    """Return the design: every seed as it comes, then other thread counts and instruction sets with the first seed.

    Not the full product of all three: a training takes minutes, and each of them is a change of rounding by itself.
    """
    first = seeds[0] if seeds else None
    rows = [Setting(seed=seed, threads=threads[0], isa=isas[0]) for seed in (seeds or [first])]
    rows += [Setting(seed=first, threads=count, isa=isas[0]) for count in threads[1:]]
    rows += [Setting(seed=first, threads=threads[0], isa=isa) for isa in isas[1:]]
    return tuple(rows)


def margins(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each picture's logit difference toward its right class, shape (pictures,); negative where it is wrong.

    ``probabilities`` has shape (pictures, 2). The difference of two logits is the logarithm of the ratio of their softmax.
    """
    logs = np.log(np.maximum(probabilities.astype(np.float64), np.finfo(np.float32).tiny))
    rows = np.arange(len(labels))
    return np.asarray(logs[rows, labels] - logs[rows, 1 - labels])


def summarize(answers: Mapping[str, NDArray[np.float32]], labels: Mapping[str, int]) -> dict[str, Any]:
    """Return what one training's answers come to; ``answers`` are arrays (pictures, 2) by path, in the order of ``labels``."""
    truth, names = np.array(list(labels.values())), list(labels)
    found: dict[str, Any] = {}
    for path in (path for path in PATHS[:-1] if path in answers):
        logits = margins(answers[path], truth)
        nearest = int(logits.argmin())
        found[path] = {
            "smallest_logit_margin": round(float(logits[nearest]), 3),
            "smallest_probability_margin": round(float(answers[path][nearest, truth[nearest]]) - 0.5, 4),
            "nearest_picture": names[nearest],
            "median_logit_margin": round(float(np.median(logits)), 3),
            "right": int((logits > 0).sum()),
            "flipped": [
                n
                for n, a, b in zip(names, answers[path], answers["reference"], strict=True)
                if a.argmax() != b.argmax()
            ],
            "largest_change": round(float(np.abs(answers[path] - answers["reference"]).max()), 4),
        }
    if "shipped" in answers:
        first = answers["shipped"][:, 0]
        found["shipped"] = {"first_class": int((first == 1).sum()), "least_first_probability": float(first.min())}
    return found | {"pictures": len(names)}


def measure(setting: Setting, tensors: Path, config: Path = training.CONFIG) -> dict[str, Any]:
    """Train under ``setting`` (its environment is already this process's own) and return what the answers come to.

    ``tensors`` is a folder with one array of final tensors (pictures, 3, height, width) for each of :data:`PATHS`.
    """
    from pixelparity.deploy import engine, reference

    root = dataset.ensure()
    with tempfile.TemporaryDirectory() as scratch:
        chosen = Path(scratch) / "config.py"
        lines = [f"_base_ = [{str(config)!r}]"] + ([] if setting.seed is None else [_seed(setting.seed)])
        chosen.write_text("\n".join(lines), encoding="utf-8")
        started = time.monotonic()
        checkpoint = training.ensure_trained(root, config=chosen, folder=Path(scratch))
        seconds = round(time.monotonic() - started, 1)
        onnx = Path(scratch) / engine.ONNX
        engine.export(reference.load_model(chosen, checkpoint), (3, 512, 384), onnx)
        with engine.load(onnx) as runner:
            answers = {f.stem: _ask(runner, np.load(f, mmap_mode="r")) for f in sorted(tensors.glob("*.npy"))}
        accuracy = training.accuracy(checkpoint)["accuracy"]
    return {**asdict(setting), "seconds": seconds, "accuracy": accuracy, **summarize(answers, _labels(root))}


def write_tensors(folder: Path, paths: Sequence[str] = PATHS) -> None:
    """Write the final tensors of all field and validation pictures for each of ``paths``."""
    from pixelparity.deploy import pipelines
    from pixelparity.sources import dali, mmpretrain

    root = dataset.ensure()
    shown = dataset.field_pictures(root) | dataset.validation_pictures(root)[0]
    for path in paths:
        if path == "reference":
            capture = mmpretrain.capture(training.CONFIG, shown)
        else:
            capture = dali.capture(pipelines.PIPELINES[f"preprocess_{path}"], shown)
        np.save(folder / f"{path}.npy", np.stack([np.asarray(t, np.float32) for _, t in capture.finals()]))


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the results as a table in Markdown."""
    head = [
        "seed",
        "threads",
        "isa",
        "seconds",
        "accuracy",
        *(f"{p} margin (logit)" for p in PATHS[:-1]),
        "flipped",
        "[1, 0]",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        flipped = sorted({name for path in PATHS[:-1] for name in row.get(path, {}).get("flipped", ())})
        near = [_near(row.get(path)) for path in PATHS[:-1]]
        cells = [
            "config's" if row["seed"] is None else row["seed"], row["threads"], row["isa"], f"{row['seconds']:.0f}",
            f"{row['accuracy']:.3f}", *near, ", ".join(flipped) or "none", _constant(row),
        ]  # fmt: skip
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


def run(design: Sequence[Setting], config: Path, paths: Sequence[str] = PATHS) -> Iterator[dict[str, Any]]:
    """Train under each setting, one after the other, and yield what each comes to."""
    with tempfile.TemporaryDirectory() as scratch:
        write_tensors(Path(scratch), paths)
        for setting in design:
            out = Path(scratch) / "row.json"
            work = [sys.executable, "-m", "benchmarks.margin", "--child", json.dumps(asdict(setting)), scratch]
            subprocess.run([*work, "--config", str(config), "--out", str(out)], env=setting.environment(), check=True)
            yield json.loads(out.read_text(encoding="utf-8"))


def main(argv: Sequence[str] | None = None) -> None:
    """Run the design that the arguments ask for, print a table and write it as JSON after each training."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.margin", description=str(__doc__).splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4], help="none: the config's own seed")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1, 4], help="the first is used with every seed")
    parser.add_argument(
        "--isa", nargs="+", choices=list(ISAS), default=list(ISAS), help="the first is used with every seed"
    )
    parser.add_argument("--config", type=Path, default=training.CONFIG, help="another MMPretrain config to train")
    parser.add_argument("--paths", nargs="+", choices=PATHS, default=PATHS, help="what prepares the pictures")
    parser.add_argument("--out", type=Path, default=places.ROOT / "reports" / "bench" / "margin.json")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    if given.child:
        row = measure(Setting(**json.loads(given.child[0])), Path(given.child[1]), given.config.resolve())
        given.out.write_text(json.dumps(row), encoding="utf-8")
        return
    rows: list[dict[str, Any]] = []
    for row in run(settings(given.seeds, given.threads, given.isa), given.config, given.paths):
        rows.append(row)
        given.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        print(table(rows[-1:]), flush=True)
    print(table(rows))


def _seed(seed: int) -> str:
    return f"randomness = dict(seed={seed}, deterministic=False)"


def _labels(root: Path) -> dict[str, int]:
    field = dataset.field_labels(root)
    return {name: field[name] for name in dataset.field_pictures(root)} | dataset.validation_pictures(root)[1]


def _near(found: Mapping[str, Any] | None) -> str:
    return "-" if found is None else f"{found['smallest_logit_margin']:.2f} ({found['nearest_picture']})"


def _constant(row: Mapping[str, Any]) -> str:
    return f"{row['shipped']['first_class']} of {row['pictures']}" if "shipped" in row else "-"


def _ask(runner: Any, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
    from pixelparity.deploy import engine

    parts = [engine.infer(runner, tensors[start : start + 4]) for start in range(0, len(tensors), 4)]
    return np.concatenate(parts)


if __name__ == "__main__":
    main()
