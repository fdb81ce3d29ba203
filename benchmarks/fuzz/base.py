"""Sound inputs, small ones: what the changes of every kind begin with."""

from __future__ import annotations

import io
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

PICTURES = "pictures"
IMAGES = ("--images", PICTURES)
#: Pipelines for decoded pictures, with a formula in the graph, for encoded ones, and one that a mend of the first ends in.
PIPELINES = """
from nvidia.dali import fn, math, pipeline_def, types

@pipeline_def
def shipped():
    images = fn.external_source(name="INPUT")
    images = fn.resize(images, size=(48, 32), mode="not_larger", antialias=False)
    images = fn.crop(images, crop=(48, 32), out_of_bounds_policy="pad")
    images = fn.cast(images, dtype=types.FLOAT)
    images = fn.normalize(images, mean=0.0, stddev=255.0)
    return fn.transpose(images, perm=[2, 0, 1])

@pipeline_def
def computed():
    images = fn.external_source(name="IN", layout="HWC")
    shape = images.shape()
    height, width = fn.cast(shape[0], dtype=types.FLOAT), fn.cast(shape[1], dtype=types.FLOAT)
    scale = 24.0 / math.min(height, width)
    size = fn.stack(math.floor(height * scale), math.floor(width * scale))
    images = fn.resize(images, size=size, antialias=False)
    images = fn.crop(images, crop=(20, 20))
    return fn.crop_mirror_normalize(images, mean=[120.0, 110.0, 100.0], std=[50.0, 60.0, 70.0])

@pipeline_def
def encoded():
    images = fn.decoders.image(fn.external_source(name="E"), output_type=types.BGR)
    images = fn.resize(images, resize_longer=40, interp_type=types.INTERP_CUBIC)
    images = fn.paste(images, ratio=1, min_canvas_size=40, fill_value=[114, 114, 114])
    return fn.crop_mirror_normalize(images, std=[255.0] * 3)

@pipeline_def
def right():
    images = fn.external_source(name="INPUT")
    images = fn.resize(images, size=(48, 32), mode="not_larger", antialias=False)
    images = fn.crop(images, crop=(48, 32), out_of_bounds_policy="pad")
    images = fn.cast(images, dtype=types.FLOAT)
    images = fn.normalize(images, mean=0.0, stddev=127.5)
    return fn.transpose(images, perm=[2, 0, 1])
"""


def diagnose(reference: str, deployed: str, *, images: bool = True) -> tuple[str, ...]:
    """Return the command line that diagnoses two sides."""
    return ("diagnose", "--reference", reference, "--deployed", deployed, *(IMAGES if images else ()))


@cache
def picture(kind: str = "PNG", height: int = 30, width: int = 40) -> bytes:
    """Return a drawn picture as a file's bytes: small, and with detail."""
    rows, columns = np.mgrid[:height, :width]
    drawn = np.stack([rows * 7, columns * 5, rows * columns], -1) % 251
    file = io.BytesIO()
    PIL.Image.fromarray(drawn.astype(np.uint8)).save(file, kind)
    return file.getvalue()


@cache
def model(function: str = "shipped") -> bytes:
    """Return a sound ``model.dali``."""
    from pixelparity.sources.dali.functions import serialize

    with tempfile.TemporaryDirectory(prefix="base-") as folder:
        file = Path(folder) / "pipelines.py"
        file.write_text(PIPELINES, encoding="utf-8")
        return serialize(f"{file}:{function}")[0]


@cache
def tensors() -> dict[str, Any]:
    """Return what ``np.savez`` is given: two pictures' tensors, declared."""
    steps = np.arange(3 * 24 * 32, dtype=np.float32).reshape(3, 24, 32)
    arrays: dict[str, Any] = {f"p{n}": (steps * (n + 3)) % 256 / np.float32(256) for n in range(2)}
    return {**arrays, "p0.outputs": np.array([0.25, 0.75]), "layout": "CHW", "channels": "RGB"}


def npz(arrays: dict[str, Any] | None = None) -> bytes:
    """Return arrays as an ``.npz``."""
    file = io.BytesIO()
    np.savez(file, **(tensors() if arrays is None else arrays))
    return file.getvalue()


@cache
def capture() -> dict[str, bytes]:
    """Return the files of a saved capture of two stages and two pictures."""
    from pixelparity import stages

    steps = np.arange(12 * 16 * 3, dtype=np.int64).reshape(12, 16, 3)
    raw = {f"p{n}": (steps * (n + 7) % 256).astype(np.uint8) for n in range(2)}
    final = {name: (array.transpose(2, 0, 1) / np.float32(255)).astype(np.float32) for name, array in raw.items()}
    made = stages.Capture(
        source="python:train.py:evaluation",
        stages=(
            stages.Stage(name="decoded", step="decode", value_range=(0, 255)),
            stages.Stage(name="final", step="normalize", layout="CHW", dtype="float32", value_range=(0, 1)),
        ),
        images=tuple(raw),
        tensors={"decoded": raw, "final": final},
        outputs={name: np.array([0.1, 0.9], np.float32) for name in raw},
        facts={"decoder": "opencv"},
    )
    with tempfile.TemporaryDirectory(prefix="base-") as folder:
        saved = stages.save(made, Path(folder) / "golden")
        return {file.name: file.read_bytes() for file in sorted(saved.iterdir())}


@cache
def trace() -> bytes:
    """Return a trace of one request: a picture, what a model made of it, the answer of another."""
    import cv2

    fed = cv2.imdecode(np.frombuffer(picture(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    made = np.ascontiguousarray(fed[::2, ::2].transpose(2, 0, 1)[np.newaxis], np.float32)
    raw = b",".join(bytes([value]) for value in fed.reshape(-1).tolist())
    floats, answer = ",".join(f"{v:g}" for v in made.reshape(-1).tolist()).encode(), b"0.25,0.75"
    shape = ",".join(map(str, made.shape)).encode()
    entry = b'{"id":%d,"activity":"%s","tensor":{"name":"%s","data":"%s","shape":"%s","dtype":"%s"}}'
    first = b"1," + ",".join(map(str, fed.shape)).encode()
    return b"[" + b",".join((
        b'{"id":1,"model_name":"prep","model_version":1}', b'{"id":2,"model_name":"net","model_version":1}',
        entry % (1, b"TENSOR_QUEUE_INPUT", b"IN", raw, first, b"UINT8"),
        entry % (1, b"TENSOR_BACKEND_OUTPUT", b"OUT", floats, shape, b"FP32"),
        entry % (2, b"TENSOR_QUEUE_INPUT", b"IN", floats, shape, b"FP32"),
        entry % (2, b"TENSOR_BACKEND_OUTPUT", b"SCORES", answer, b"1,2", b"FP32"),
    )) + b"]"  # fmt: skip
