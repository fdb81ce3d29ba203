"""``python -m benchmarks.fuzz.guided FORMAT``: let atheris look for bytes that end in anything but an error of ours.

Coverage leads it where drawing does not get; it knows no verdict and runs in one process, so it stands beside ``make fuzz``. It
is not installed with the project (``pip install atheris``, where there is a wheel); what it finds is for ``tests/hostile``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

FORMATS = ("model.dali", "tensors", "trace", "huggingface", "timm", "mmdeploy")


def readers() -> dict[str, Callable[[Path], object]]:
    """Return what reads each format from a file."""
    from pixelparity.sources import dali, huggingface, mmdeploy, tensors, timm
    from pixelparity.sources.triton import trace_file

    return {
        "model.dali": dali.recipe, "tensors": lambda path: tensors.capture(str(path), None), "trace": trace_file.read,
        "huggingface": huggingface.recipe, "timm": timm.recipe, "mmdeploy": mmdeploy.recipe,
    }  # fmt: skip


def seeds(kind: str) -> list[bytes]:
    """Return the sound inputs of a format, which the search begins with."""
    import json

    from benchmarks.fuzz import base
    from benchmarks.fuzz.kinds import configs

    if kind == "model.dali":
        return [base.model(name) for name in ("shipped", "computed", "encoded")]
    if kind in configs.BASES:
        return [json.dumps(content).encode() for content in configs.BASES[kind]]
    return [base.npz() if kind == "tensors" else base.trace()]


def check(read: Callable[[Path], object], data: bytes, file: Path) -> None:
    """Read bytes from a file; what is raised is a fault, unless it is an error of ours."""
    from pixelparity.errors import SkewError

    file.write_bytes(data)
    try:
        read(file)
    except SkewError:
        return


def main() -> None:
    """Search until the time is up, or until something is found: libFuzzer then writes the input and leaves with an error."""
    import atheris

    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz.guided", description=__doc__)
    parser.add_argument("kind", choices=FORMATS, help="the format that is read")
    parser.add_argument("--seconds", type=int, default=60, help="how long it looks")
    options = parser.parse_args()
    with atheris.instrument_imports(include=["pixelparity"]):
        read = readers()[options.kind]
    with tempfile.TemporaryDirectory(prefix="guided-") as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(seeds(options.kind)):
            (corpus / str(number)).write_bytes(seed)
        found = [
            f"-max_total_time={options.seconds}",
            "-max_len=65536",
            "-rss_limit_mb=4096",
            "-timeout=60",
            str(corpus),
        ]
        atheris.Setup([sys.argv[0], *found], lambda data: check(read, data, Path(folder) / "given"))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
