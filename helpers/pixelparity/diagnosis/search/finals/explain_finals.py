"""Name causes from final tensors alone, and confirm each by undoing it on deployed tensors that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.families import (
    channels,
    kernel,
    looks,
    number_type,
    padding,
    statistics,
    value_maps,
)
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.measure import remaining, residuals
from pixelparity.diagnosis.model import colours, constants
from pixelparity.diagnosis.model.colours import RGB_CHANNELS, ColourMap
from pixelparity.diagnosis.search.elimination import Outcome
from pixelparity.diagnosis.search.finals import alignment
from pixelparity.diagnosis.search.finals.pairing import Pairing, Pictures
from pixelparity.diagnosis.search.finals.places import places
from pixelparity.diagnosis.search.finals.trials import confirmed
from pixelparity.diagnosis.search.finals.undoing import FinalsState, left_over, lefts

Array = NDArray[Any]


def explain(
    reference: Pictures,
    deployed: Pictures,
    bounds: tuple[float, float] | None,
    train: Sequence[int],
    held: Sequence[int],
) -> tuple[Outcome[Finding], dict[str, float], FinalsState]:
    """Return what was kept and dropped with its evidence (reference's units), and what is left: largest and mean difference."""
    pairing = _settled(alignment.pair(reference, deployed, bounds, train))
    late = padding.put_on_late(pairing.reference_chain, pairing.deployed_chain)
    pairing = replace(pairing, deployed_chain=replace(pairing.deployed_chain, pads_after_normalise=late))
    if alignment.likeness(pairing) < thresholds.now().finals.alike_min_share:
        known = FinalsState(pairing=replace(pairing, deployed_chain=pairing.reference_chain), chained=())
        plain = remaining.over(remaining.apart(deployed[i], reference[i]) for i in held)
        return Outcome(kept=(), dropped=()), plain, known
    chained = places(pairing) + channels.differences(
        pairing.reference_chain, pairing.deployed_chain, colours.identity(pairing.base.matrix.shape[1])
    )
    known = FinalsState(pairing=pairing, chained=tuple(chained))
    known = _residue(known, [*train, *[i for i in held if i not in train]])
    known, outcome = confirmed(known, held)
    return outcome, left_over(known, held), known


def _by_brightness(pairing: Pairing) -> ColourMap | None:
    """Return the reference's or other known constants under which the brightness agrees though the colours do not.

    Where the colour planes differ, each channel's own fit is biased; the brightness tells the constants.
    """
    base, deployed_chain = pairing.base, pairing.deployed_chain
    if base.matrix.shape != (RGB_CHANNELS, RGB_CHANNELS):
        return None
    usual = (*statistics.mistakes(value_maps.norm(base)), *constants.usual_norms(3))
    options = [base, *(colours.plain((0, 1, 2), np.array(one.gain), np.array(one.offset), 3) for one in usual)]
    scored = []
    shown = lefts(FinalsState(pairing=pairing, chained=()), range(min(2, len(pairing.content)))).values()
    # Every third pixel of every third row, in the units of the deployed tensors: each option makes levels of its own.
    parts = [[side[::3, ::3].reshape(-1, 3) for side in one.pair] for one in shown]
    if parts:
        reference_chain, seen = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        seen = deployed_chain.colour.apply(seen)
        for n, option in enumerate(options):
            off = option.invert().apply(seen) - reference_chain
            for weights in (colours.LUMA, colours.LUMA[::-1]):
                scored.append((float(np.abs(off @ weights).mean()), n, float(np.abs(off).mean())))
    if not scored:
        return None
    bright, n, whole = min(scored)
    at = thresholds.now().finals
    alike = bright < at.brightness_max_share * whole and bright < at.brightness_max_levels
    return options[n] if alike and whole > at.loud_levels else None


def _settled(pairing: Pairing) -> Pairing:
    """Return the pairing with the deployed map snapped to the reference's or to constants that have a name, where it is near.

    What a fit makes of rounding and of noise must not be undone: it would hide what is left.
    """
    deployed_chain, base = pairing.deployed_chain, pairing.base
    if deployed_chain.colour.kind == "per_image" or deployed_chain.colour.matrix.shape != base.matrix.shape:
        return pairing
    if (
        deployed_chain.yuv_error is None
        and deployed_chain.residual > thresholds.now().finals.loud_levels
        and (found := _by_brightness(pairing)) is not None
    ):
        return replace(pairing, deployed_chain=replace(deployed_chain, colour=found))
    if deployed_chain.colour.kind != "plain":
        return pairing
    seen, width = value_maps.norm(deployed_chain.colour), base.matrix.shape[1]
    wanted = value_maps.norm(colours.plain(deployed_chain.colour.order, base.gain, np.asarray(base.offset), width))
    at = thresholds.now().finals
    share = at.constants_share if deployed_chain.yuv_error is None else at.constants_yuv_share
    exact = wanted if seen.close(wanted) else constants.nearest_usual(seen, share, statistics.mistakes(wanted))
    if exact is None:
        return pairing
    snapped = colours.plain(deployed_chain.colour.order, np.array(exact.gain), np.array(exact.offset), width)
    return replace(pairing, deployed_chain=replace(deployed_chain, colour=snapped))


def _residue(known: FinalsState, images: Sequence[int]) -> FinalsState:
    """Look at what is left, name the largest part, undo it, and look again."""
    if (
        known.pairing.reference[0].shape[2] != known.pairing.deployed[0].shape[2]
        or known.pairing.deployed_chain.rounds_output
    ):
        return known  # what is not there any more differs, and that says nothing
    seen = lefts(known, images[: thresholds.now().finals.looked_at_images])
    if not seen or max(residuals.gap(one) for one in seen.values()) < thresholds.now().noise.quiet_levels:
        return known
    swapped = "reversed" in _base_name(known)
    own = (
        known.pairing.deployed_chain.colour.kind == "per_image"
    )  # fitted picture by picture: no lattice is left to look at
    # A picture that had to be resampled to be compared shows that resampling: displacement and kernel are not told then.
    zoomed = any(f.family in ("resize_mode", "target_size", "exif_orientation") and not f.images for f in known.chained)
    for look in looks.FINALS.looks():
        found = look(looks.Left(lefts=seen, zoomed=zoomed, per_picture=own, blue_first=swapped))
        if found is not None:
            known = replace(known, restored=(*known.restored, found))
            # Blended pictures are odd: what they are made of cannot be undone well enough to tell more from them.
            odd = found[0].images if found[0].family == "alpha_gray" else ()
            seen = lefts(known, [i for i in seen if i not in odd])
    telling = residuals.telling(seen)
    nothing = thresholds.now().noise.resize_mean_levels + sum(
        number_type.lost(finding) for finding, _ in known.restored
    )
    if telling and np.mean([residuals.gap(one) for one in telling.values()]) > nothing and not zoomed:
        known = replace(known, restored=(*known.restored, *kernel.resampled(telling)))
    return known


def _base_name(known: FinalsState) -> str:
    return constants.name_of(value_maps.norm(known.pairing.base))
