"""The two preprocessing steps of the surface classifier that MMPretrain does not bring along.

mmcv's ``Resize(keep_ratio=True)`` turns its box to the picture's orientation and its ``CenterCrop(auto_pad=True)`` pads
at the right and the bottom; this model was trained on pictures that fit an upright box and lie in its centre. Each
transform says what it does in the words of a recipe (``recipe_steps``), so that a recipe can be read from the config.
"""

from __future__ import annotations

from typing import Any

import cv2
import mmcv
from mmcv.transforms import BaseTransform
from mmpretrain.registry import TRANSFORMS

from pixelparity import recipes


def fitted_size(height: int, width: int, box: tuple[int, int]) -> tuple[int, int]:
    """Return (height, width) of a picture scaled, ratio kept, to the largest size that fits ``box`` (height, width).

    The edge that does not touch the box is rounded half up, in exact integer arithmetic.
    """
    box_height, box_width = box
    if height * box_width >= width * box_height:
        return box_height, max(1, (2 * width * box_height + height) // (2 * height))
    return max(1, (2 * height * box_width + width) // (2 * width)), box_width


@TRANSFORMS.register_module()
class ResizeToFit(BaseTransform):
    """Resize to the largest size that fits ``size`` (height, width), ratio kept, OpenCV bilinear."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = (int(size[0]), int(size[1]))

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace ``img`` (HWC uint8) and ``img_shape``."""
        source_height, source_width = results["img"].shape[:2]
        height, width = fitted_size(source_height, source_width, self.size)
        results["img"] = mmcv.imresize(results["img"], (width, height), interpolation="bilinear", backend="cv2")
        results["img_shape"] = (height, width)
        return results

    def recipe_steps(self) -> tuple[recipes.Step, ...]:
        """Return what this transform does, as recipe steps."""
        return (
            recipes.Resize(
                mode="not_larger", height=self.size[0], width=self.size[1], kernel="linear", antialias=False,
                subpixel=False, library="opencv", rounding="floor_plus_half", origin="ResizeToFit",
            ),
        )  # fmt: skip


@TRANSFORMS.register_module()
class PadToCentre(BaseTransform):
    """Fill up with ``fill`` to ``size`` (height, width); the picture lies in the centre, an odd pixel goes below and right."""

    def __init__(self, size: tuple[int, int], fill: int = 0) -> None:
        self.size = (int(size[0]), int(size[1]))
        self.fill = int(fill)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace ``img`` (HWC uint8) and ``img_shape``."""
        height, width = results["img"].shape[:2]
        top, left = (self.size[0] - height) // 2, (self.size[1] - width) // 2
        bottom, right = self.size[0] - height - top, self.size[1] - width - left
        results["img"] = cv2.copyMakeBorder(
            results["img"], top, bottom, left, right, cv2.BORDER_CONSTANT, value=(self.fill,) * 3
        )
        results["img_shape"] = self.size
        return results

    def recipe_steps(self) -> tuple[recipes.Step, ...]:
        """Return what this transform does, as recipe steps."""
        return (
            recipes.Pad(
                height=self.size[0], width=self.size[1], position="centre", fill=(float(self.fill),) * 3,
                origin="PadToCentre",
            ),
        )  # fmt: skip
