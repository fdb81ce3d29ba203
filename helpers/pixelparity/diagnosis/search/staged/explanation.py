"""What is known of two sides once their chains are identified: the chains, and the findings with the stage that each is at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis.families.finding import Finding, Mend
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.stages import Stage

Array = NDArray[Any]
Pictures = tuple[Array, ...]


@dataclass(frozen=True, kw_only=True)
class StageFinding:
    """A finding with the segment it is in (0 is the starting point) and the stage it is at.

    ``along`` are mends of other segments that belong to it: constants that went with a swapped order.
    """

    finding: Finding
    segment: int
    stage: str
    along: tuple[tuple[int, Mend], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Both sides as chains, segment by segment; the first chain leads from the reference's pictures to each side's own.

    ``pictures`` are the reference's, ``seen`` the deployed side's.
    """

    pictures: Pictures
    seen: Pictures
    reference_chains: tuple[SideModel, ...]
    deployed_chains: tuple[SideModel, ...]
    located: tuple[StageFinding, ...]


def pixels(start: Stage | None, pictures: Pictures) -> ColourMap:
    """Return the map from pixels 0..255 to the starting tensors, by the declared range."""
    width = pictures[0].shape[2]
    bounds = start.value_range if start is not None else None
    if pictures[0].dtype == np.uint8 or bounds is None:
        return colours.identity(width)
    gain, offset = (bounds[1] - bounds[0]) / 255, bounds[0]
    return colours.plain(range(width), np.full(width, gain), np.full(width, offset), width)


def total(chains: Sequence[SideModel], base: ColourMap | None = None) -> ColourMap | None:
    """Return the channel map of several chains one after the other, or nothing where one of them is not plain."""
    out = base
    for chain in chains:
        if chain.colour.kind != "plain":
            return None
        if out is not None and out.matrix.shape[0] != chain.colour.matrix.shape[1]:
            return None
        out = chain.colour if out is None else chain.colour.after(out)
    return out
