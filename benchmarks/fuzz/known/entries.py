"""Traces whose entries are none."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.fuzz import base
from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.kinds import servers


def attempts() -> Iterator[Attempt]:
    """Yield traces of wrong types, shapes and ends."""
    for name, content in _contents().items():
        files = servers.files() | {"trace.json": content}
        command = (*base.diagnose("capture:golden", "triton:127.0.0.1:9/prep"), "--trace", "trace.json")
        yield Attempt(kind="trace", name=name, files=files, commands=(command,))


def _contents() -> dict[str, bytes]:
    sound = base.trace()
    return {
        "sound": sound, "an empty entry": b"[{}]", "no list": b"{}", "a number": b"5", "entries of numbers": b"[1,2]",
        "id of a text": b'[{"id":"x"}]', "tensor of a number": b'[{"id":1,"activity":"TENSOR_QUEUE_INPUT","tensor":5}]',
        "no activity": sound.replace(b'"activity":"TENSOR_QUEUE_INPUT",', b""),
        "tensor without a name": sound.replace(b'"name":"IN",', b""),
        "negative shape": sound.replace(b'"shape":"1,', b'"shape":"1,-'),
        "huge shape": sound.replace(b'"shape":"1,', b'"shape":"99999999999999,'),
        "its own parent": sound.replace(b'"id":1,"model_name"', b'"id":1,"parent_id":1,"model_name"'),
        "deep": b"[" * 100_000 + b"]" * 100_000, "cut": sound[:-30],
    }  # fmt: skip
