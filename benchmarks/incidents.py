"""Public incidents replayed: the steps that a thread shows, on both sides, with its link.

Where a thread leaves a number open, ``assumed`` says which value was taken; networks of more than 640 pixels are scaled
down to keep the bench quick. Threads whose steps are not visible, or whose fault is not in preprocessing, are not
replayed: :data:`NOT_REPLAYED` names them with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.cases import Case
from benchmarks.threads import others, padding, ranges, resizing

NOT_REPLAYED = {
    "triton-inference-server/server#1184": "the op that differed was never named",
    "triton-inference-server/server#3258": "the client's code is not visible",
    "triton-inference-server/server#5419": "the client's code is not visible",
    "NVIDIA/DALI#2966": "the DALI pipeline is not visible",
    "NVIDIA/DALI#4469": "the formulas shown are equal; the cause was never found",
    "microsoft/onnxruntime#20332": "the model's own convention is unknown",
    "microsoft/onnxruntime#1204": "layout and scale were tried at random, no final state is shown",
    "openvinotoolkit/openvino#28188": "bytes read as float32 past their buffer: what lies there is not known",
    "ultralytics/ultralytics#5016": "the script is not visible",
    "ultralytics/ultralytics#2134": "the script is not visible",
}


def cases() -> Iterator[Case]:
    """Iterate over the replayed threads as cases; ``#`` numbers of pull requests are written PR as in the list."""
    for thread in (*ranges.threads(), *resizing.threads(), *padding.threads(), *others.threads()):
        repository, number = thread.thread.split("#")
        path = f"pull/{number[2:]}" if number.startswith("PR") else f"issues/{number}"
        yield Case(
            name=f"{thread.thread}{thread.label}",
            kind="incident",
            base=thread.base,
            plan=replace(thread.base.clean, **thread.deployed),
            pictures=thread.pictures,
            expected=tuple(frozenset(families) for families in thread.expected),
            expected_from_tensors=tuple(frozenset(families) for families in thread.seen_as),
            exchange=thread.exchange,
            swapped=thread.swapped,
            link=f"https://github.com/{repository}/{path}",
            assumed=thread.assumed,
        )
