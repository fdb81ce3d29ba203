"""Find the quality of a JPEG round trip by doing it again: what is left falls to nothing at the right one, and only there.

A quality sets the steps of 64 frequencies of each 8 x 8 block. With other steps other multiples are kept, so that what is left
rises on both sides of the right quality, and one search along the qualities finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Qualities that a first look takes, and the step of the second; between them what is left falls towards the right one.
_COARSE, _STEP = (42, 56, 68, 78, 86, 92, 96), 3
_LEAST, _MOST = 30, 98


@dataclass(frozen=True, kw_only=True, order=True)
class RoundTrip:
    """A JPEG round trip: ``quality`` 1 to 100, ``subsampling`` of the colours 4:2:0 or 4:4:4."""

    quality: int
    subsampling: str = "4:2:0"


def best(left: Callable[[RoundTrip], float]) -> tuple[RoundTrip, float]:
    """Return the round trip that leaves least, and how much; ``left`` says what one of them leaves, of about forty."""
    known: dict[RoundTrip, float] = {}
    for subsampling in ("4:2:0", "4:4:4"):
        quality = 0
        for reach, step in ((0, 1), (2 * _STEP, _STEP), (_STEP - 1, 1)):
            tried = range(quality - reach, quality + reach + 1, step) if reach else _COARSE
            trips = [RoundTrip(quality=q, subsampling=subsampling) for q in tried if _LEAST <= q <= _MOST]
            known |= {trip: left(trip) for trip in trips if trip not in known}
            own = {trip: value for trip, value in known.items() if trip.subsampling == subsampling}
            quality = min(own, key=own.__getitem__).quality
    found = min(known, key=known.__getitem__)
    return found, known[found]
