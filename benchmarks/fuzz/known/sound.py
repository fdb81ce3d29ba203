"""Sound inputs of every kind: a run in which even these are refused has tried nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.fuzz import base
from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.kinds import configs, declared, servers

_MATCHES, _IS_JUDGED = frozenset({1, 2}), frozenset({2})


def attempts() -> Iterator[Attempt]:
    """Yield what has to be judged: a side compared with itself, which matches, and a server compared with a capture."""
    for kind, contents in configs.BASES.items():
        for content in contents:
            side, files = f"{kind}:settings.json", {"settings.json": json.dumps(content).encode()}
            yield Attempt(kind=kind, name="sound", files=files, commands=(("diff", side, side),), wrong=_MATCHES)
    for kind, (side, content) in declared.sound().items():
        yield Attempt(
            kind=kind, name="sound", files={"file.py": content}, commands=(("diff", side, side),), wrong=_MATCHES
        )
    for function in ("shipped", "computed", "encoded"):
        files = {"model.dali": base.model(function), f"{base.PICTURES}/drawn.png": base.picture()}
        command = base.diagnose("dali:model.dali", "dali:model.dali")
        for kind in ("model.dali", "picture"):
            yield Attempt(kind=kind, name=f"sound {function}", files=files, commands=(command,), wrong=_MATCHES)
    command = base.diagnose("tensors:a.npz", "tensors:a.npz", images=False)
    yield Attempt(kind="tensors", name="sound", files={"a.npz": base.npz()}, commands=(command,), wrong=_MATCHES)
    command = base.diagnose("capture:golden", "capture:golden", images=False)
    yield Attempt(kind="capture", name="sound", files=servers.files(), commands=(command,), wrong=_MATCHES)
    files = servers.files() | {"trace.json": base.trace()}
    command = (*base.diagnose("capture:golden", "triton:127.0.0.1:9/prep"), "--trace", "trace.json")
    yield Attempt(kind="trace", name="sound", files=files, commands=(command,), wrong=_IS_JUDGED)
    for protocol in ("grpc", "http"):
        yield Attempt(
            kind="server", name=f"sound over {protocol}", files=servers.files(), answers=servers.SOUND,
            commands=(servers.command(protocol),), wrong=_IS_JUDGED,
        )  # fmt: skip
