"""Ask the families of values what differs between two maps from pixels (0..255) to what the model sees."""

from __future__ import annotations

from collections.abc import Callable

from pixelparity.diagnosis.families import looks, scale, statistics
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.value_maps import Draft, kind
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm


def name(reference: Norm, deployed: Norm, base: ColourMap, share: float | None = None) -> list[Finding]:
    """Name every value fault between two maps on pixels; an empty list if they agree within ``share``.

    ``base`` is the part of the map that comes before the chain that a finding mends.
    """
    if reference.close(deployed, share):
        return []
    return [draft.based(base) for draft in _drafts(reference, deployed)]


def _drafts(reference: Norm, deployed: Norm) -> list[Draft]:
    if (pixels := _first(looks.PIXELS, reference, deployed)) is not None:
        return [pixels]
    forms = kind(reference), kind(deployed)
    if forms[1] == "raw":
        return _left_out(reference, deployed, forms[0])
    if forms[0] == "raw":
        return [scale.added(reference, deployed)]
    if forms[1] == "scaled" != forms[0] and not statistics.is_symmetric(reference):
        return [statistics.missing(reference, deployed, ", it is fed x / 255")]
    return [_first(looks.CONSTANTS, reference, deployed) or statistics.other_constants(reference, deployed)]


def _first(
    question: looks.Question[Callable[[Norm, Norm], Draft | None]], reference: Norm, deployed: Norm
) -> Draft | None:
    return next((draft for look in question.looks() if (draft := look(reference, deployed)) is not None), None)


def _left_out(reference: Norm, deployed: Norm, form: str) -> list[Draft]:
    """Name the steps of the reference that serving, which feeds plain pixels, leaves out."""
    if form == "scaled":
        return [scale.missing(reference, deployed)]
    if form == "centred":
        return [statistics.missing(reference, deployed)]
    return [scale.missing_besides(deployed), statistics.missing_besides(reference, deployed)]
