"""Ask the families of orientation, size, place and kernel what differs between two chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pixelparity.diagnosis.families import (
    batch_padding,
    frames,
    kernel,
    orientation,
    padding,
    padding_rule,
    places,
    rounding,
    size,
)
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.frames import Frames, knows
from pixelparity.diagnosis.fit import edit_placement, resize_rules
from pixelparity.diagnosis.fit.resize_rules import Rule
from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.placement import Pair
from pixelparity.diagnosis.model.side_model import SideModel

#: Both sides' source shapes per image, (height, width) in pixels.
Shapes = Sequence[tuple[Pair, Pair]]
#: The rules that agree with the reference's and with the deployed sizes, the likeliest first.
Rules = tuple[list[Rule], list[Rule]]


def differences(reference: SideModel, deployed: SideModel, shapes: Shapes, *, stored: bool = True) -> list[Finding]:
    """Name the differences in orientation, size, position and kernel; ``shapes`` are both sides' source shapes per image.

    ``stored`` says that both chains start from the pictures as their files hold them: then it shows which side turns them.
    """
    found = orientation.turned(reference, deployed, stored=stored)
    every = range(len(reference.placements))
    located = [i for i in every if knows(reference, i) and knows(deployed, i)]
    which = [i for i in located if _comparable(reference, deployed, shapes, i)]
    rules = _rules(reference, deployed, shapes, located)
    sizes = _sizes(frames.of(reference, deployed, which), rules) if which else []
    if len(which) < len(located) and all(f.family in ("target_size", "batch_padding") for f in sizes):
        # A step before gave the sides other pictures: their rules tell what their pixels do not.
        sizes = _by_rules(frames.of(reference, deployed, located), rules) or sizes
    return found + sizes + kernel.differences(reference, deployed, located)


def _comparable(reference: SideModel, deployed: SideModel, shapes: Shapes, image: int) -> bool:
    """Say whether an image's upright sources have one shape on both sides."""
    sides = zip(shapes[image], (reference.placements[image], deployed.placements[image]), strict=True)
    return len({placement.turned_shape(shape, frame.code) for shape, frame in sides}) == 1


def _rules(reference: SideModel, deployed: SideModel, shapes: Shapes, which: Sequence[int]) -> Rules:
    """Return the rules that agree with each side's sizes, whatever pictures a step before gave it."""
    found = []
    for side, chain in enumerate((reference, deployed)):
        chosen = [chain.placements[i] for i in which]
        upright = [placement.turned_shape(shapes[i][side], f.code) for i, f in zip(which, chosen, strict=True)]
        found.append(resize_rules.rules(upright, [f.size for f in chosen], chosen[0].canvas) if chosen else [])
    return found[0], found[1]


def _regular(rules: Rules) -> bool:
    return all(side[0].mode != "other" for side in rules)


def _sizes(shown: Frames, rules: Rules) -> list[Finding]:
    """Compare sizes of equal pictures, and places where the sizes agree."""
    if any(a.region != b.region for a, b in shown.pairs):
        return [size.other_region(shown)]
    # The rules of all resampled pictures together tell a mode; single pixels on some pictures tell a rounding.
    gaps = shown.size_gaps
    if max(gaps) == 0:
        return places.differences(shown)
    if max(gaps) == 1 and (resize_rules.same(*rules) or not _regular(rules)):
        return [rounding.of_sizes(shown)]
    found = size.other_rule(shown, *resize_rules.closest(*rules))
    # Where only some pictures change, as with a cap, they alone tell what a mend removes.
    moved = tuple(i for i, gap in zip(shown.images, gaps, strict=True) if gap)
    if len(moved) < len(shown.images):
        found = replace(found, images=moved)
    if not (shown.anchors_differ and shown.both_padded):
        return [found]
    model = shown.model
    mend = lambda chain: replace(chain, placements=edit_placement.resized(chain, model, keep_place=True))  # noqa: E731
    return [replace(found, mend=mend), padding.elsewhere(shown)]


def _by_rules(shown: Frames, rules: Rules) -> list[Finding]:
    """Compare the rules of both sides where a step before (an orientation, another size) gave them other pictures."""
    sides = (shown.reference, shown.deployed)
    parts = [all(f.region is not None for f in side) for side in sides]
    if parts[0] != parts[1]:
        return [size.other_region(shown)]
    if any(f.region is not None for side in sides for f in side):
        return []
    resampled = [any(placement.needs_resampling(f) for f in side) for side in sides]
    if resampled[0] != resampled[1]:
        one, two = (side[0] if seen else Rule(mode="none") for side, seen in zip(rules, resampled, strict=True))
        return [size.other_rule(shown, one, two)] if "other" not in (one.mode, two.mode) else []
    if any(resampled) and not resize_rules.same(*rules):
        return [size.other_rule(shown, *resize_rules.closest(*rules))] if _regular(rules) else []
    if any(resampled) and _rounded_otherwise(rules):
        return [rounding.of_sizes(shown)]
    return _places_by_rules(shown)


def _rounded_otherwise(rules: Rules) -> bool:
    """Say whether both sides have one goal, and no one way of rounding agrees with both."""
    pairs = [(a, b) for a in rules[0] for b in rules[1] if a.goal == b.goal and a.roundings and b.roundings]
    return bool(pairs) and not any(set(a.roundings) & set(b.roundings) for a, b in pairs)


def _places_by_rules(shown: Frames) -> list[Finding]:
    found = []
    if ruled := padding_rule.differences(shown):
        return ruled
    if edit_placement.batched(shown.reference, shown.deployed):
        found.append(batch_padding.other_canvas(shown))
    if shown.anchors_differ:
        in_padding = frames.padded(shown.reference)
        found.append(padding.elsewhere(shown) if in_padding else size.other_window(shown))
    # Where one side's own rule halves odd gaps otherwise than the other's, it does so on every picture.
    elif rounding.halved_otherwise(shown):
        found.append(rounding.of_halves(shown))
    return found
