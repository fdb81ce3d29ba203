"""Values that a Python config declares: of torchvision's transforms, and of MMPretrain's pipelines.

Both files are code, and are run; what their values hold is data all the same, and gets into generated source as such.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from benchmarks.fuzz import changes
from benchmarks.fuzz.attempt import Attempt

_TORCHVISION = """
import json
from torchvision import transforms as T

evaluation = T.Compose([T.Resize(48), T.CenterCrop(48), T.ToTensor(), T.Normalize([0.5, 0.4, 0.3], [0.2, 0.2, 0.3])])
for part, values in zip(evaluation.transforms, json.loads({values})):
    vars(part).update(values)
"""
_PARTS = [
    {"size": 48, "interpolation": "bilinear", "max_size": None, "antialias": True}, {"size": [48, 48]}, {},
    {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.2, 0.3]},
]  # fmt: skip
_MMPRETRAIN = """
import json

values = json.loads({values})
test_pipeline = values["pipeline"]
test_dataloader = dict(dataset=dict(type="CustomDataset", pipeline=test_pipeline))
data_preprocessor = values["preprocessor"]
model = dict(type="ImageClassifier")
"""
_CONFIG = {
    "pipeline": [
        {"type": "LoadImageFromFile", "color_type": "color"},
        {"type": "ResizeEdge", "scale": 48, "edge": "short", "interpolation": "bicubic", "backend": "pillow"},
        {"type": "CenterCrop", "crop_size": 48},
        {"type": "Resize", "scale": [48, 40], "keep_ratio": True},
        {"type": "Pad", "size": [48, 48], "pad_val": 0},
        {"type": "PackInputs"},
    ],
    "preprocessor": {"mean": [1.0, 2.0, 3.0], "std": [1.0, 2.0, 3.0], "to_rgb": True},
}


def torchvision() -> st.SearchStrategy[Attempt]:
    """Return transforms whose attributes hold wrong values."""
    return _attempts("torchvision", "torchvision:file.py:evaluation", _TORCHVISION, _PARTS)


def mmpretrain() -> st.SearchStrategy[Attempt]:
    """Return configs whose pipelines hold wrong values."""
    return _attempts("mmpretrain", "mmpretrain:file.py", _MMPRETRAIN, _CONFIG)


@st.composite
def _attempts(draw: st.DrawFn, kind: str, side: str, text: str, sound: Any) -> Attempt:
    values = draw(changes.changed_json(sound))
    commands: tuple[tuple[str, ...], ...] = (("diff", side, side),)
    if draw(st.integers(0, 2)) == 0:
        commands = (*commands, ("repair", "--reference", side))
    return Attempt(
        kind=kind, name="drawn", files={"file.py": _written(text, values)}, commands=commands, wrong=frozenset({1})
    )


def _written(text: str, values: Any) -> bytes:
    return text.replace("{values}", repr(json.dumps(values))).encode("utf-8", "surrogatepass")


def written() -> dict[str, tuple[str, Any, Callable[[Any], bytes]]]:
    """Return a side, the values that its file holds, and what writes such a file, by kind."""
    return {
        "torchvision": ("torchvision:file.py:evaluation", _PARTS, lambda values: _written(_TORCHVISION, values)),
        "mmpretrain": ("mmpretrain:file.py", _CONFIG, lambda values: _written(_MMPRETRAIN, values)),
    }


def sound() -> dict[str, tuple[str, bytes]]:
    """Return a side and its file with the values as they should be, by kind."""
    return {kind: (side, write(values)) for kind, (side, values, write) in written().items()}
