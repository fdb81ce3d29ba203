"""Change one thing about where a picture lies and keep the others: its size, its place in the canvas, its sampling grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.fit import resize_rules
from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.placement import Pair, Placement
from pixelparity.diagnosis.model.side_model import SideModel


def _even(gap: int) -> int:
    low = gap // 2
    return low if low % 2 == 0 or gap % 2 == 0 else low + 1


#: Ways to halve the odd difference between a picture's edge and its canvas', plainest first.
STYLES: dict[str, Callable[[int], int]] = {
    "down": lambda gap: gap // 2,
    "up": lambda gap: -(-gap // 2),
    "to zero": lambda gap: int(gap / 2),
    "from zero": lambda gap: -(-gap // 2) if gap > 0 else gap // 2,
    "half to even": _even,
}


def anchor(chosen: Sequence[Placement]) -> str:
    """Return where the canvas lies over the pictures: centre, start, end, other, or nothing where it makes no difference."""
    least = thresholds.now().fit.anchor_min_gap_px
    axes = ((o, s - c) for place in chosen for o, s, c in zip(place.origin, place.size, place.canvas, strict=True))
    names = {_anchor_of(origin, gap) for origin, gap in axes if abs(gap) > least}
    return names.pop() if len(names) == 1 else "other" if names else ""


def _anchor_of(origin: int, gap: int) -> str:
    fits = {"centre": abs(origin - gap / 2) <= 1, "start": origin == 0, "end": origin == gap}
    return next((name for name, fit in fits.items() if fit), "other")


def styles(chosen: Sequence[Placement]) -> tuple[str, ...]:
    """Return the ways of halving an odd gap that agree with all pictures; all of them where no gap is odd."""
    odd = [
        (origin, size - canvas)
        for place in chosen
        for origin, size, canvas in zip(place.origin, place.size, place.canvas, strict=True)
        if (size - canvas) % 2
    ]
    return tuple(name for name, halved in STYLES.items() if all(halved(gap) == origin for origin, gap in odd))


def placed(size: Pair, canvas: Pair, like: Sequence[Placement]) -> Pair | None:
    """Return the canvas' corner over a picture of ``size`` as other pictures have it; nothing where they do not tell.

    >>> placed((100, 60), (80, 80), [placement.whole((50, 90), (50, 90), (50, 50), 1, (0, 20))])
    (10, -10)
    """
    name = anchor(like)
    gaps = (size[0] - canvas[0], size[1] - canvas[1])
    if name == "centre":
        halved = STYLES[(styles(like) or ("down",))[0]]
        return halved(gaps[0]), halved(gaps[1])
    return {"start": (0, 0), "end": gaps}.get(name)


def canvas_kinds(chosen: Sequence[Placement]) -> dict[str, int]:
    """Return every way in which canvases may follow from sizes: free (equal), divisor (rounded up), fixed, batch (the largest).

    The numbers are what sizes are rounded up to, 1 if they are not.
    """
    pairs = {(f.size, f.canvas) for f in chosen}
    canvases = {canvas for _, canvas in pairs}
    found = {"free": 1} if all(size == canvas for size, canvas in pairs) else {}
    found |= {"fixed": 1} if len(canvases) == 1 else {}
    for step in _DIVISORS:
        if all(_up(size, step) == canvas for size, canvas in pairs):
            found.setdefault("divisor", step)
    for step in (1, *_DIVISORS) if not {"free", "divisor"} & found.keys() else ():
        groups = [[size for size, canvas in pairs if canvas == one] for one in canvases]
        largest = {_up((max(s[0] for s in group), max(s[1] for s in group)), step) for group in groups}
        if largest == canvases and any(len(group) > 1 for group in groups):
            found.setdefault("batch", step)
    return found


_DIVISORS = (32, 64, 16, 128, 8)


def _up(size: Pair, step: int) -> Pair:
    return -(-size[0] // step) * step, -(-size[1] // step) * step


def batched(reference: Sequence[Placement], deployed: Sequence[Placement]) -> bool:
    """Say whether the deployed side pads each picture to the largest of several, and the reference to its own size."""
    return "batch" in canvas_kinds(deployed) and bool({"free", "divisor"} & canvas_kinds(reference).keys())


def moved(place: Placement, onto: Placement, like: Sequence[Placement], own: Sequence[Placement]) -> Placement:
    """Return ``onto`` with the anchor and the kind of canvas that ``place`` has among its side's placements ``like``.

    ``own`` are those of ``onto``'s side.
    """
    canvas = onto.canvas
    kinds = canvas_kinds(like)
    if not kinds.keys() & canvas_kinds(own).keys():
        if "free" in kinds or "divisor" in kinds:
            canvas = _up(onto.size, kinds.get("free", kinds.get("divisor", 1)))
        elif all(c >= s for c, s in zip(place.canvas, onto.size, strict=True)):
            canvas = place.canvas
    if canvas == onto.canvas and _same_anchor(like, own):
        return onto
    origin = placed(onto.size, canvas, like)
    return replace(onto, canvas=canvas, origin=origin or onto.origin)


def _same_anchor(like: Sequence[Placement], own: Sequence[Placement]) -> bool:
    """Say whether two sides put their pictures at the same place, as far as these tell."""
    names = anchor(like), anchor(own)
    if names[0] != names[1]:
        return "" in names and "other" not in names
    return names[0] != "centre" or bool(set(styles(like)) & set(styles(own)))


def replaced(deployed: SideModel, reference: SideModel) -> tuple[Placement, ...]:
    """Return the reference's places in the deployed side's own canvases: sizes and grids stay."""
    out = []
    for a, b in zip(reference.placements, deployed.placements, strict=True):
        origin: Pair | None = a.origin if (a.size, a.canvas) == (b.size, b.canvas) else None
        origin = placed(b.size, b.canvas, reference.placements) if origin is None else origin
        out.append(b if origin is None or a.code != b.code else replace(b, origin=origin))
    return tuple(out)


def recanvased(deployed: SideModel, reference: SideModel) -> tuple[Placement, ...]:
    """Return the reference's canvases around the deployed side's own pictures, which stay where they are in them."""
    same = [
        (a.size, a.code) == (b.size, b.code) for a, b in zip(reference.placements, deployed.placements, strict=True)
    ]
    other = resized(deployed, reference, keep_place=True)
    pairs = zip(same, reference.placements, deployed.placements, other, strict=True)
    return tuple(replace(b, canvas=a.canvas) if equal else new for equal, a, b, new in pairs)


def resized(deployed: SideModel, reference: SideModel, *, keep_place: bool = False) -> tuple[Placement, ...]:
    """Return the reference's sizes and canvases on the deployed side's own sampling grid and orientation.

    ``keep_place`` keeps the place in the canvas too, where the two sides' places differ for a reason of their own.
    """
    out = []
    for number, (a, b) in enumerate(zip(reference.placements, deployed.placements, strict=True)):
        if a.code != b.code:
            out.append(b)
            continue
        new = (
            a
            if a.region is not None or reference.subpixel_scale == deployed.subpixel_scale
            else _gridded(a, b, _shape(reference, number), deployed)
        )
        origin = placed(a.size, a.canvas, deployed.placements) if keep_place else None
        out.append(new if origin is None else replace(new, origin=origin))
    return tuple(out)


def regridded(deployed: SideModel, reference: SideModel) -> tuple[Placement, ...]:
    """Return the deployed side's placements on the reference's sampling grid: its exact scales, or whole pixels."""
    out = []
    for number, (a, b) in enumerate(zip(reference.placements, deployed.placements, strict=True)):
        if (a.size, a.code, a.region) == (b.size, b.code, b.region):
            out.append(replace(b, scale=a.scale, start=a.start))
        else:
            out.append(b if b.region is not None else _gridded(b, a, _shape(deployed, number), reference))
    return tuple(out)


def _shape(model: SideModel, image: int) -> Pair:
    """Return an image's upright source shape."""
    place = model.placements[image]
    if model.shapes:
        return placement.turned_shape(model.shapes[image], place.code)
    return round(place.size[0] * place.scale[0]), round(place.size[1] * place.scale[1])


