"""Name what differs between two chains in where the picture lies and how it is resampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pixelparity.diagnosis import frames, placing, sizing
from pixelparity.diagnosis.chain import Chain
from pixelparity.diagnosis.findings import Finding
from pixelparity.diagnosis.frames import Frame, Pair
from pixelparity.diagnosis.resampling import Resampling

_RESIZE = ("resize", "crop", "pad", "other")
_CROP = ("crop", "resize", "pad", "other")
_PAD = ("pad", "crop", "resize", "other")


def differences(
    ours: Chain, theirs: Chain, shapes: Sequence[tuple[Pair, Pair]], *, stored: bool = True
) -> list[Finding]:
    """Name the differences in orientation, size, position and kernel; ``shapes`` are both sides' source shapes per image.

    ``stored`` says that both chains start from the pictures as their files hold them: then it shows which side turns them.
    """
    found = _orientation(ours, theirs, stored=stored)
    located = [i for i in range(len(ours.frames)) if _knows(ours, i) and _knows(theirs, i)]
    which = [i for i in located if _comparable(ours, theirs, shapes, i)]
    sizes = _sizes(ours, theirs, which, _rules(ours, theirs, shapes, located)) if which else []
    if len(which) < len(located) and all(f.family in ("target_size", "batch_padding") for f in sizes):
        # A step before gave the sides other pictures: their rules tell what their pixels do not.
        sizes = _by_rules(ours, theirs, located, _rules(ours, theirs, shapes, located)) or sizes
    return found + sizes + _kernels(ours, theirs, located)


def _knows(chain: Chain, image: int) -> bool:
    return not chain.known or chain.known[image]


def _comparable(ours: Chain, theirs: Chain, shapes: Sequence[tuple[Pair, Pair]], image: int) -> bool:
    """Say whether an image's upright sources have one shape on both sides."""
    sides = zip(shapes[image], (ours.frames[image], theirs.frames[image]), strict=True)
    return len({frames.turned_shape(shape, frame.code) for shape, frame in sides}) == 1


# --- orientation ----------------------------------------------------------------------------------------------------


def _orientation(ours: Chain, theirs: Chain, *, stored: bool) -> list[Finding]:
    pairs = list(zip(ours.frames, theirs.frames, strict=True))
    turned = [i for i, (a, b) in enumerate(pairs) if a.code != b.code]
    if not turned:
        return []
    codes = {str(i): [pairs[i][0].code, pairs[i][1].code] for i in turned}
    if len(turned) == len(pairs) > 1 and len({(a.code, b.code) for a, b in pairs}) == 1:
        a, b = pairs[0]
        if frames.EXIF[a.code][0] != frames.EXIF[b.code][0] and {a.code, b.code} == {1, 5}:
            return [_transposed(ours)]
    text = f"{len(turned)} of {len(pairs)} pictures are turned or mirrored: the EXIF orientation is applied on one side only"
    return [
        Finding(
            family="exif_orientation",
            parameters={"orientation": sorted({b for _, b in codes.values()} | {a for a, _ in codes.values()} - {1})},
            text=text,
            fix=_orientation_line({pairs[i][0].code for i in turned} != {1} if stored else None),
            mend=lambda chain: replace(chain, frames=_reframed(chain, ours, turned)),
            steps=("orient", "decode", "input", "other"),
            images=tuple(turned),
        )
    ]


def _orientation_line(applied: bool | None) -> str:
    """Return the decoder that applies the EXIF orientation or not, as the training does; ``None`` where that does not show."""
    if applied is None:
        return "# decode with the training's adjust_orientation: the tensors show that one side turns pictures, not which one"
    words = "turns pictures as EXIF says" if applied else "leaves pictures as they are stored"
    return f"images = fn.decoders.image(encoded, adjust_orientation={applied})  # the training {words}"


