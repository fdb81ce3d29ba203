"""Recipes of Ultralytics' prediction: the letterbox of its detectors, and the two ways in which its classifiers cut.

Which version cuts how was read off its releases 8.0.0 to 8.4.190; ``tests/sources/test_ultralytics_source.py`` works it out.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.fields import shown, whole, within
from pixelparity.recipes import (
    Cast,
    Colour,
    Crop,
    Decode,
    Layout,
    Normalize,
    Orient,
    Pad,
    Recipe,
    Resize,
    Step,
    installed_pillow_passes,
    with_defaults,
)
from pixelparity.sources.protocol import WAY_ON
from pixelparity.sources.ultralytics.metadata import Export, read

#: Formats, by the end of a folder's name, that take their channels first, and that take them last.
FIRST_CHANNELS, LAST_CHANNELS = ("", "openvino_model", "ncnn_model", "paddle_model"), ("saved_model",)
LETTERBOXED = ("detect", "segment", "pose", "obb")
#: The grey of a letterbox, in levels.
GREY = 114.0
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
#: From which version on something holds: ImageNet's statistics no more, Pillow's resize and crop, boxes that fit the picture.
NO_STATISTICS, PILLOW, RECTANGLES = (8, 0, 53), (8, 0, 233), (8, 3, 35)
#: The versions whose prediction is known.
FIRST, LAST = (8, 0, 0), (8, 4, 10**6)
_EDGE = whole(1, 2**16)


def recipe(target: str | Path) -> Recipe:
    """Read what Ultralytics' prediction does to a picture file for an export of its own; ``#SIZE`` is the imgsz of the call.

    Raises ``InputError`` for a file without metadata, ``UnsupportedStep`` for tasks and versions that are not known.
    """
    file, _, size = str(target).partition("#")
    source = f"ultralytics:{target}"
    with within(source):
        export = _sized(read(Path(file)), size)
        _known(export)
        steps = _classified(export) if export.task == "classify" else _letterboxed(export)
    return Recipe(source=source, steps=steps)


def _sized(export: Export, size: str) -> Export:
    """Return an export with the size of the call, where its own is open."""
    if not size and not export.dynamic:
        return export
    if not size:
        raise UnsupportedStep(
            "it was exported with open sizes, so the call decides: write the imgsz that it is called with behind the file, "
            f"#640, or {WAY_ON}"
        )
    edges = size.lower().split("x")
    if len(edges) > 2 or not all(edge.isdecimal() and len(edge) < 6 for edge in edges):
        raise InputError(f"#{size} is no size; write #640, or #HEIGHTxWIDTH")
    height, width = (_EDGE(int(edge), "imgsz") for edge in (edges[0], edges[-1]))
    if not export.dynamic and (height, width) != export.size:
        raise InputError(f"it takes {list(export.size)} and nothing else, not {[height, width]}; leave #{size} out")
    if height % export.stride or width % export.stride:
        raise InputError(
            f"imgsz {[height, width]} is no multiple of the stride {export.stride}, which a call would round to"
        )
    return replace(export, size=(height, width))


def _known(export: Export) -> None:
    version = ".".join(map(str, export.version))
    if not FIRST <= export.version <= LAST:
        raise UnsupportedStep(
            f"it is of ultralytics {version}, whose prediction is not known (8.0 to 8.4 are); {WAY_ON}"
        )
    if export.task not in (*LETTERBOXED, "classify"):
        raise UnsupportedStep(
            f"its task is {shown(export.task)}, only {', '.join(LETTERBOXED)} and classify are known; {WAY_ON}"
        )
    if export.channels != 3:
        raise UnsupportedStep(f"it takes {export.channels} channels, only 3 are known; {WAY_ON}")
    if export.folder not in (*FIRST_CHANNELS, *LAST_CHANNELS):
        raise UnsupportedStep(
            f"it was exported as {export.folder}, and in what form that takes a picture is not known, only openvino_model, "
            f"ncnn_model, paddle_model and saved_model are; {WAY_ON}"
        )
    if export.dynamic and export.container == "yaml":
        raise UnsupportedStep(
            f"it takes open sizes, and which runtime runs it, on which the boxes depend, stands in no metadata.yaml; {WAY_ON}"
        )


def _opened() -> tuple[Step, ...]:
    origin = "ultralytics' loader: OpenCV"
    return Decode(library="opencv", channels="BGR", origin=origin), with_defaults(
        Orient(exif=True, origin=origin), set()
    )


def _letterboxed(export: Export) -> tuple[Step, ...]:
    height, width = export.size
    resize = Resize(
        mode="not_larger", height=height, width=width, kernel="linear", antialias=False, subpixel=False, library="opencv",
        rounding="half_even", origin="LetterBox",
    )  # fmt: skip
    fits = export.dynamic and export.version >= RECTANGLES
    pad = (
        Pad(divisor=export.stride, position="centre", fill=(GREY,), origin="LetterBox, stride, dynamic")
        if fits
        else Pad(height=height, width=width, position="centre", fill=(GREY,), origin="LetterBox, imgsz")
    )
    chosen = {"divisor"} if fits else {"height", "width"}
    return (
        *_opened(), with_defaults(resize, {"height", "width"}), with_defaults(pad, chosen),
        Colour(source="BGR", target="RGB", origin="preprocess"), *_laid_out(export, "preprocess"),
        _number_type(export), Normalize(std=(255.0,), origin="preprocess"),
    )  # fmt: skip


def _laid_out(export: Export, origin: str) -> tuple[Step, ...]:
    """Return the change of axes, which a SavedModel undoes: it is handed its channels last."""
    return () if export.folder in LAST_CHANNELS else (Layout(source="HWC", target="CHW", origin=origin),)


def _number_type(export: Export) -> Cast:
    if export.half is None:
        return Cast(dtype="unknown", origin="preprocess; whether the model takes float16 its metadata does not say")
    return Cast(dtype="float16" if export.half else "float32", origin="preprocess")


def _classified(export: Export) -> tuple[Step, ...]:
    height, width = export.size
    if height != width:
        raise UnsupportedStep(
            f"it classifies pictures of {height} x {width}, and versions treat edges that differ differently; {WAY_ON}"
        )
    return (
        *_opened(), *(_by_pillow(height) if export.version >= PILLOW else _by_opencv(height)),
        *_laid_out(export, "ToTensor"),
        *((Cast(dtype="float32", origin="ToTensor"), Normalize(std=(255.0,), origin="ToTensor"))),
        *((Normalize(mean=IMAGENET[0], std=IMAGENET[1], origin="Normalize"),) if export.version < NO_STATISTICS else ()),
        *(() if export.half is False else (_number_type(export),)),
    )  # fmt: skip


def _by_pillow(size: int) -> tuple[Step, ...]:
    """Return the shorter edge to the size, by Pillow, then the window in the middle: torchvision's own transforms."""
    resize = Resize(
        mode="shorter", size=size, kernel="linear", antialias=True, subpixel=False, library="pillow", rounding="floor",
        passes=installed_pillow_passes(), origin="Resize",
    )  # fmt: skip
    crop = Crop(height=size, width=size, rounding="half_even", out_of_bounds="pad", origin="CenterCrop")
    return (
        Colour(source="BGR", target="RGB", origin="preprocess"), with_defaults(resize, {"size"}),
        with_defaults(crop, {"height", "width"}),
    )  # fmt: skip


def _by_opencv(size: int) -> tuple[Step, ...]:
    """Return the largest square in the middle, then that to the size, by OpenCV: Ultralytics' own transforms."""
    crop = Crop(fraction=(1, 1), rounding="floor", out_of_bounds="error", origin="CenterCrop")
    resize = Resize(
        mode="stretch", height=size, width=size, kernel="linear", antialias=False, subpixel=False, library="opencv",
        rounding="none", origin="CenterCrop",
    )  # fmt: skip
    return (
        with_defaults(crop, set()), with_defaults(resize, {"height", "width"}),
        Colour(source="BGR", target="RGB", origin="ToTensor"),
    )  # fmt: skip