def _gridded(place: Placement, like: Placement, shape: Pair, model: SideModel) -> Placement:
    """Return the place on the sampling grid of ``model``, whose own place of this image is ``like``."""
    plain = placement.whole(shape, place.size, place.canvas, place.code, place.origin)
    if not model.subpixel_scale or not placement.needs_resampling(plain):
        return plain
    ratios = [shape[k] / like.size[k] - like.scale[k] for k in (0, 1)]
    axis = 0 if abs(ratios[0]) <= abs(ratios[1]) else 1
    off = abs(shape[1 - axis] * place.size[axis] / shape[axis] - place.size[1 - axis])
    hair = thresholds.now().fit.size_hair_px
    return placement.subpixel(shape, plain, axis) if hair < off < 1 else plain


def fits(place: Placement, shape: Pair) -> bool:
    """Say whether a place is one of an upright picture of this shape."""
    if place.region is not None:
        return all(low <= high for low, high in zip(place.region[2:], shape, strict=True))
    ends = [n * scale + 2 * start for n, scale, start in zip(place.size, place.scale, place.start, strict=True)]
    limit = thresholds.now().fit.region_whole_px
    return all(abs(end - edge) < limit for end, edge in zip(ends, shape, strict=True))


def transferred(model: SideModel, image: int, shape: Pair, code: int = 1) -> Placement | None:
    """Return the place that the model's rule gives a picture of another upright shape; nothing where sizes follow no rule."""
    known = [i for i, f in enumerate(model.placements) if model.known[i] and f.region is None]
    if not known:
        return None
    like = [model.placements[i] for i in known]
    rule = resize_rules.rules([_shape(model, i) for i in known], [f.size for f in like], like[0].canvas)[0]
    if rule.mode == "other":
        return None
    size = shape if rule.mode == "none" else resize_rules.size_of(rule, shape)
    kinds = canvas_kinds(like)
    canvas = model.placements[image].canvas
    if "free" in kinds or "divisor" in kinds:
        canvas = _up(size, kinds.get("free", kinds.get("divisor", 1)))
    origin = placed(size, canvas, like) or (0, 0)
    return _gridded(placement.whole(shape, size, canvas, code, origin), model.placements[image], shape, model)