def _reframed(chain: Chain, ours: Chain, which: Sequence[int]) -> tuple[Frame, ...]:
    """Return the chain's frames with some images turned as the reference turns them, at the sizes that the chain gives pictures.

    Where the others' frames do not tell another size than the reference's, they have the reference's frames.
    """
    rest = [i for i in range(len(ours.frames)) if i not in which and _knows(chain, i) and _knows(ours, i)]
    out = list(chain.frames)
    for i in which:
        out[i] = ours.frames[i]
        if any(chain.frames[k] != ours.frames[k] for k in rest) and chain.shapes:
            upright = frames.turned_shape(chain.shapes[i], ours.frames[i].code)
            out[i] = placing.transferred(chain, i, upright, ours.frames[i].code) or out[i]
    return tuple(out)


def _transposed(ours: Chain) -> Finding:
    return Finding(
        family="layout",
        parameters={"permutation": "transposed"},
        text="height and width are exchanged: every picture lies on its side, mirrored",
        fix="images = fn.transpose(images, perm=[2, 0, 1])  # HWC to CHW: height before width",
        mend=lambda chain: replace(chain, frames=ours.frames),
        steps=("layout", "other"),
    )


# --- size and position ----------------------------------------------------------------------------------------------


Rules = tuple[list[sizing.Rule], list[sizing.Rule]]


def _rules(ours: Chain, theirs: Chain, shapes: Sequence[tuple[Pair, Pair]], which: Sequence[int]) -> Rules:
    """Return the rules that agree with each side's sizes, whatever pictures a step before gave it."""
    found = []
    for side, chain in enumerate((ours, theirs)):
        chosen = [chain.frames[i] for i in which]
        upright = [frames.turned_shape(shapes[i][side], f.code) for i, f in zip(which, chosen, strict=True)]
        found.append(sizing.rules(upright, [f.size for f in chosen], chosen[0].canvas) if chosen else [])
    return found[0], found[1]


def _sizes(ours: Chain, theirs: Chain, which: Sequence[int], rules: Rules) -> list[Finding]:
    left, right = [ours.frames[i] for i in which], [theirs.frames[i] for i in which]
    gap = [max(abs(x - y) for x, y in zip(a.size, b.size, strict=True)) for a, b in zip(left, right, strict=True)]
    own, other = rules
    if any(a.region != b.region for a, b in zip(left, right, strict=True)):
        return [_region(ours, left, right)]
    # The rules of all resampled pictures together tell a mode; single pixels on some pictures tell a rounding.
    if max(gap) == 0:
        return _positions(ours, left, right, which)
    if max(gap) == 1 and (sizing.same(own, other) or not _regular(own, other)):
        return [_rounding(ours, left, right, which, "size")]
    # Where only some pictures change, as with a cap, they alone tell what a mend removes.
    moved = tuple(i for i, g in zip(which, gap, strict=True) if g)
    mode = _mode(ours, *sizing.closest(own, other), left, right)
    found = [replace(mode, images=moved) if len(moved) < len(which) else mode]
    anchors = (placing.anchor(left), placing.anchor(right))
    if anchors[0] != anchors[1] and "" not in anchors and _padded(left) and _padded(right):
        mend = lambda chain: replace(chain, frames=placing.resized(chain, ours, keep_place=True))  # noqa: E731
        found = [replace(found[0], mend=mend), _padding_position(ours, left, right)]
    return found


