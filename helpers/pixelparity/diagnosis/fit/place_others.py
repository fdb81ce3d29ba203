"""Find where every other picture lies once kernel and places of a few, the probes, are settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC
from pixelparity.diagnosis.fit.locate import (
    NEUTRAL,
    RULES,
    by_rule,
    closeness,
    exactly,
    locate,
    locate_region,
    locate_turned,
    nudged,
    settle,
)
from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.side_model import SideModel


def place_others(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], probes: Sequence[int]) -> SideModel:
    """Return the model with the place of every image that is no probe, found with the kernel known.

    ``known`` says of each whether its tensor told anything.
    """
    out, known = list(model.placements), list(model.known)
    enough = _enough(model, sources, targets, probes)
    rule = _common_rule(model, sources, probes)
    hints = list(dict.fromkeys(model.placements[j] for j in probes if model.known[j]))
    for i, (x, y) in enumerate(zip(sources, targets, strict=True)):
        if i in probes:
            continue
        ruled = None if rule is None else _by_common_rule(x, y, rule, model, enough)
        out[i], known[i] = _place_other(x, y, hints, model, enough) if ruled is None else (ruled, True)
    return replace(model, placements=tuple(out), known=tuple(known))


def _enough(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], probes: Sequence[int]) -> float:
    """Return how close a place has to be: about as close as the probes, which were settled pixel by pixel."""
    at = thresholds.now().fit
    best = [
        closeness(sources[j], targets[j], model.placements[j], model.resampling, at.grid_points)
        for j in probes
        if model.known[j]
    ]
    return 1 - at.rule_slack * (1 - min((s for s in best if not np.isnan(s)), default=1.0))


def _by_common_rule(
    source: HWC, target: HWC, rule: tuple[str, Placement], model: SideModel, enough: float
) -> Placement | None:
    """Return the place of an image by the rule of the probes, if it is close enough."""
    place = by_rule(rule[0], source.shape, (target.shape[0], target.shape[1]), rule[1])
    place = exactly(source, target, place, model.resampling) if model.subpixel_scale else place
    close = closeness(source, target, place, model.resampling, thresholds.now().fit.grid_points)
    return place if close >= enough else None


def _place_other(
    source: HWC, target: HWC, hints: Sequence[Placement], model: SideModel, enough: float
) -> tuple[Placement, bool]:
    """Return the place of an image, and whether it is known, looked up in its own tensor."""
    at = thresholds.now().fit
    how = NEUTRAL if model.resampling.centre == "half" else model.resampling
    place, score = locate(source, target, (1,), hints, how)
    if score <= at.explained_fair_share:
        place, score = locate_turned(source, target, (place, score))
    known = score > at.explained_min_share
    good = at.place_good_share
    if score <= good and not closeness(source, target, place, model.resampling) > good:
        place, score = _elsewhere(source, target, place, score, model)
        known = score > at.explained_min_share
    if placement.needs_resampling(place) and place.region is None:
        place = exactly(source, target, place, model.resampling) if model.subpixel_scale else place
        if not closeness(source, target, place, model.resampling, at.grid_points) >= enough:
            place = settle(source, target, place, model)
    return place, known


def _elsewhere(source: HWC, target: HWC, place: Placement, score: float, model: SideModel) -> tuple[Placement, float]:
    """Return a place some pixels beside the one of the others' rule where that fits, else that of a part of the picture."""
    at = thresholds.now().fit
    if placement.needs_resampling(place) and place.region is None:
        beside = settle(source, target, place, model)
        got = closeness(source, target, beside, model.resampling, at.grid_points)
        if got > at.place_good_share:
            return beside, got
    part, score = locate_region(source, target, (place, score))
    return (nudged(source, target, part, model.resampling) if part.region is not None else part), score


def _common_rule(model: SideModel, sources: Sequence[HWC], probes: Sequence[int]) -> tuple[str, Placement] | None:
    """Return the rule, with a placement to start from, that all resampled probes of more than one shape follow; else nothing."""
    found = {i: model.placements[i] for i in probes if model.known[i]}
    resized = all(placement.needs_resampling(f) and f.region is None for f in found.values())
    if not resized or len({sources[i].shape for i in found}) < 2:
        return None
    for hint, rule in product(found.values(), RULES):
        made = (by_rule(rule, sources[i].shape, f.canvas, hint) for i, f in found.items())
        if all(_position(m) == _position(f) for m, f in zip(made, found.values(), strict=True)):
            return rule, hint
    return None


def _position(place: Placement) -> tuple[Any, ...]:
    return place.code, place.size, place.origin
