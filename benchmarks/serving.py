"""The deployed side: a plan of preprocessing, run for real as a DALI pipeline with every stage tapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from nvidia.dali import fn, types
from nvidia.dali.pipeline import Pipeline

from benchmarks.feeds import OPENCV_KERNELS, feeds
from benchmarks.plan import Plan
from pixelparity.stages import Capture, Stage

KERNELS = {
    "nearest": types.INTERP_NN, "linear": types.INTERP_LINEAR, "triangular": types.INTERP_TRIANGULAR,
    "cubic": types.INTERP_CUBIC, "lanczos": types.INTERP_LANCZOS3, "gaussian": types.INTERP_GAUSSIAN,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Tap:
    stage: Stage
    node: Any


def run(plan: Plan, images: Mapping[str, Path], source: str = "dali:served.py:pipeline") -> Capture:
    """Run the plan on all pictures in one batch and return what every stage put out."""
    names = tuple(images)
    pipe = Pipeline(batch_size=len(names), num_threads=1, device_id=None, prefetch_queue_depth=1)
    with pipe:
        taps = _build(plan)
        pipe.set_outputs(*(tap.node for tap in taps))
    pipe.build()
    for name, arrays in feeds(plan, images).items():
        pipe.feed_input(name, arrays)
    outputs = pipe.run()
    tensors = {
        tap.stage.name: {name: np.array(out.at(number)) for number, name in enumerate(names)}
        for tap, out in zip(taps, outputs, strict=True)
    }
    stages = tuple(tap.stage for tap in taps)
    return Capture(source=source, stages=stages, images=names, tensors=tensors)


def _input(name: str, layout: str = "") -> Any:
    return fn.external_source(name=name, layout=layout) if layout else fn.external_source(name=name)


def _build(plan: Plan) -> list[_Tap]:
    channels = "GRAY" if plan.decoder.startswith("grey") or plan.order == "GRAY" else "RGB"
    taps = [_decode(plan, channels)]
    taps.append(_resize(plan, taps[-1].node, channels))
    before = plan.fill_after is None
    if plan.fused:
        return [*taps, _fused(plan, taps[-1].node, channels)]
    if before:
        taps.append(_window(plan, taps[-1].node, plan.fill, channels))
    taps += _normalise(plan, taps[-1].node, channels)
    if plan.fill_after is not None:
        taps.append(_window(plan, taps[-1].node, plan.fill_after, channels))
    if plan.late_swap:
        x = taps[-1].node
        node = fn.cat(x[:, :, 2:3], x[:, :, 1:2], x[:, :, 0:1], axis=2)
        taps.append(_tap("fn.cat", "colour", node, channels, "float32"))
    taps += _finish(plan, taps[-1].node, channels)
    return taps


def _tap(name: str, step: str, node: Any, channels: str, dtype: str, layout: str = "HWC") -> _Tap:
    bounds = (0.0, 255.0) if dtype == "uint8" else None
    stage = Stage(name=name, step=step, layout=layout, channels=channels, dtype=dtype, value_range=bounds, origin=name)
    return _Tap(stage=stage, node=node)


def _decode(plan: Plan, channels: str) -> _Tap:
    if plan.decoder != "dali" or plan.kernel in OPENCV_KERNELS:
        return _tap("fn.external_source", "decode", _input("pixels", "HWC"), channels, "uint8")
    kind = {"RGB": types.RGB, "BGR": types.BGR, "GRAY": types.GRAY}[plan.order]
    node = fn.decoders.image(_input("encoded"), device="cpu", output_type=kind, adjust_orientation=plan.exif)
    return _tap("fn.decoders.image", "decode", node, channels, "uint8")


def _resize(plan: Plan, node: Any, channels: str) -> _Tap:
    if plan.kernel in OPENCV_KERNELS:
        return _tap("cv2.resize", "resize", _input("resized", "HWC"), channels, "uint8")
    options = {"interp_type": KERNELS[plan.kernel], "antialias": plan.antialias, "subpixel_scale": False}
    kind = types.UINT8 if plan.resize_type == "uint8" else types.FLOAT
    size = _input("size")
    if plan.two_pass:
        wide = fn.resize(
            node, size=_input("wide_size"), roi_start=_input("wide_start"), roi_end=_input("wide_end"), **options
        )
        node = fn.resize(
            wide, size=size, roi_start=_input("tall_start"), roi_end=_input("tall_end"), dtype=kind, **options
        )
    else:
        node = fn.resize(node, size=size, roi_start=_input("start"), roi_end=_input("end"), dtype=kind, **options)
    if plan.resize_type == "truncated":
        node = fn.cast(node - 0.4999, dtype=types.UINT8)  # fn.cast rounds and clips: half a level less truncates
    dtype = "float32" if plan.resize_type == "float" else "uint8"
    return _tap("fn.resize", "resize", node, channels, dtype)


def _window(plan: Plan, node: Any, fill: tuple[float, ...], channels: str) -> _Tap:
    node = fn.slice(
        node,
        _input("corner"),
        _input("canvas"),
        axes=[0, 1],
        normalized_anchor=False,
        normalized_shape=False,
        out_of_bounds_policy="pad",
        fill_values=list(fill),
    )
    dtype = "uint8" if plan.resize_type != "float" and plan.fill_after is None else "float32"
    return _tap("fn.slice", plan.window_step, node, channels, dtype)


def _constants(values: tuple[float, ...], channels: str) -> NDArray[np.float32]:
    count = 1 if channels == "GRAY" else 3
    return np.broadcast_to(np.array(values, np.float32), (count,)).reshape(1, 1, count).copy()


def _normalise(plan: Plan, node: Any, channels: str) -> list[_Tap]:
    taps = []
    if plan.ending == "int8":
        node = fn.cast(fn.reinterpret(node, dtype=types.INT8), dtype=types.FLOAT)
    else:
        node = fn.cast(node, dtype=types.FLOAT)
    taps.append(_tap("fn.cast", "cast", node, channels, "float32"))
    if plan.per_image is not None:
        axes = [0, 1] if plan.per_image == "spatial" else [0, 1, 2]
        node = fn.normalize(node, axes=axes)
        return [*taps, _tap("fn.normalize", "normalize", node, channels, "float32")]
    for number, norm in enumerate(plan.norms):
        mean, std = _constants(norm.mean, channels) / norm.scale, _constants(norm.std, channels) / norm.scale
        node = fn.normalize(node, mean=mean, stddev=std, axes=[0, 1])
        name = "fn.normalize" if number == 0 else f"fn.normalize_{number}"
        taps.append(_tap(name, "normalize", node, channels, "float32"))
    return taps


def _finish(plan: Plan, node: Any, channels: str) -> list[_Tap]:
    taps = []
    dtype = "float32"
    if plan.ending == "float16":
        node, dtype = fn.cast(node, dtype=types.FLOAT16), "float16"
        taps.append(_tap("fn.cast_float16", "cast", node, channels, dtype))
    elif plan.ending == "uint8":
        node = fn.cast(fn.cast(node, dtype=types.UINT8), dtype=types.FLOAT)
        taps.append(_tap("fn.cast_uint8", "cast", node, channels, dtype))
    if plan.layout_by == "transpose" and plan.layout == "HWC":
        return taps
    if plan.layout_by == "reshape":
        planes = node if plan.layout == "CHW" else fn.transpose(node, perm=[2, 0, 1])
        node = fn.reshape(planes, shape=_input("shape"), layout=plan.layout)
    else:
        perms = {"transposeCHW": [2, 0, 1], "swappedCHW": [2, 1, 0], "swappedHWC": [1, 0, 2]}
        node = fn.transpose(node, perm=perms[plan.layout_by + plan.layout])
    name = "fn.reshape" if plan.layout_by == "reshape" else "fn.transpose"
    return [*taps, _tap(name, "layout", node, channels, dtype, plan.layout)]


def _fused(plan: Plan, node: Any, channels: str) -> _Tap:
    """Crop, normalise and transpose in the one operator that DALI's tutorials use; plan.norms holds one norm."""
    norm = plan.norms[0]
    cropped = fn.slice(
        node, _input("corner"), _input("canvas"), axes=[0, 1], normalized_anchor=False, normalized_shape=False
    )
    node = fn.crop_mirror_normalize(
        cropped,
        mean=[float(m) / norm.scale for m in norm.mean],
        std=[float(s) / norm.scale for s in norm.std],
        output_layout=plan.layout,
        dtype=types.FLOAT,
    )
    return _tap("fn.crop_mirror_normalize", "normalize", node, channels, "float32", plan.layout)