def _by_rules(ours: Chain, theirs: Chain, which: Sequence[int], rules: Rules) -> list[Finding]:
    """Compare the rules of both sides where a step before (an orientation, another size) gave them other pictures."""
    left, right = [ours.frames[i] for i in which], [theirs.frames[i] for i in which]
    parts = [all(f.region is not None for f in side) for side in (left, right)]
    if parts[0] != parts[1]:
        return [_region(ours, left, right)]
    if any(f.region is not None for f in (*left, *right)):
        return []
    own, other = rules
    resampled = [any(frames.needs_resampling(f) for f in side) for side in (left, right)]
    if resampled[0] != resampled[1]:
        plain = [sizing.Rule(mode="none")]
        one, two = (side[0] for side in (own if resampled[0] else plain, other if resampled[1] else plain))
        return [_mode(ours, one, two, left, right)] if "other" not in (one.mode, two.mode) else []
    if any(resampled):
        if not sizing.same(own, other):
            return [_mode(ours, *sizing.closest(own, other), left, right)] if _regular(own, other) else []
        pairs = [(a, b) for a in own for b in other if a.goal == b.goal and a.roundings and b.roundings]
        if pairs and not any(set(a.roundings) & set(b.roundings) for a, b in pairs):
            return [_rounding(ours, left, right, which, "size")]
    found = []
    if placing.batched(left, right):
        found.append(_canvas(ours, left, right, which))
    anchors = placing.anchor(left), placing.anchor(right)
    if anchors[0] != anchors[1] and "" not in anchors:
        return [*found, _padding_position(ours, left, right) if _padded(left) else _window(ours, left, right)]
    # Where one side's own rule halves odd gaps otherwise than the other's, it does so on every picture.
    if anchors == ("centre", "centre") and not set(placing.styles(left)) & set(placing.styles(right)):
        found.append(_halving(ours, left, right))
    return found


def _padded(chosen: Sequence[Frame]) -> bool:
    return any(frame.padded for frame in chosen)


def _region(ours: Chain, left: Sequence[Frame], right: Sequence[Frame]) -> Finding:
    """Name another part of the picture being resampled."""
    shown = [f.region for f in (left[0], right[0])]
    words = ["the whole picture" if r is None else f"rows {r[0]} to {r[2]}, columns {r[1]} to {r[3]}" for r in shown]
    text = f"another part of the picture is resized: {words[0]} in training, {words[1]} in serving (first picture)"
    return Finding(
        family="resize_mode",
        parameters={"reference": {"region": shown[0]}, "deployed": {"region": shown[1]}},
        text=text,
        fix="# resize the part that the training resizes: no crop (or the same one) before fn.resize",
        mend=lambda chain: replace(chain, frames=placing.resized(chain, ours)),
        steps=_RESIZE,
    )


def _regular(own: Sequence[sizing.Rule], other: Sequence[sizing.Rule]) -> bool:
    return own[0].mode != "other" and other[0].mode != "other"


def _mode(ours: Chain, own: sizing.Rule, other: sizing.Rule, left: Sequence[Frame], right: Sequence[Frame]) -> Finding:
    alike = own.mode == other.mode and (own.max_size is None) == (other.max_size is None)
    family = "target_size" if alike and own.mode not in ("other", "none") else "resize_mode"
    rules = {"reference_rule": own.said(), "deployed_rule": other.said()}
    sizes = (own.size, other.size) if family == "target_size" else (left[0].size, right[0].size)
    parameters = {"reference": list(sizes[0]), "deployed": list(sizes[1]), **rules}
    text = f"the picture gets another size: training does {own.written()}, serving does {other.written()}"
    return Finding(
        family=family,
        parameters=parameters,
        text=text,
        fix=resize_line(own, ours.how, ours.exact),
        mend=lambda chain: replace(chain, frames=placing.resized(chain, ours)),
        steps=_RESIZE,
    )


def _rounding(ours: Chain, left: Sequence[Frame], right: Sequence[Frame], which: Sequence[int], what: str) -> Finding:
    pairs = list(zip(which, left, right, strict=True))
    moved = [i for i, a, b in pairs if a.size != b.size or a.origin != b.origin]
    gaps = [
        (b.origin[k] - a.origin[k] if what == "offset" else b.size[k] - a.size[k]) for _, a, b in pairs for k in (0, 1)
    ]
    step = max(gaps, key=abs)
    text = f"the {what} is rounded otherwise: {len(moved)} of {len(pairs)} pictures are {step:+d} pixel off"
    return Finding(
        family="rounding",
        parameters={"what": what, "offsets": sorted({g for g in gaps if g}), "images": len(moved)},
        text=text,
        fix="# compute the size in the graph as the training does, which comes out a pixel "
        f"{'smaller' if step > 0 else 'larger'}: fn.resize(images, size=fn.stack(height, width))"
        if what == "size"
        else _crop_line(left),
        mend=lambda chain: replace(chain, frames=placing.resized(chain, ours)),
        steps=_RESIZE if what == "size" else _CROP,
        images=tuple(moved),
    )


