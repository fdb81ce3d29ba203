"""What the deployed side does, as data: a fault changes a field of it."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.geometry import Geometry


@dataclass(frozen=True, kw_only=True)
class Norm:
    """``(x * scale - mean) / std``, one operator. Constants are per channel or one for all."""

    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the deployed side does; a fault changes some of it.

    ``decoder`` is ``dali`` or one of ``decoders.DECODERS``. ``order`` is the channel order that leaves the decoder,
    ``late_swap`` exchanges red and blue at the end. ``convention`` is where sample positions lie: half_pixel, subpixel,
    align_corners or asymmetric. ``two_pass`` resamples one axis at a time with 8 bits between. ``resize_type`` is uint8,
    float (kept) or truncated. ``fill`` is in pixel units, ``fill_after`` in units of the final tensor; with it the canvas
    is laid around the picture after normalising. ``per_image`` is None, all or spatial. ``ending`` is what happens to
    the values at the end: float32, float16, uint8, int8 (pixels read as signed). ``layout`` is CHW or HWC, ``layout_by``
    transpose, reshape (the bytes of one read as the other), or swapped (height and width too). ``batch`` pads the
    pictures of each batch of that many to its largest. ``model`` is what answers, see ``benchmarks.model``.
    """

    decoder: str = "dali"
    exif: bool = True
    order: str = "RGB"
    late_swap: bool = False
    geometry: Geometry
    kernel: str = "linear"
    antialias: bool = False
    convention: str = "half_pixel"
    two_pass: bool = False
    resize_type: str = "uint8"
    fill: tuple[float, ...] = (0.0,)
    fill_after: tuple[float, ...] | None = None
    window_step: str = "crop"
    norms: tuple[Norm, ...] = (Norm(),)
    per_image: str | None = None
    ending: str = "float32"
    layout: str = "CHW"
    layout_by: str = "transpose"
    batch: int | None = None
    model: str | None = None
    fused: bool = False
