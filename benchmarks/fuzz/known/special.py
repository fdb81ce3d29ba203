"""What is no regular file, in every place where a file is named."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.fuzz import base
from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.kinds import repositories, servers

_WHAT = ("fifo", "/dev/full", "/dev/zero", "/nowhere", ".")
_SIDES = {
    "huggingface": "x.json", "timm": "x.json", "mmdeploy": "x.json", "dali": "x.dali", "tensors": "x.npz", "capture": "x",
    "mmpretrain": "x.py", "torchvision": "x.py:f", "python": "x.py:f",
}  # fmt: skip
_SAME = ("dali:model.dali", "dali:model.dali")
_READ, _NEVER = frozenset({1}), frozenset({0, 1})


def attempts() -> Iterator[Attempt]:
    """Yield FIFOs, devices, dangling links and folders in the place of files."""
    for what in _WHAT:
        yield from _pictures(what)
        yield from _sides(what)
        yield from _parts(what)
        yield from _configs(what)


def _pictures(what: str) -> Iterator[Attempt]:
    model = {"model.dali": base.model()}
    beside, inside = {**model, f"{base.PICTURES}/y.png": base.picture()}, {f"{base.PICTURES}/x.png": what}
    command = base.diagnose(*_SAME)
    yield Attempt(
        kind="picture", name=f"{what} in a folder", files=beside, special=inside, commands=(command,), wrong=_READ
    )
    command = (*base.diagnose(*_SAME)[:-1], "x.png")
    yield Attempt(
        kind="picture", name=f"{what}", files=model, special={"x.png": what}, commands=(command,), wrong=_NEVER
    )


def _sides(what: str) -> Iterator[Attempt]:
    for kind, target in _SIDES.items():
        side, named = f"{kind}:{target}", target.split(":")[0]
        held = kind in ("tensors", "capture")
        command = base.diagnose(side, side, images=not held) if held or kind == "python" else ("recipe", side)
        files = {f"{base.PICTURES}/y.png": base.picture()}
        yield Attempt(
            kind="special files", name=f"{what} as {kind}", files=files, special={named: what}, commands=(command,), wrong=_NEVER
        )  # fmt: skip


def _parts(what: str) -> Iterator[Attempt]:
    command = (*base.diagnose("capture:golden", "triton:127.0.0.1:9/m"), "--trace", "t.json")
    yield Attempt(
        kind="special files", name=f"{what} as a trace", files=servers.files(), special={"t.json": what}, commands=(command,),
        wrong=_NEVER,
    )  # fmt: skip
    for part in base.capture():
        files = {f"golden/{name}": data for name, data in base.capture().items() if name != part}
        command = base.diagnose("capture:golden", "capture:golden", images=False)
        yield Attempt(
            kind="special files", name=f"{what} as {part}", files=files, special={f"golden/{part}": what}, commands=(command,),
            wrong=_NEVER,
        )  # fmt: skip


def _configs(what: str) -> Iterator[Attempt]:
    for name in repositories.CONFIGS:
        files = {file: data for file, data in repositories.files().items() if file != name}
        # Without a config of its own a pipeline is served alone, and what is not there is not read.
        wrong = _NEVER if name != repositories.CONFIGS[0] and what != "/nowhere" else frozenset()
        yield Attempt(
            kind="special files", name=f"{what} as {name}", files=files, special={name: what},
            commands=(repositories.COMMAND,), wrong=wrong,
        )  # fmt: skip