def _halving(ours: Chain, left: Sequence[Frame], right: Sequence[Frame]) -> Finding:
    """Name offsets that halve odd gaps otherwise, where no picture shows both sides' offsets at once."""
    own, other = (placing.styles(side)[:1] or ("otherwise",) for side in (left, right))
    return Finding(
        family="rounding",
        parameters={"what": "offset", "offsets": [1], "reference": own[0], "deployed": other[0]},
        text=f"half a pixel of an offset is rounded {own[0]} in training and {other[0]} in serving",
        fix=_crop_line(left),
        mend=lambda chain: replace(chain, frames=placing.replaced(chain, ours)),
        steps=_CROP,
    )


def _crop_line(left: Sequence[Frame]) -> str:
    """Return the DALI crop that rounds a centred window's corner as these pictures have it."""
    crop, ways = f"crop=({left[0].canvas[0]}, {left[0].canvas[1]})", placing.styles(left)
    if "to zero" in ways or "from zero" in ways:
        return f'images = fn.crop(images, {crop}, rounding="{"truncate" if "to zero" in ways else "round"}")'
    way = ways[0] if ways else "as in training"
    return f"images = fn.slice(images, start, shape, axes=(0, 1))  # {crop}, half a pixel rounded {way}"


def _positions(ours: Chain, left: Sequence[Frame], right: Sequence[Frame], which: Sequence[int]) -> list[Finding]:
    if any(a.canvas != b.canvas for a, b in zip(left, right, strict=True)):
        return _canvases(ours, left, right, which)
    gaps = [abs(x - y) for a, b in zip(left, right, strict=True) for x, y in zip(a.origin, b.origin, strict=True)]
    if max(gaps) == 0:
        return []
    if max(gaps) == 1:
        return [_rounding(ours, left, right, which, "offset")]
    # One step may cut one axis and pad the other; the axis that moves says which of the two is at fault.
    padded = any(
        abs(a.origin[k] - b.origin[k]) > 1 and a.size[k] < a.canvas[k]
        for a, b in zip(left, right, strict=True)
        for k in (0, 1)
    )
    if padded:
        return [_padding_position(ours, left, right)]
    return [_window(ours, left, right)]


def _canvases(ours: Chain, left: Sequence[Frame], right: Sequence[Frame], which: Sequence[int]) -> list[Finding]:
    """Name another canvas, and another place in it where both sides' places are clear."""
    found, batched = _canvas(ours, left, right, which), placing.batched(left, right)
    # A batch's border comes behind the picture's own: the place is the one in the canvas that the reference has.
    inner = [replace(b, canvas=a.canvas) if batched else b for a, b in zip(left, right, strict=True)]
    anchors = placing.anchor(left), placing.anchor(inner)
    if anchors[0] == anchors[1] or "" in anchors or not (_padded(left) and _padded(right)):
        return [found]
    if batched:
        mend = lambda chain: replace(chain, frames=placing.recanvased(chain, ours))  # noqa: E731
    else:
        mend = lambda chain: replace(chain, frames=placing.resized(chain, ours, keep_place=True))  # noqa: E731
    return [replace(found, mend=mend), _padding_position(ours, left, inner)]


def _window(ours: Chain, left: Sequence[Frame], right: Sequence[Frame]) -> Finding:
    """Name another place of the window that is cut out."""
    own, other = placing.anchor(left), placing.anchor(right)
    return Finding(
        family="resize_mode",
        parameters={"reference": {"anchor": own}, "deployed": {"anchor": other}},
        text=f"another part of the picture is cut out: training's window is at the {own}, serving's at the {other}",
        fix=_placed_line(left[0].canvas, own, ""),
        mend=lambda chain: replace(chain, frames=placing.replaced(chain, ours)),
        steps=_CROP,
    )


