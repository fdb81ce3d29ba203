"""A lying server: configs, metadata and answers of wrong types, shapes, names and numbers, over HTTP and gRPC."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt

KIND = "server"
_IN = {"name": "IN", "data_type": "TYPE_UINT8", "dims": [-1, -1, 3]}
_OUT = {"name": "OUT", "data_type": "TYPE_FP32", "dims": [3, 24, 32]}
_SCORES = {"name": "SCORES", "data_type": "TYPE_FP32", "dims": [2]}
STEPS = [
    {"model_name": "prep", "model_version": -1, "input_map": {"IN": "IMAGE"}, "output_map": {"OUT": "pixels"}},
    {"model_name": "net", "model_version": -1, "input_map": {"IN": "pixels"}, "output_map": {"SCORES": "SCORES"}},
]
SOUND: dict[str, Any] = {
    "server": {"name": "triton", "version": "2.51.0"},
    "index": [{"name": name, "version": "1", "state": "READY"} for name in ("m", "prep", "net")],
    "models": {
        "m": {
            "config": {
                "name": "m", "platform": "ensemble", "max_batch_size": 0, "input": [{**_IN, "name": "IMAGE"}],
                "output": [_SCORES], "ensemble_scheduling": {"step": STEPS},
            },
            "outputs": [{"name": "SCORES", "datatype": "FP32", "shape": [2]}],
        },
        "prep": {
            "config": {
                "name": "prep", "backend": "dali", "max_batch_size": 0, "input": [_IN], "output": [_OUT],
                "parameters": {"layout": {"string_value": "CHW"}, "channels": {"string_value": "RGB"}},
            },
            "outputs": [{"name": "OUT", "datatype": "FP32", "shape": [3, 24, 32]}],
        },
        "net": {
            "config": {
                "name": "net", "platform": "onnxruntime_onnx", "max_batch_size": 0, "input": [{**_OUT, "name": "IN"}],
                "output": [_SCORES],
            },
            "outputs": [{"name": "SCORES", "datatype": "FP32", "shape": [2]}],
        },
    },
}  # fmt: skip


def command(protocol: str) -> tuple[str, ...]:
    """Return a command line that asks the server."""
    return (*base.diagnose("capture:golden", "triton:SERVER/m"), "--protocol", protocol, "--timeout", "5")


def files() -> dict[str, bytes]:
    """Return the files that every attempt on a server has: a capture to compare with, and a picture."""
    golden = {f"golden/{name}": data for name, data in base.capture().items()}
    return {f"{base.PICTURES}/p0.png": base.picture(), **golden}


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """Return a server that lies in a few places of what it says; some are what is to be repaired, and where that is proven."""
    answers = draw(changes.changed_json(SOUND, most=3))
    whole = (
        isinstance(answers, dict) and isinstance(answers.get("models"), dict) and {"server", "index"} <= set(answers)
    )
    protocol = draw(st.sampled_from(("http", "grpc")))
    asked, given = command(protocol), files()
    if draw(st.integers(0, 4)) == 0:
        asked = ("repair", "--reference", "dali:sound.dali", *asked[3:])
        given |= {"sound.dali": base.model("shipped")}
        asked = (*asked, *draw(st.sampled_from(((), ("--verify", "triton:SERVER/m")))))
    return Attempt(
        kind=KIND, name=f"{asked[0]} {protocol}", files=given, answers=answers if whole else SOUND, commands=(asked,)
    )  # fmt: skip
