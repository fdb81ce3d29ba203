"""The service's preprocessing: the training's, rewritten with OpenCV by somebody who read it carefully.

It runs, its tensors have the right shape, and the answers are wrong. How many faults do you see?
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

LAYOUT, CHANNELS = "HWC", "RGB"
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def preprocess(path: Path) -> dict[str, Any]:
    """Return the tensor after every step, by the step's name."""
    decoded = cv2.imread(str(path))
    height, width = decoded.shape[:2]
    scale = 256 / min(height, width)
    resized = cv2.resize(decoded, (round(width * scale), round(height * scale)))
    top, left = (resized.shape[0] - 224) // 2, (resized.shape[1] - 224) // 2
    cropped = resized[top : top + 224, left : left + 224]
    normalized = (cropped.astype(np.float32) - MEAN) / STD
    return {"decode": decoded, "resize": resized, "crop": cropped, "normalize": normalized}
