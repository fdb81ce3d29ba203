"""What the families are asked, and in which order: a look is entered beside the family that it can name.

Each question has looks of one form. They come in the order of their modules and lines, but for those that have to come ahead
of others, which say so where they are entered.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pixelparity.diagnosis.arrays import Samples
from pixelparity.diagnosis.families.finding import Finding, Named
from pixelparity.diagnosis.families.value_maps import Draft
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.readings import USUAL

Look = TypeVar("Look", bound=Callable[..., Any])


class Question(Generic[Look]):
    """One question and who can answer it."""

    def __init__(self) -> None:
        self._looks: dict[str, Look] = {}
        self._ahead_of: dict[str, tuple[str, ...]] = {}

    def look(self, *, ahead_of: Sequence[str] = ()) -> Callable[[Look], Look]:
        """Enter a function. ``ahead_of`` names others, ``module.function``, that take what this one knows for theirs."""

        def enter(function: Look) -> Look:
            name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
            self._looks[name], self._ahead_of[name] = function, tuple(ahead_of)
            return function

        return enter

    def looks(self) -> list[Look]:
        """Return the functions in the order in which they are asked.

        Raises ``ValueError`` where one comes ahead of a look that nobody entered, or where no order pleases all.
        """
        waits = dict.fromkeys(self._looks, 0)
        for name, others in self._ahead_of.items():
            for other in others:
                if other not in waits:
                    raise ValueError(f"the look {name} comes ahead of {other!r}, which nobody entered")
                waits[other] += 1
        ready = [(self._place(name), name) for name, others in waits.items() if not others]
        heapq.heapify(ready)
        order: list[Look] = []
        while ready:
            _, name = heapq.heappop(ready)
            order.append(self._looks[name])
            for other in self._ahead_of[name]:
                waits[other] -= 1
                if not waits[other]:
                    heapq.heappush(ready, (self._place(other), other))
        if len(order) < len(self._looks):
            raise ValueError(f"looks come ahead of each other: {', '.join(n for n, left in waits.items() if left)}")
        return order

    def _place(self, name: str) -> tuple[str, int]:
        function = self._looks[name]
        return function.__module__, function.__code__.co_firstlineno


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left between final tensors, by the image's number, and how they were brought together.

    ``zoomed`` says that some had to be resampled for it, ``per_picture`` that each picture's values were fitted by
    themselves, ``blue_first`` that the tensors' first channel is blue.
    """

    lefts: Mapping[int, Residual]
    zoomed: bool = False
    per_picture: bool = False
    blue_first: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Files of one kind (a key of ``readings.USUAL``) that the sides read otherwise: labels, empty for the usual reading.

    ``images`` are the numbers of those files, none for all.
    """

    kind: str
    reference: str
    deployed: str
    images: tuple[int, ...] = ()

    @property
    def words(self) -> tuple[str, str]:
        """Return how both sides read them, in words, reference first."""
        return self.reference or USUAL[self.kind], self.deployed or USUAL[self.kind]


#: Two normalisations that part: a fault of the pixels before them, whatever the forms of the two.
PIXELS: Question[Callable[[Norm, Norm], Draft | None]] = Question()
#: Two normalisations of other constants, the plainest mistake first; constants that fit nothing here are other constants.
CONSTANTS: Question[Callable[[Norm, Norm], Draft | None]] = Question()
#: The models of both sides, reference first, and the map of what comes before them: what happens to values.
VALUES: Question[Callable[[SideModel, SideModel, ColourMap], list[Finding]]] = Question()
#: Files that decoders read in several ways, and how both sides read them.
READ: Question[Callable[[Reading], Finding | None]] = Question()
#: Pixels of coloured pictures of the same files as both sides decode them, (pixels, 3) in levels, reference first.
DECODED: Question[Callable[[Samples, Samples], Finding | None]] = Question()
#: What is left of final tensors: each finding is undone before the next look.
FINALS: Question[Callable[[Left], Named | None]] = Question()
