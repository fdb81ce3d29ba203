"""Recipes of ``cv2.dnn.blobFromImage``: scale, swap, subtract the mean, multiply, channels first."""

from __future__ import annotations

from pixelparity.errors import InputError
from pixelparity.fields import within
from pixelparity.recipes import Cast, Colour, Crop, Decode, Layout, Normalize, Recipe, Resize, Step, with_defaults
from pixelparity.sources.blob.calls import DEPTHS, Blob, read
from pixelparity.sources.blob.pictures import prepared, scaled

_FLIPPED = {"RGB": "BGR", "BGR": "RGB"}


def recipe(target: str) -> Recipe:
    """Read the parameters of a blob, from a Python file or as a text of parameters.

    Raises ``InputError`` for what is no such call, ``UnsupportedStep`` for a value that the text does not hold, and for a
    picture, or a blob, with which the text does something that has no known meaning.
    """
    source = f"blob:{target}"
    with within(source):
        blob = read(str(target))
        before = prepared(blob)
        return Recipe(source=source, steps=(*before, *_geometry(blob), *_values(blob, _order(before))))


def _order(steps: tuple[Step, ...]) -> str:
    return next(step.target if isinstance(step, Colour) else step.channels for step in reversed(steps)
                if isinstance(step, Colour | Decode))  # fmt: skip


def _geometry(blob: Blob) -> tuple[Step, ...]:
    width, height = blob.parameters["size"]
    if (width, height) == (0, 0):
        return ()
    if 0 in (width, height):
        raise InputError(f"size is {[width, height]}, which has no pixels; give width and height, or leave it out")
    if not blob.parameters["crop"]:
        return (with_defaults(scaled(height, width, "linear", "size"), {"height", "width"}),)
    resize = Resize(
        mode="not_smaller", height=height, width=width, kernel="linear", antialias=False, subpixel=True, library="opencv",
        rounding="half_even", origin="size, crop; the scale is exact, from the corner",
    )  # fmt: skip
    crop = Crop(height=height, width=width, rounding="floor", out_of_bounds="error", origin="size, crop")
    return with_defaults(resize, {"height", "width", "mode"}), with_defaults(crop, {"height", "width"})


def _values(blob: Blob, order: str) -> tuple[Step, ...]:
    parameters = blob.parameters
    mean = (*parameters["mean"], 0.0, 0.0)[:3]  # a scalar of OpenCV: what is not given is 0, also of one number
    steps: list[Step] = []
    if parameters["ddepth"] == DEPTHS["CV_32F"]:
        cast = Cast(dtype="float32", origin="ddepth")
        steps.append(with_defaults(cast, {"dtype"} if "ddepth" in blob.given else set()))
    elif parameters["ddepth"] != DEPTHS["CV_8U"] or any(mean) or parameters["scalefactor"] != 1.0:
        raise InputError("ddepth is neither CV_32F nor CV_8U without mean and scalefactor: OpenCV makes no such blob")
    if parameters["swapRB"]:
        steps.append(Colour(source=order, target=_FLIPPED[order], origin="swapRB"))
    if parameters["ddepth"] == DEPTHS["CV_32F"]:
        subtract = Normalize(mean=mean, origin="mean, in the order after the swap")
        scale = Normalize(scale=parameters["scalefactor"], origin="scalefactor")
        steps.append(with_defaults(subtract, blob.given & {"mean"}))
        steps.append(with_defaults(scale, {"scale"} if "scalefactor" in blob.given else set()))
    return (*steps, Layout(source="HWC", target="CHW", origin="blob"))
