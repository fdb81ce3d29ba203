"""Another rule for the size that pictures are padded to: to a multiple, to a square, to one fixed size, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pixelparity.diagnosis.families import padding
from pixelparity.diagnosis.families.finding import Finding, numbers
from pixelparity.diagnosis.families.frames import PAD, Frames
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="padding_rule",
        title="Padded by another rule",
        words="pictures are padded to a size that follows from another rule",
        differs="padded to a multiple, to a square, to one size, or not at all",
        with_stages="how each side's canvases follow from the sizes of its pictures",
        from_finals="yes, where the border has one colour",
        steps=("pad", "crop", "other"),
        twins=("batch_padding", "target_size"),
    ),
)


def differences(frames: Frames) -> list[Finding]:
    """Name two rules by which pictures are padded, and another place in the canvas where both sides' places are clear.

    Nothing is named where a side cuts pictures, has canvases without a rule, or pads to the largest of a batch.
    """
    inside = all(
        c >= s for side in frames.pairs for place in side for s, c in zip(place.size, place.canvas, strict=True)
    )
    rules = [_rules(side) for side in (frames.reference, frames.deployed)]
    if not inside or not all(rules) or all("fixed" in side for side in rules):
        return []
    if any(rules[1].get(kind) == number for kind, number in rules[0].items()):
        return []
    if _behind_its_own(frames):
        return []
    found = _other_rule(frames, rules[0], rules[1])
    if not (frames.anchors_differ and frames.both_padded):
        return [found]
    mend = lambda chain: _mended(chain, frames.model, keep_place=True)  # noqa: E731
    return [replace(found, mend=mend), padding.elsewhere(frames)]


def _behind_its_own(frames: Frames) -> bool:
    """Say whether every tensor has the reference's border and one more behind it, to the largest tensor: a batch's.

    Pictures in the centre of their own tensors would have moved if another rule made these.
    """
    largest = tuple(max(place.canvas[k] for place in frames.reference) for k in (0, 1))
    places = [(a.box[:2], b.box[:2]) for a, b in frames.pairs]
    framed = any(any(own) for own, _ in places)
    return framed and all(own == other for own, other in places) and {b.canvas for b in frames.deployed} == {largest}


def _mended(chain: SideModel, reference: SideModel, *, keep_place: bool = False) -> SideModel:
    """Return a chain with the reference's canvases; one that has no border yet gets the reference's colour."""
    moved = replace(chain, placements=edit_placement.resized(chain, reference, keep_place=keep_place))
    return padding.with_border_of(moved, reference) if chain.fill is None else moved


#: The rules that agree with a side's canvases, with their number or size, the one to say first.
Rules = Mapping[str, int | Pair]


def _rules(chosen: Sequence[Placement]) -> Rules:
    kinds = edit_placement.canvas_kinds(chosen)
    found: dict[str, int | Pair] = {}
    if "free" in kinds:
        found["none"] = 1
    if all(place.canvas == (max(place.size), max(place.size)) for place in chosen):
        found["square"] = 1
    elif "batch" in kinds and not _fits_each(chosen):
        return {}
    if "fixed" in kinds:
        found = {"fixed": chosen[0].canvas, **found}
    if "divisor" in kinds:
        found["multiple"] = kinds["divisor"]
    return found


def _fits_each(chosen: Sequence[Placement]) -> bool:
    """Say whether one canvas is that of every picture for itself: each lies in its centre, or touches its edges.

    A batch's border comes behind the pictures, and its largest picture need not have the others' edges.
    """
    if len({place.canvas for place in chosen}) > 1 or len({place.size for place in chosen}) == 1:
        return False
    touching = all(any(s == c for s, c in zip(f.size, f.canvas, strict=True)) for f in chosen)
    return touching or edit_placement.anchor(chosen) == "centre"


def _other_rule(frames: Frames, reference: Rules, deployed: Rules) -> Finding:
    model = frames.model
    moved = tuple(i for i, (a, b) in zip(frames.images, frames.pairs, strict=True) if a.canvas != b.canvas)
    said = [next(iter(side.items())) for side in (reference, deployed)]
    one, two = (_words(*rule) for rule in said)
    parameters = {"reference": _told(*said[0]), "deployed": _told(*said[1]), "images": len(moved), "canvas": True}
    if said[1][0] == "none" and (pixel := padding.pixel(model)) is not None:
        parameters |= {"position": frames.anchors[0], "fill": numbers(pixel / model.unit)}
    return Finding(
        family="padding_rule",
        parameters=parameters,
        text=f"the padding follows another rule: {one} in training, {two} in serving ({len(moved)} of {len(frames.images)} "
        "tensors have another size)",
        fix=_line(*said[0], frames.anchors[0]),
        mend=lambda chain: _mended(chain, model),
        steps=PAD,
        images=moved if len(moved) < len(frames.images) else (),
    )


def _told(rule: str, number: int | Pair) -> dict[str, Any]:
    size = {"fixed": "size", "multiple": "divisor"}.get(rule)
    shown = list(number) if isinstance(number, tuple) else number
    return {"rule": rule, size: shown} if size else {"rule": rule}


def _words(rule: str, number: int | Pair) -> str:
    if rule == "fixed" and isinstance(number, tuple):
        return f"to {number[0]} x {number[1]} (height, width)"
    named = {"none": "none", "square": "to a square of the longer edge"}
    return named.get(rule, f"to the next multiple of {number}")


def _line(rule: str, number: int | Pair, anchor: str) -> str:
    """Return what pads as the reference does, in DALI and in Python; the fill is left as it is."""
    if rule == "none":
        return "# do not pad: the training gives each picture's tensor the picture's own size"
    centre = anchor == "centre"
    if rule == "fixed" and isinstance(number, tuple):
        height, width = (str(n) for n in number)
        place = "0.5" if centre else "0.0"
        dali = (
            f'fn.crop with crop=({height}, {width}), out_of_bounds_policy="pad", crop_pos_x={place}, crop_pos_y={place}'
        )
    elif rule == "square":
        height = width = "max(h, w)"
        dali = "fn.crop with crop_h and crop_w of the longer edge"
    else:
        height, width = (f"-(-{edge} // {number}) * {number}" for edge in "hw")
        dali = f"fn.pad with axes=(0, 1), shape=(1, 1), align=({number}, {number})"
        dali = f"fn.crop with crop_h and crop_w rounded up to a multiple of {number}" if centre else dali
    where = "half of the border on each side" if centre else "the border at the right and at the bottom"
    return f"# pad to height {height} and width {width}, {where}; in DALI: {dali}; the fill stays"