def _placed_line(canvas: Pair, anchor: str, policy: str) -> str:
    """Return the DALI crop that puts a window, or a picture in its padding, where the reference has it."""
    at = {"start": "0.0", "centre": "0.5", "end": "1.0"}.get(anchor)
    if at is None:
        return f"# put the window of {canvas} (height, width) where the training has it: fn.slice with its own start and shape"
    return f"images = fn.crop(images, crop=({canvas[0]}, {canvas[1]}), crop_pos_x={at}, crop_pos_y={at}{policy})"


def _padding_position(ours: Chain, left: Sequence[Frame], right: Sequence[Frame]) -> Finding:
    shift = max(
        ((b.origin[0] - a.origin[0], b.origin[1] - a.origin[1]) for a, b in zip(left, right, strict=True)),
        key=lambda s: abs(s[0]) + abs(s[1]),
    )
    words = {"centre": "in the centre", "start": "in the top left corner", "end": "in the bottom right corner"}
    own, other = placing.anchor(left), placing.anchor(right)
    text = (
        f"the picture lies {words.get(own, 'elsewhere')} of the padded tensor in training, {words.get(other, 'elsewhere')} "
        f"in serving (up to {abs(shift[0])} rows and {abs(shift[1])} columns off)"
    )
    return Finding(
        family="padding_position",
        parameters={"reference": own, "deployed": other, "offset": list(shift)},
        text=text,
        fix=_placed_line(left[0].canvas, own, ', out_of_bounds_policy="pad"'),
        mend=lambda chain: replace(chain, frames=placing.replaced(chain, ours)),
        steps=_PAD,
    )


def _canvas(ours: Chain, left: Sequence[Frame], right: Sequence[Frame], which: Sequence[int]) -> Finding:
    largest = tuple(max(a.canvas[k] for a in left) for k in (0, 1))
    batched = len({a.canvas for a in left}) > 1 and {b.canvas for b in right} == {largest}
    uneven = batched or placing.batched(left, right) or len({b.canvas for b in right}) > 1
    moved = [i for i, a, b in zip(which, left, right, strict=True) if a.canvas != b.canvas]
    sizes = {"reference": list(left[0].canvas), "deployed": sorted({b.canvas for b in right})}
    mend = lambda chain: replace(chain, frames=placing.resized(chain, ours))  # noqa: E731
    if uneven or len(moved) < len(left):
        return Finding(
            family="batch_padding",
            parameters={"sizes": sizes, "images": len(moved)},
            text=f"{len(moved)} of {len(left)} tensors are padded to the largest picture of a batch",
            fix="# pad every picture to the largest of its batch, in batches as the training's"
            if placing.batched(right, left)
            else "# pad every picture to its own size, or send pictures of one size per batch",
            mend=mend,
            steps=_PAD,
            images=tuple(moved),
        )
    return Finding(
        family="target_size",
        parameters={**sizes, "canvas": True},
        text=f"the tensor has another size: {left[0].canvas} in training, {right[0].canvas} in serving (height, width)",
        fix=f"images = fn.crop(images, crop=({left[0].canvas[0]}, {left[0].canvas[1]}))",
        mend=mend,
        steps=_CROP,
    )


# --- kernel ---------------------------------------------------------------------------------------------------------


def _kernels(ours: Chain, theirs: Chain, which: Sequence[int]) -> list[Finding]:
    both = [i for i in which if _resampled(ours, i) and _resampled(theirs, i)]
    if not both:
        return []
    a, b, found = ours.how, theirs.how, []
    if a.kernel != b.kernel or (a.shape != b.shape):
        found.append(_interpolation(ours, theirs))
    if a.antialias != b.antialias and {a.shape, b.shape}.isdisjoint(_ONE_WAY):
        found.append(_antialias(ours, theirs))
    grids = a.centre != b.centre and (a.shape != "nearest" or a.shape == b.shape)
    if grids or ours.exact != theirs.exact:
        found.append(_subpixel(ours, theirs, both))
    return found


#: Kernels that have no antialias to switch.
_ONE_WAY = ("nearest", "area")


def _resampled(chain: Chain, image: int) -> bool:
    return frames.needs_resampling(chain.frames[image])


