"""Settings that no JSON reader likes: deep, endless, of another encoding, with code for a number."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.changes import code
from benchmarks.fuzz.kinds import configs

_SIZE = {"height": f"224 + {code()}", "width": 224}
_RAW = {
    "deep": b"[" * 100_000 + b"]" * 100_000, "deep objects": b'{"size":' * 50_000 + b"1" + b"}" * 50_000,
    "digits": b'{"size": ' + b"9" * 5_000 + b"}", "NUL": b"\x00", "empty": b"", "a list": b"[]", "null": b"null",
    "utf-16": '{"size": 1}'.encode("utf-16"), "NaN": b'{"size": NaN, "crop_pct": Infinity, "mean": NaN}',
    "size of code": json.dumps({"image_processor_type": "ViTImageProcessor", "size": _SIZE}).encode(),
    "a list for a number": json.dumps({**configs.HUGGINGFACE[0], "resample": [1, 2]}).encode(),
}  # fmt: skip


def attempts() -> Iterator[Attempt]:
    """Yield settings for every kind that reads JSON."""
    for kind in configs.BASES:
        for name, content in _RAW.items():
            side = f"{kind}:settings.json"
            commands = (("diff", side, side), ("repair", "--reference", side))
            yield Attempt(
                kind=kind, name=name, files={"settings.json": content}, commands=commands, wrong=frozenset({1})
            )
