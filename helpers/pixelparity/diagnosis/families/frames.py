"""Where both sides have pictures of the same images: what the families of size and place are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.side_model import SideModel

#: The kinds of stage that a size, a place in the picture, or a place in its padding can sit in.
RESIZE = ("resize", "crop", "pad", "other")
CROP = ("crop", "resize", "pad", "other")
PAD = ("pad", "crop", "resize", "other")


def knows(chain: SideModel, image: int) -> bool:
    """Say whether a chain's place of an image was found."""
    return not chain.known or chain.known[image]


@dataclass(frozen=True, kw_only=True)
class Frames:
    """The places of some images on both sides; ``model`` is the reference's chain, ``images`` are their numbers."""

    model: SideModel
    reference: tuple[Placement, ...]
    deployed: tuple[Placement, ...]
    images: tuple[int, ...]

    @property
    def pairs(self) -> list[tuple[Placement, Placement]]:
        """Return the reference's and the deployed place of each image."""
        return list(zip(self.reference, self.deployed, strict=True))

    @property
    def anchors(self) -> tuple[str, str]:
        """Return where each side's canvas lies over its pictures, as :func:`edit_placement.anchor` says it."""
        return edit_placement.anchor(self.reference), edit_placement.anchor(self.deployed)

    @property
    def anchors_differ(self) -> bool:
        """Say whether both sides' places are clear, and not the same."""
        reference, deployed = self.anchors
        return reference != deployed and "" not in (reference, deployed)

    @property
    def both_padded(self) -> bool:
        """Say whether each side pads some pictures."""
        return padded(self.reference) and padded(self.deployed)

    @property
    def size_gaps(self) -> list[int]:
        """Return by how many pixels each image's sizes differ, on the axis that differs more."""
        return [max(abs(x - y) for x, y in zip(a.size, b.size, strict=True)) for a, b in self.pairs]

    def in_canvases_of_the_reference(self) -> Frames:
        """Return the frames with the deployed pictures where they are, in the reference's canvases."""
        inner = tuple(replace(b, canvas=a.canvas) for a, b in self.pairs)
        return replace(self, deployed=inner)


def padded(chosen: Sequence[Placement]) -> bool:
    """Say whether some of a side's pictures lie in a border."""
    return any(place.padded for place in chosen)


def of(reference: SideModel, deployed: SideModel, images: Sequence[int]) -> Frames:
    """Return the places of some images on both sides."""
    reference_places, deployed_places = (tuple(side.placements[i] for i in images) for side in (reference, deployed))
    return Frames(model=reference, reference=reference_places, deployed=deployed_places, images=tuple(images))