def said(how: Resampling) -> dict[str, Any]:
    """Return a kernel for a report."""
    out: dict[str, Any] = {"kernel": how.kernel, "antialias": how.antialias}
    if how.kernel == "cubic":
        out["a"] = -0.75 if how.shape == "cubic75" else -0.5
    if how.kernel == "lanczos":
        out["lobes"] = int(how.shape[-1])
    return out


def words(how: Resampling) -> str:
    """Return a kernel in words."""
    name = {
        "cubic75": "cubic (a = -0.75)",
        "cubic": "cubic (a = -0.5)",
        "lanczos3": "Lanczos 3",
        "lanczos4": "Lanczos 4",
    }
    return name.get(how.shape, how.shape) + (" with antialias" if how.antialias else "")


def _interpolation(ours: Chain, theirs: Chain) -> Finding:
    return Finding(
        family="interpolation",
        parameters={"reference": said(ours.how), "deployed": said(theirs.how)},
        text=f"another interpolation: training resizes with {words(ours.how)}, serving with {words(theirs.how)}",
        fix=kernel_line(ours.how, ours.exact, theirs.how),
        mend=lambda chain: _mend_kernel(chain, ours.how),
        steps=_RESIZE,
    )


def _mend_kernel(chain: Chain, goal: Resampling) -> Chain:
    """Return the chain with another kernel on its own grid; its antialias stays where both kernels can be switched."""
    kept = chain.how.antialias if {chain.how.shape, goal.shape}.isdisjoint(_ONE_WAY) else goal.antialias
    border = goal.border if kept == goal.antialias else chain.how.border
    centre = goal.centre if goal.shape == "nearest" else chain.how.centre
    return replace(chain, how=replace(goal, centre=centre, antialias=kept, border=border))


def _antialias(ours: Chain, theirs: Chain) -> Finding:
    on = "widens its filter when it shrinks (antialias)"
    off = "does not (no antialias)"
    text = f"training {on if ours.how.antialias else off}, serving {on if theirs.how.antialias else off}"
    if not ours.how.antialias:
        text = f"serving {on}, training {off}"
    return Finding(
        family="antialias",
        parameters={"reference": ours.how.antialias, "deployed": theirs.how.antialias, "kernel": ours.how.kernel},
        text=f"the resize differs: {text}",
        fix=kernel_line(ours.how, ours.exact),
        mend=lambda chain: replace(chain, how=replace(chain.how, antialias=ours.how.antialias, border=ours.how.border)),
        steps=_RESIZE,
    )


#: Sampling grids in words.
GRIDS = {"half": "half-pixel centres", "corner": "pixel corners", "ends": "aligned corner pixels"}


def _subpixel(ours: Chain, theirs: Chain, which: Sequence[int]) -> Finding:
    grids = [(ours.frames[i], theirs.frames[i]) for i in which]
    moved = [i for i, (f, g) in zip(which, grids, strict=True) if (f.scale, f.start) != (g.scale, g.start)]
    parameters = {
        "reference": {"centre": ours.how.centre, "exact_scale": ours.exact},
        "deployed": {"centre": theirs.how.centre, "exact_scale": theirs.exact},
    }
    one, other = GRIDS[ours.how.centre], GRIDS[theirs.how.centre]
    text = f"the sampling grid differs: training uses {one}, serving {other}"
    if ours.how.centre == theirs.how.centre:
        keeps = "keeps the exact scale factor (sub-pixel scale)"
        fits = "stretches to whole pixels"
        one, other = (keeps, fits) if ours.exact else (fits, keeps)
        text = f"the sampling grid differs: training {one}, serving {other}"
    return Finding(
        family="subpixel",
        parameters=parameters,
        text=text,
        fix=grid_line(ours.how, ours.exact),
        mend=lambda chain: replace(
            chain,
            how=replace(chain.how, centre=ours.how.centre),
            frames=placing.regridded(chain, ours),
            exact=ours.exact,
        ),
        steps=_RESIZE,
        images=tuple(moved),
    )


