"""The arrays of the diagnosis by shape, layout, dtype and range: one alias for each, used in signatures.

The aliases are for readers and for the type checker's dtype; shapes are stated here and are checked where data enters
(:mod:`pixelparity.diagnosis.measure.matching`). Axes are named h (height), w (width), c (channels), n (samples).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Any numeric array; what it holds is said where it is used.
Array = NDArray[Any]
#: A picture or tensor, (h, w, c), height first, any numeric dtype, in the units of its stage.
HWC = NDArray[Any]
#: A picture or tensor, (c, h, w), channels first, any numeric dtype, in the units of its stage.
CHW = NDArray[Any]
#: One channel of a picture, (h, w), any numeric dtype.
Plane = NDArray[Any]
#: Pixels after resampling, (h, w, c) float32 in levels: 0..255 for pictures, neither rounded nor clipped unless it is said.
Levels = NDArray[np.float32]
#: Pixels in a list, (n, c), any numeric dtype: what estimators fit on.
Samples = NDArray[Any]
#: One number per sample, (n,): weights, or the number of the image that a sample is from.
PerSample = NDArray[Any]
#: One number per channel, (c,) float64: gains, offsets, means.
PerChannel = NDArray[np.float64]
#: A map between channels, (c out, c in) float64.
Matrix = NDArray[np.float64]
#: The weights of one axis of a resampling, (size out, size in) float32, rows summing to 1.
AxisWeights = NDArray[np.float32]
#: Row, column or sample numbers, (n,) int64, ascending where it is not said otherwise.
Indices = NDArray[np.int64]
#: True where something holds, any shape.
Mask = NDArray[np.bool_]
#: Edges of histogram bins, (bins + 1,) float64, ascending.
BinEdges = NDArray[np.float64]
#: How often values occur, (..., bins) int64.
Counts = NDArray[np.int64]

#: Different values that a byte has.
BYTE_VALUES = 256
#: Channels of a colour picture without alpha.
RGB_CHANNELS = 3
