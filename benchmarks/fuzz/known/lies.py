"""Servers that lie by name: shapes, types, ensembles that contain themselves, answers that never come."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.changes import code
from benchmarks.fuzz.kinds import servers

Lie = Callable[[Any], Any]
_FIRST, _SECOND = servers.STEPS


def attempts() -> Iterator[Attempt]:
    """Yield each lie over both protocols."""
    for name, (lie, wrong) in _lies().items():
        answers = copy.deepcopy(servers.SOUND)
        lie(answers)
        for protocol in ("grpc", "http"):
            yield Attempt(
                kind="server", name=f"{name} over {protocol}", files=servers.files(), answers=answers,
                commands=(servers.command(protocol),), wrong=frozenset(wrong),
            )  # fmt: skip


def _lies() -> dict[str, tuple[Lie, set[int]]]:
    """Return what is said, and the exit codes that would be wrong: 0 for tensors that differ, 1 for what is no answer."""
    no_answer = {
        "negative batch",
        "two steps of one edge",
        "NaN scores",
        "infinite scores",
        "NaN pixels",
        "itself",
        "no steps",
    }
    no_answer |= {"nested 28", "10,000 steps", "10,000 steps in a row", "never ready", "never answers", "another name"}
    return {name: (lie, {0, 1} if name in no_answer else {0}) for name, lie in {**_configs(), **_answers()}.items()}


def _config(model: str, **fields: Any) -> Lie:
    return lambda said: said["models"][model]["config"].update(fields)


def _steps(*steps: Any) -> Lie:
    return _config("m", ensemble_scheduling={"step": list(steps)})


def _configs() -> dict[str, Lie]:
    many = [{**_FIRST, "output_map": {"OUT": f"e{n}"}} for n in range(10_000)]
    row = [
        {"model_name": "prep", "input_map": {"IN": f"e{n}"}, "output_map": {"OUT": f"e{n + 1}"}} for n in range(10_000)
    ]
    hostile = f'IN" + {code(chr(34) * 2)} + "'
    return {
        "negative batch": _config("prep", max_batch_size=-5), "huge batch": _config("prep", max_batch_size=2**31 - 1),
        "two steps of one edge": _steps(_FIRST, _FIRST, _SECOND), "itself": _steps({**_FIRST, "model_name": "m"}, _SECOND),
        "no steps": _steps(), "10,000 steps": _steps(*many, _FIRST, _SECOND),
        "10,000 steps in a row": _steps(*row[::-1], {**_FIRST, "output_map": {"OUT": "e0"}}, _FIRST, _SECOND),
        "nested 28": lambda said: said.update(nested=28) or said["models"].pop("m"),
        "input of code": lambda said: said["models"]["prep"]["config"]["input"][0].update(name=hostile),
        "layout of code": _config("prep", parameters={key: {"string_value": code()} for key in ("layout", "channels")}),
        "never ready": lambda said: said["models"]["m"].update(ready=400),
    }  # fmt: skip


def _answer(model: str, **fields: Any) -> Lie:
    return lambda said: said["models"][model]["outputs"][0].update(fields)


def _answers() -> dict[str, Lie]:
    nan, infinity = float("nan"), float("inf")
    return {
        "wrong byte count": _answer("prep", bytes=25), "more bytes than claimed": _answer("prep", bytes=40_000),
        "negative shape": _answer("prep", shape=[-3, 24, 32]), "huge shape": _answer("prep", shape=[3, 2**40, 32], bytes=100),
        "unknown type": _answer("prep", datatype="FP7"), "BYTES for numbers": _answer("prep", datatype="BYTES"),
        "BF16": _answer("prep", datatype="BF16", bytes=4608), "another name": _answer("prep", name="ELSE"),
        "no outputs": lambda said: said["models"]["prep"].update(outputs=[]),
        "a shape of no axes": _answer("prep", shape=[], bytes=4), "an empty shape": _answer("prep", shape=[0, 24, 32]),
        "NaN pixels": _answer("prep", fill=nan), "NaN scores": _answer("net", fill=nan),
        "infinite scores": _answer("net", fill=infinity), "never answers": lambda said: said["models"]["prep"].update(delay=8),
    }  # fmt: skip