_DALI = {
    "nearest": "INTERP_NN",
    "linear": "INTERP_LINEAR",
    "cubic": "INTERP_CUBIC",
    "cubic75": "INTERP_CUBIC",
    "area": "INTERP_TRIANGULAR",
    "lanczos3": "INTERP_LANCZOS3",
    "lanczos4": "INTERP_LANCZOS3",
}


def _arguments(how: Resampling, exact: bool) -> str:
    antialias = how.antialias or how.shape == "area"  # DALI's triangular filter is the wide one
    return f"interp_type=types.{_DALI[how.shape]}, antialias={antialias}, subpixel_scale={exact}"


def _in_dali(how: Resampling) -> tuple[str, bool]:
    """Return the kernel that DALI resamples with: two that it has one kernel for become equal."""
    if how.shape == "area" or (how.shape == "linear" and how.antialias):
        return "INTERP_TRIANGULAR", True
    return _DALI[how.shape], how.antialias and how.shape != "nearest"


def kernel_line(how: Resampling, exact: bool, deployed: Resampling | None = None) -> str:
    """Return the DALI resize with the reference's kernel; a comment where the ``deployed`` one is the nearest that DALI has."""
    if deployed is not None and how.shape != deployed.shape and _in_dali(how) == _in_dali(deployed):
        return (
            f"# DALI's own kernel is {words(deployed)}, as served; it has none for {words(how)}: write the taps out, "
            "as pixelparity repair does"
        )
    near = {"cubic75": "  # nearest to a = -0.75", "area": "  # nearest to area", "lanczos4": "  # nearest to 4 lobes"}
    return f"images = fn.resize(images, ..., {_arguments(how, exact)}){near.get(how.shape, '')}"


def grid_line(how: Resampling, exact: bool) -> str:
    """Return what samples on the reference's grid: DALI's resize has half-pixel centres, other grids take a warp.

    A pixel that lies at ``i * scale`` in the source (the first centre is 0) is at ``scale * x + 0.5 * (1 - scale)`` in the
    coordinates of ``fn.warp_affine``, where centres lie at 0.5.
    """
    if how.centre == "half":
        return kernel_line(how, exact)
    if how.shape == "nearest":
        return "# fn.resize takes the pixel under the centre: take the one before the corner, as pixelparity repair writes it"
    return _warp_line(how.centre)


def _warp_line(centre: str) -> str:
    scale = "in / out" if centre == "corner" else "(in - 1) / (out - 1)"
    return (
        "images = fn.warp_affine(images, matrix=[sx, 0, 0.5 - 0.5 * sx, 0, sy, 0.5 - 0.5 * sy], size=(height, width))"
        f"  # {GRIDS[centre]}: sx, sy = {scale}; fn.resize has half-pixel centres only"
    )


def whole_line(quantised: str) -> str:
    """Return the DALI resize whose values become whole levels as the reference's do: none, round or floor."""
    if quantised == "none":
        return "images = fn.resize(images, ..., dtype=types.FLOAT)  # keeps fractions"
    if quantised == "round":
        return "images = fn.resize(images, ..., dtype=types.UINT8)  # rounds to whole levels"
    return "images = fn.cast(math.floor(fn.resize(images, ..., dtype=types.FLOAT)), dtype=types.UINT8)  # cuts off fractions"


def resize_line(rule: sizing.Rule, how: Resampling, exact: bool) -> str:
    """Return the DALI resize with the reference's size rule and kernel."""
    size = rule.size[0] if len(rule.size) == 1 else f"({', '.join(map(str, rule.size))})"
    goal = {
        "shorter": f"resize_shorter={size}" + (f", max_size={rule.max_size}" if rule.max_size else ""),
        "longer": f"resize_longer={size}",
        "stretch": f"size={size}",
        "not_larger": f'size={size}, mode="not_larger"',
        "not_smaller": f'size={size}, mode="not_smaller"',
    }
    if rule.mode == "none":
        return "# do not resize: the training does not"
    return f"images = fn.resize(images, {goal.get(rule.mode, 'size=...')}, {_arguments(how, exact)})"
