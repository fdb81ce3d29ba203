"""Both sides' final tensors, with the chains that lead to them from the reference's content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from pixelparity.diagnosis.model import layouts
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel

Array = NDArray[Any]
Pictures = tuple[Array, ...]
#: Half the step between two bytes: a value further off than that is rounded to another one.
_HALF_LEVEL = 0.5


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Both sides' final tensors (HWC), the reference's content in levels (0..255), and the chains from it to either side.

    ``base`` maps levels to the reference's values: constants that have a name where they fit.
    """

    reference: Pictures
    deployed: Pictures
    content: Pictures
    reference_chain: SideModel
    deployed_chain: SideModel
    base: ColourMap


def unscrambled(chain: SideModel, tensor: Array) -> Array:
    """Return a deployed tensor with a layout mistake undone."""
    return layouts.undo(chain.layout_error, tensor) if chain.layout_error else tensor
