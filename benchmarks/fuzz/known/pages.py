"""Reports of captures whose names hold HTML and scripts: a page must hold them as text."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.fuzz import base
from benchmarks.fuzz.attempt import Attempt

_TEXTS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style></svg><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)", "<a href=javascript:alert(1)>x</a>", "<iframe src=http://evil.example>",
    "]]><script>alert(1)</script>",
)  # fmt: skip
PAGE = "page"


def attempts() -> Iterator[Attempt]:
    """Yield two captures that differ, with such a text as the name of a stage, a picture, a side, an origin and a fact."""
    for text in _TEXTS:
        files = {**_hostile("golden", text, 0), **_hostile("served", text, 60), f"{PAGE}/index.html": b""}
        command = (*base.diagnose("capture:golden", "capture:served", images=False), "--report", PAGE)
        yield Attempt(
            kind="capture", name=f"page with {text}", files=files, commands=(command,), wrong=frozenset({0, 2})
        )


def _hostile(name: str, text: str, shift: int) -> dict[str, bytes]:
    """Return the files of a capture that says a text wherever it may, its pixels brighter by some levels."""
    from pixelparity import stages

    with tempfile.TemporaryDirectory(prefix="base-") as folder:
        for file, data in base.capture().items():
            (Path(folder) / file).write_bytes(data)
        sound = stages.load(folder)
        raw = {n: (array // 2 + shift).astype(array.dtype) for n, array in sound.tensors["decoded"].items()}
        tensors = {text: raw, "final": {n: (a.transpose(2, 0, 1) / 255).astype("float32") for n, a in raw.items()}}
        first, final = sound.stages
        made = replace(
            sound, source=text, stages=(replace(first, name=text, origin=text), replace(final, origin=text)),
            images=tuple(f"{text} {n}" for n in sound.images), outputs={f"{text} {n}": o for n, o in sound.outputs.items()},
            tensors={stage: {f"{text} {n}": array for n, array in held.items()} for stage, held in tensors.items()},
            facts={"decoder": text, text: text},
        )  # fmt: skip
        saved = stages.save(made, Path(folder) / "made")
        return {f"{name}/{file.name}": file.read_bytes() for file in sorted(saved.iterdir())}
