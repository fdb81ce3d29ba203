"""The faults: every family of causes, several variants of each, each a change of the deployed plan.

A fault says which bases it makes sense on, which part of the plan it changes (two faults that change the same part are
never combined), at which step the right answer lies, and what it needs of the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.bases import BASES, CLIP_MEAN, CLIP_STD, IMAGENET_MEAN, IMAGENET_STD, UNIT
from benchmarks.plan import Norm, Plan

Change = Callable[[Plan], Plan]

SCALE = ("incident", "letterbox_640")
STATISTICS_255 = ("imagenet_opencv", "detector")
STATISTICS_1 = ("imagenet_pillow", "clip_bicubic")
INCEPTION = ("inception_stretch", "grey_text")
PILLOW = ("imagenet_pillow", "clip_bicubic")
OPENCV = tuple(name for name in BASES if name not in PILLOW)
SHORT = ("imagenet_opencv", "imagenet_pillow", "clip_bicubic")
COLOUR = tuple(name for name in BASES if name != "grey_text")
ALL = tuple(BASES)

#: Why final tensors alone cannot tell a family, or a variant of one. These are left out of the tensors figure, not of the run.
NOT_TOLD_FROM_TENSORS = {
    "scale_missing.before_statistics": (
        "(x - mean)/std without the division by 255 is the same numbers as mean_std_wrong_range, 0-1 statistics on 0-255 "
        "pixels, which is counted; only the stages show whether a step is missing or its constants are in other units"
    ),
    "mean_std_wrong_range.reverse": (
        "0-255 statistics on 0-1 pixels are the same numbers as scale_twice before the statistics, which is counted; only "
        "the stages show which of the two steps is wrong"
    ),
    **dict.fromkeys(
        ("recompression.jpeg_again_60", "recompression.jpeg_again_85_full"),
        "what a JPEG before the resize changes is mixed with its neighbours by the resize; the pictures show it",
    ),
    **dict.fromkeys(
        ("alpha_gray.grey_mean", "alpha_gray.grey_bt709", "alpha_gray.grey_swapped"),
        "other weights for red, green and blue act on colours that neither grey tensor holds any more, so that nothing can "
        "be undone and confirmed; the stage before, or the picture, shows them",
    ),
}


#: Families of which no case is made here, and why.
NOT_INJECTED = {
    **dict.fromkeys(
        ("bit_depth", "palette", "colour_profile"),
        "they need files with more than eight bits, a palette or a profile, which the pool of pictures has none of; "
        "tests/diagnosis/search/staged/test_file_readings.py makes such files",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One variant of a family on the bases where it makes sense. ``touches`` names the parts of the plan it changes.

    ``alone`` keeps it out of combinations; ``also`` holds families that name it just as well, ``seen_as`` those that do
    so where only the final tensors are seen.
    """

    family: str
    variant: str
    bases: tuple[str, ...]
    change: Change
    steps: frozenset[str]
    touches: frozenset[str]
    pictures: str = "plain"
    alone: bool = False
    also: frozenset[str] = frozenset()
    seen_as: frozenset[str] = frozenset()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return ``family.variant``."""
        return f"{self.family}.{self.variant}"


def _change(**fields: Any) -> Change:
    return lambda plan: replace(plan, **fields)


def _geometry(**fields: Any) -> Change:
    return lambda plan: replace(plan, geometry=replace(plan.geometry, **fields))


def _norms(change: Callable[[tuple[Norm, ...]], tuple[Norm, ...]]) -> Change:
    return lambda plan: replace(plan, norms=change(plan.norms))


def _fault(
    family: str, variant: str, bases: tuple[str, ...], change: Change, steps: str, touches: str, **more: Any
) -> Fault:
    return Fault(
        family=family, variant=variant, bases=bases, change=change, steps=frozenset(steps.split()),
        touches=frozenset(touches.split()), **more,
    )  # fmt: skip


def _range_faults() -> list[Fault]:
    unit_clip = (UNIT, Norm(mean=CLIP_MEAN, std=CLIP_STD))
    clip_255 = (Norm(scale=1 / 255, mean=CLIP_MEAN, std=CLIP_STD),)
    both = STATISTICS_1 + STATISTICS_255

    def norm(family: str, variant: str, bases: tuple[str, ...], change: Callable, **more: Any) -> Fault:
        return _fault(family, variant, bases, _norms(change), "normalize", "norms", **more)

    return [
        norm("scale_missing", "left_out", SCALE, lambda n: (), parameters={"factor": 255.0}),
        norm("scale_missing", "before_statistics", STATISTICS_1, lambda n: n[1:]),
        norm("scale_twice", "twice", SCALE, lambda n: (UNIT, UNIT), parameters={"factor": 1 / 255}),
        norm("scale_twice", "before_statistics", STATISTICS_1, lambda n: (UNIT, *n)),
        norm("scale_twice", "normalised_twice", both + INCEPTION, lambda n: (*n, n[-1])),
        norm("mean_std_missing", "both", both, lambda n: (UNIT,)),
        norm("mean_std_missing", "std", both, lambda n: (*n[:-1], replace(n[-1], std=(1.0,)))),
        norm("mean_std_missing", "mean", both, lambda n: (*n[:-1], replace(n[-1], mean=(0.0,)))),
        norm("mean_std_wrong", "clip", ("imagenet_pillow",), lambda n: unit_clip),
        norm("mean_std_wrong", "clip", STATISTICS_255, lambda n: clip_255),
        norm("mean_std_wrong", "imagenet", ("clip_bicubic",), lambda n: (UNIT, _imagenet())),
        norm("mean_std_wrong", "half", STATISTICS_1, lambda n: (UNIT, Norm(mean=(0.5,), std=(0.5,)))),
        norm("mean_std_wrong", "one_std", both, lambda n: (*n[:-1], replace(n[-1], std=(_mean(n[-1].std),)))),
        norm("mean_std_wrong", "reversed", both, lambda n: (*n[:-1], _reversed(n[-1]))),
        norm("mean_std_wrong", "caffe", STATISTICS_255, lambda n: (Norm(mean=(122.7717, 115.9465, 102.9801)),)),
        norm("mean_std_wrong", "inception", SCALE, lambda n: (Norm(mean=(127.5,), std=(127.5,)),)),
        norm("mean_std_wrong", "unit", INCEPTION, lambda n: (UNIT,)),
        norm("mean_std_wrong_range", "forward", STATISTICS_255, lambda n: (_imagenet(),)),
        norm("mean_std_wrong_range", "forward", INCEPTION, lambda n: (Norm(mean=(0.5,), std=(0.5,)),)),
        norm("mean_std_wrong_range", "reverse", STATISTICS_1, _reverse_range),
    ]


def _imagenet() -> Norm:
    return Norm(mean=IMAGENET_MEAN, std=IMAGENET_STD)


def _mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values)


def _reversed(norm: Norm) -> Norm:
    return replace(norm, mean=norm.mean[::-1], std=norm.std[::-1])


def _reverse_range(norms: tuple[Norm, ...]) -> tuple[Norm, ...]:
    """Keep 0-1 pixels and use constants in 0-255 units."""
    last = norms[-1]
    return (UNIT, Norm(mean=tuple(m * 255 for m in last.mean), std=tuple(s * 255 for s in last.std)))


def _order_faults() -> list[Fault]:
    def bgr_everywhere(plan: Plan) -> Plan:
        return replace(plan, order="BGR", norms=(*plan.norms[:-1], _reversed(plan.norms[-1])))

    statistics = STATISTICS_1 + STATISTICS_255
    swap = {"permutation": [2, 1, 0]}
    chw = tuple(name for name in COLOUR if name != "inception_stretch")
    return [
        _fault("channel_order", "decoded", COLOUR, _change(order="BGR"), "decode colour", "order", parameters=swap),
        _fault(
            "channel_order",
            "late",
            COLOUR,
            _change(late_swap=True),
            "colour layout normalize",
            "order",
            parameters=swap,
        ),
        _fault(
            "channel_order",
            "with_constants",
            statistics,
            bgr_everywhere,
            "decode colour",
            "order norms",
            parameters=swap,
        ),
        _fault("layout", "reshape", COLOUR, _change(layout_by="reshape"), "layout", "layout"),
        _fault("layout", "swapped", (*chw, "inception_stretch"), _change(layout_by="swapped"), "layout", "layout"),
    ]


def _resampling_faults() -> list[Fault]:
    def kernel(variant: str, bases: tuple[str, ...], **fields: Any) -> Fault:
        return _fault("interpolation", variant, bases, _change(**fields), "resize", "kernel")

    def mode(variant: str, bases: tuple[str, ...], seen_as: frozenset[str] = frozenset(), **fields: Any) -> Fault:
        return _fault("resize_mode", variant, bases, _geometry(**fields), "resize", "geometry", seen_as=seen_as)

    def place(variant: str, bases: tuple[str, ...], **fields: Any) -> Fault:
        return _fault("subpixel", variant, bases, _change(**fields), "resize", "convention")

    kept_ratio = ("incident", *SHORT, "letterbox_640")
    side: dict[str, Any] = {"mode": "stretch", "size": (224, 224)}
    # After a centre crop, a tighter box at the same size is what another short edge (or a larger stretch) gives.
    other_edge = frozenset({"target_size"})
    return [
        kernel("nearest", ALL, kernel="nearest", two_pass=False),
        kernel("cubic", (*OPENCV, "imagenet_pillow"), kernel="cubic"),
        kernel("lanczos", PILLOW, kernel="lanczos"),
        kernel("triangular", ("clip_bicubic",), kernel="triangular"),
        _fault(
            "interpolation", "opencv_area", tuple(n for n in OPENCV if n in COLOUR), _change(kernel="opencv_area"),
            "resize", "kernel resize_type convention",
        ),
        _fault(
            "antialias", "gaussian", tuple(n for n in OPENCV if n in COLOUR), _change(kernel="opencv_gaussian"), "resize",
            "antialias kernel resize_type convention", alone=True,
        ),
        _fault("antialias", "on", OPENCV, _change(antialias=True), "resize", "antialias"),
        _fault(
            "antialias", "off", ("imagenet_pillow",), _change(antialias=False, kernel="linear", two_pass=False), "resize",
            "antialias kernel",
        ),
        _fault("antialias", "off", ("clip_bicubic",), _change(antialias=False, two_pass=False), "resize", "antialias"),
        place("subpixel_scale", kept_ratio, convention="subpixel"),
        place("align_corners", ALL, convention="align_corners"),
        place("asymmetric", ALL, convention="asymmetric"),
        mode("stretch", SHORT, **side),
        mode("fit_and_pad", (*SHORT, "inception_stretch"), mode="inside", size=(224, 224), canvas=(224, 224)),
        # Short edge 224 for 256, crop the same: another region of the picture, or another size of the resize.
        _fault(
            "resize_mode", "no_margin", ("imagenet_opencv", "imagenet_pillow"), _geometry(size=(224, 224)), "resize",
            "geometry", also=frozenset({"target_size"}),
        ),
        mode("square_first", ("imagenet_opencv", "imagenet_pillow"), other_edge, region="square", **side),
        mode("tight_box", SHORT, other_edge, region="tight"),
        mode("tight_box", ("incident",), region="tight"),
        mode("tight_box", ("inception_stretch",), other_edge, region="tight"),
        mode("stretch", ("incident",), mode="stretch"),
        mode("cover", ("incident", "letterbox_640"), mode="cover"),
        mode("stretch", ("letterbox_640",), mode="stretch"),
        mode("cover", ("inception_stretch",), mode="cover", canvas=(224, 224)),
        mode("fit_and_pad", ("grey_text",), mode="inside", canvas=(96, 256)),
        mode("no_cap", ("detector",), mode="shorter"),
    ]  # fmt: skip


def _size_faults() -> list[Fault]:
    def size(variant: str, bases: tuple[str, ...], canvas: tuple[int, int], **fields: Any) -> Fault:
        change = _geometry(canvas=canvas, **fields)
        shown = {"deployed": list(canvas), "reference": _final_size(bases[0])}
        return _fault("target_size", variant, bases, change, "resize crop pad", "geometry canvas", parameters=shown)

    def rounding(variant: str, bases: tuple[str, ...], steps: str, **fields: Any) -> Fault:
        return _fault("rounding", variant, bases, _geometry(**fields), steps, "geometry")

    return [
        size("exchanged", ("incident",), (384, 512), size=(384, 512)),
        size("exchanged", ("grey_text",), (256, 96), size=(256, 96)),
        size("smaller", ("letterbox_640",), (512, 512), size=(512, 512)),
        size("larger", ("inception_stretch",), (299, 299), size=(299, 299)),
        size("larger", ("imagenet_opencv",), (256, 256), size=(288, 288)),
        size("smaller", ("imagenet_pillow",), (192, 192)),
        size("larger", ("clip_bicubic",), (256, 256), size=(256, 256)),
        rounding("size_ceil", SHORT, "resize", size_rounding="ceil"),
        rounding("size_floor", ("incident", "letterbox_640", "detector"), "resize", size_rounding="floor"),
        rounding("offset_ceil", ("incident", "imagenet_opencv"), "crop pad", offset_rounding="ceil"),
        rounding("offset_floor", PILLOW, "crop", offset_rounding="floor"),
    ]


def _final_size(base: str) -> list[int]:
    geometry = BASES[base].clean.geometry
    return list(geometry.canvas or geometry.size)


def _padding_faults() -> list[Fault]:
    padded = ("incident", "letterbox_640")

    def value(variant: str, bases: tuple[str, ...], fill: tuple[float, ...]) -> Fault:
        shown = {"reference": list(BASES[bases[0]].clean.fill), "deployed": list(fill)}
        return _fault("padding_value", variant, bases, _change(fill=fill), "pad", "fill", parameters=shown)

    def rule(variant: str, bases: tuple[str, ...], **fields: Any) -> Fault:
        change = _geometry(**fields)
        return _fault("padding_rule", variant, bases, change, "pad", "geometry canvas", alone=True)

    return [
        value("grey", ("incident",), (114.0,)),
        value("white", ("incident",), (255.0,)),
        value("black", ("letterbox_640",), (0.0,)),
        value("128", ("letterbox_640",), (128.0,)),
        value("mean_colour", padded[:1], (123.0, 117.0, 104.0)),
        value("mean_colour", padded[1:], (123.0, 117.0, 104.0)),
        _fault("padding_position", "top_left", padded, _geometry(position="top_left"), "pad", "position"),
        _fault("padding_position", "centre", ("detector",), _geometry(position="centre"), "pad", "position"),
        _fault("padding_order", "before", ("detector",), _change(fill_after=None), "pad normalize", "fill"),
        _fault("padding_order", "after", ("letterbox_640",), _change(fill_after=(114.0,)), "pad normalize", "fill"),
        rule("fixed", ("detector",), canvas=(352, 352)),
        rule("multiple_of_64", ("detector",), divisor=64),
        rule("multiple_of_32", ("letterbox_640",), canvas=None, divisor=32),
        rule("none", ("incident",), canvas=None),
        _fault("batch_padding", "largest", ("detector",), _change(batch=4), "pad", "batch"),
    ]  # fmt: skip


def _decoder_faults() -> list[Fault]:
    def decoder(family: str, name: str, bases: tuple[str, ...], **more: Any) -> Fault:
        return _fault(family, name, bases, _change(decoder=name), "decode colour", "decoder", **more)

    return [
        _fault("exif_orientation", "ignored", ALL, _change(exif=False), "decode orient", "exif", pictures="exif"),
        decoder("jpeg_chroma", "nearest_chroma", COLOUR),
        decoder("recompression", "jpeg_again_60", COLOUR, parameters={"quality": 60}, alone=True),
        decoder("recompression", "jpeg_again_85_full", COLOUR, parameters={"quality": 85}, alone=True),
        decoder("colour_range", "studio_expanded", COLOUR),
        decoder("colour_range", "studio_left", COLOUR),
        decoder("colour_range", "bt709", COLOUR),
        decoder("alpha_gray", "alpha_black", COLOUR, pictures="alpha"),
        decoder("alpha_gray", "alpha_white", COLOUR, pictures="alpha"),
        decoder("alpha_gray", "grey_mean", ("grey_text",)),
        decoder("alpha_gray", "grey_bt709", ("grey_text",)),
        decoder("alpha_gray", "grey_swapped", ("grey_text",)),
        decoder("tone", "inverted", COLOUR, alone=True),
        decoder("tone", "linear_light", COLOUR, alone=True),
        decoder("value_clip", "cut_at_180", COLOUR, alone=True),
        decoder("value_clip", "cut_at_60", COLOUR, alone=True),
        _fault(
            "alpha_gray", "one_channel", (*SCALE, "inception_stretch"), _change(order="GRAY"), "decode colour", "order",
            alone=True,
        ),
    ]  # fmt: skip


def _value_faults() -> list[Fault]:
    statistics = STATISTICS_1 + STATISTICS_255

    def dtype(variant: str, bases: tuple[str, ...], steps: str, touches: str, **fields: Any) -> Fault:
        return _fault("dtype", variant, bases, _change(**fields), steps, touches)

    def outputs(family: str, variant: str) -> Fault:
        return _fault(family, variant, ("incident", *SHORT), _change(model=variant), "output", "model", alone=True)

    return [
        dtype("float16", ALL, "cast layout normalize", "ending", ending="float16"),
        dtype("truncated", ALL, "resize cast", "resize_type", resize_type="truncated"),
        dtype("float_kept", ("imagenet_opencv", "imagenet_pillow"), "resize cast", "resize_type", resize_type="float"),
        dtype("signed", (*SCALE, "imagenet_opencv", *INCEPTION), "cast", "ending", ending="int8"),
        dtype("clipped", (*statistics, *INCEPTION), "cast layout normalize", "ending norms", ending="uint8"),
        _fault("per_image_normalize", "all_axes", ALL, _change(per_image="all"), "normalize", "norms"),
        _fault("per_image_normalize", "spatial", COLOUR, _change(per_image="spatial"), "normalize", "norms"),
        outputs("postprocess", "softmax_twice"),
        outputs("postprocess", "logits"),
        outputs("postprocess", "classes_moved"),
        outputs("engine_numerics", "int8"),
        outputs("engine_numerics", "plugin"),
        _fault("input_order", "exchanged", ("imagenet_opencv", "inception_stretch"), lambda p: p, "input", "inputs",
               alone=True),
    ]  # fmt: skip


FAULTS = (
    *_range_faults(),
    *_order_faults(),
    *_resampling_faults(),
    *_size_faults(),
    *_padding_faults(),
    *_decoder_faults(),
    *_value_faults(),
)


def affine(norms: tuple[Norm, ...]) -> tuple[list[float], list[float]]:
    """Return slope and offset per channel of a chain of norms: what it does to a pixel value."""
    slope, offset = [1.0] * 3, [0.0] * 3
    for norm in norms:
        for c in range(3):
            mean, std = norm.mean[c % len(norm.mean)], norm.std[c % len(norm.std)]
            slope[c] = slope[c] * norm.scale / std
            offset[c] = (offset[c] * norm.scale - mean) / std
    return slope, offset


def relative(reference: tuple[Norm, ...], deployed: tuple[Norm, ...]) -> dict[str, list[float]]:
    """Return slope and offset per channel that turn the reference's tensor into the deployed one."""
    a, b = affine(reference)
    c, d = affine(deployed)
    slope = [c[k] / a[k] for k in range(3)]
    return {"slope": slope, "offset": [d[k] - slope[k] * b[k] for k in range(3)]}
