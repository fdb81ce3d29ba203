"""The training's preprocessing: short edge to 256 with Pillow, the middle 224 x 224, ImageNet's statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

LAYOUT, CHANNELS = "HWC", "RGB"
VALUE_RANGE = {"decode": (0, 255), "resize": (0, 255), "crop": (0, 255), "normalize": (-2.12, 2.64)}
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def preprocess(path: Path) -> dict[str, Any]:
    """Return the tensor after every step, by the step's name."""
    decoded = Image.open(path).convert("RGB")
    scale = 256 / min(decoded.size)
    resized = decoded.resize((round(decoded.width * scale), round(decoded.height * scale)), Image.Resampling.BILINEAR)
    left, top = (resized.width - 224) // 2, (resized.height - 224) // 2
    cropped = resized.crop((left, top, left + 224, top + 224))
    normalized = (np.asarray(cropped, np.float32) / 255 - MEAN) / STD
    return {"decode": decoded, "resize": resized, "crop": cropped, "normalize": normalized}
