"""Name what differs between two decoded pictures of the same files: orientation, channel order, colours, chroma, alpha, grey."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.diagnosis import blocks, colours, frames, threads, yuv
from pixelparity.diagnosis.chain import Chain
from pixelparity.diagnosis.colours import ColourMap
from pixelparity.diagnosis.findings import Finding, listed, number, numbers

Array = NDArray[Any]
Pictures = tuple[Array, ...]
_STEPS = ("decode", "input", "colour", "other")
#: Mean levels that decoders of one kind differ by at most.
STILL = 0.1
LUMA = np.array([0.299, 0.587, 0.114])


def start(pictures: tuple[Pictures, Pictures]) -> Chain:
    """Return the chain from the reference's pictures to the deployed side's as far as turning and channel order go."""
    turned = tuple(threads.each(lambda pair: _turned(*pair), list(zip(*pictures, strict=True))))
    chain = Chain(
        frames=turned,
        colour=colours.identity(pictures[0][0].shape[2]),
        known=(True,) * len(turned),
        dtype=str(pictures[1][0].dtype),
    )
    if pictures[0][0].shape[2] == pictures[1][0].shape[2] == 3 and _swapped(pictures, chain):
        chain = replace(chain, colour=colours.plain((2, 1, 0), np.ones(3), np.zeros(3), 3))
    return chain


def _turned(ours: Array, theirs: Array) -> frames.Frame:
    """Return the frame of the code under which two pictures are most alike; upright unless another is clearly better."""
    best, score = 1, -1.0
    if np.array_equal(ours, theirs):
        return frames.whole(ours.shape[:2], ours.shape[:2])  # type: ignore[arg-type]
    for code in frames.EXIF:
        shape = frames.turned_shape(ours.shape, code)
        if shape != theirs.shape[:2]:
            continue
        got = _alike(frames.turn(ours, code), theirs)
        if got > score + 0.05 and (code == 1 or got > 0.5):
            best, score = code, got
        if code == 1 and got > 0.9:
            break
    shape = frames.turned_shape(ours.shape, best)
    return frames.whole(shape, shape, shape, best)


def _alike(ours: Array, theirs: Array) -> float:
    """Return the correlation of two pictures' edges; of their brightness where there are none.

    A blending or a vignette changes brightness from one side to the other, and no edges.
    """
    a, b = (_coarse(x) for x in (ours, theirs))
    one, other = (np.concatenate([np.diff(x, axis=k).reshape(-1) for k in (0, 1)]) for x in (a, b))
    if min(one.size, other.size) < 16 or one.std() < 0.5 or other.std() < 0.5:
        one, other = a.reshape(-1), b.reshape(-1)
    if one.std() < 1e-9 or other.std() < 1e-9:
        return 1.0 if one.std() < 1e-9 and other.std() < 1e-9 else 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _coarse(picture: Array) -> Array:
    """Return brightness in blocks about the centre, 64 or more to the short edge: the same blocks however it is turned."""
    step = max(1, min(picture.shape[:2]) // 64)
    rows, columns = (n // step * step for n in picture.shape[:2])
    top, left = (picture.shape[0] - rows) // 2, (picture.shape[1] - columns) // 2
    inner = picture[top : top + rows, left : left + columns]
    return blocks.means(inner, step).mean(1).reshape(rows // step, columns // step)


def upright(chain: Chain, theirs: Array, image: int) -> Array:
    """Return a deployed picture turned back and with its channels in the reference's order."""
    out = frames.turn(theirs, frames.inverse(chain.frames[image].code))
    return out[..., list(chain.colour.order)] if out.shape[2] == 3 and chain.colour.order == (2, 1, 0) else out


def _swapped(pictures: tuple[Pictures, Pictures], chain: Chain) -> bool:
    """Say whether red minus blue runs the other way: a blending, a range or a YUV matrix does not turn it round."""
    both, ours, theirs = 0.0, 0.0, 0.0
    for i, (a, b) in enumerate(zip(*pictures, strict=True)):
        back = frames.turn(b, frames.inverse(chain.frames[i].code))
        if back.shape != a.shape:
            continue
        x, y = (values[:, 0] - values[:, 2] for values in _pair(a, back))
        both, ours, theirs = both + float(x @ y), ours + float(x @ x), theirs + float(y @ y)
    return both < -0.5 * float(np.sqrt(ours * theirs))


def _pair(ours: Array, theirs: Array, points: int = 5000) -> tuple[Array, Array]:
    step = max(1, int(np.sqrt(ours.shape[0] * ours.shape[1] / points)))
    a, b = (x[::step, ::step].reshape(-1, x.shape[2]).astype(np.float64) for x in (ours, theirs))
    return a, b


def differences(chain: Chain, pictures: tuple[Pictures, Pictures], train: Sequence[int]) -> list[Finding]:
    """Name the difference of colours between the reference's and the deployed side's decoded pictures, if there is one."""
    ours, theirs = pictures
    if ours[0].shape[2] != theirs[0].shape[2]:
        return [
            _content(
                "alpha_gray", {"reference": ours[0].shape[2], "deployed": theirs[0].shape[2]}, _counts(ours, theirs), ()
            )
        ]
    fixed = [upright(chain, b, i) for i, b in enumerate(theirs)]
    off = {i: _gap(a, b) for i, (a, b) in enumerate(zip(ours, fixed, strict=True)) if a.shape == b.shape}
    unlike = [i for i, gap in off.items() if gap > STILL]
    if not unlike:
        return []
    part = unlike if len(unlike) < len(off) else ()
    chosen = [i for i in train if i in unlike] or unlike
    return [_named(ours, fixed, chosen, tuple(part))]


def _gap(ours: Array, theirs: Array) -> float:
    x, y = _pair(ours, theirs, 20000)
    return float(np.abs(x - y).mean())


def _counts(ours: Pictures, theirs: Pictures) -> str:
    return f"pictures are decoded to {ours[0].shape[2]} channels in training and to {theirs[0].shape[2]} in serving"


def _named(ours: Sequence[Array], theirs: Sequence[Array], which: Sequence[int], part: tuple[int, ...]) -> Finding:
    pairs = [_pair(ours[i], theirs[i]) for i in which]
    x, y = np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])
    if x.shape[1] != 3 or (np.abs(x - x[:, :1]).max() < 1.5 and np.abs(y - y[:, :1]).max() < 1.5):
        return _grey_or_range(x, y, part)
    looks: tuple[Callable[[Array, Array], tuple[str, dict[str, Any], str] | None], ...] = (
        _range,
        _grey,
        alpha,
        _matrix,
        _chroma,
    )
    for look in looks:
        found = look(x, y)
        if found is not None:
            return _content(found[0], found[1], found[2], part)
    return _content(
        "jpeg_chroma", {"decoder": "unknown"}, "the decoders make other pictures of the same files", part, 0.4
    )


def _content(family: str, parameters: dict[str, Any], text: str, part: tuple[int, ...], doubt: float = 0.0) -> Finding:
    return Finding(
        family=family,
        parameters=parameters,
        text=text,
        fix=_line(family, parameters),
        mend=lambda chain: chain,
        steps=_STEPS,
        images=part,
        doubt=doubt,
        content=True,
    )


#: What is true of every library that enlarges the colour planes in its own way.
CHROMA_LINE = "# decode with the training's library and its settings, and feed the decoded picture"
RANGE_LINE = "# decode with the range and the matrix that the training used"


def _line(family: str, parameters: Mapping[str, Any]) -> str:
    """Return what mends a difference of decoded pictures, in the direction in which it lies."""
    if family != "alpha_gray":
        return RANGE_LINE if family == "colour_range" else CHROMA_LINE
    if "background" in parameters:
        return alpha_line(str(parameters["side"]), str(parameters["background"]))
    if parameters.get("side") == "deployed":
        return channels_line(3)
    count = parameters.get("reference")
    return channels_line(count) if isinstance(count, int) else "# make grey of the decoded colours as the training does"


def alpha_line(side: str, background: str) -> str:
    """Return what drops the alpha channel where serving blends, or blends where the training does."""
    if side == "deployed":
        return f"{channels_line(3)}  # drop alpha as the training does"
    ground = "" if background == "black" else f" + {background} * (1 - alpha)"
    return f"# blend over {background} as the training does: colours * alpha{ground}, before anything else"


def channels_line(count: int) -> str:
    """Return the decoder that gives as many channels as the reference has."""
    kind = {1: "GRAY", 3: "RGB"}.get(count, "ANY_DATA")
    return f"images = fn.decoders.image(encoded, output_type=types.{kind})"


def _clipped_gap(fitted: ColourMap, x: Array, y: Array) -> float:
    made = np.clip(x @ fitted.matrix.T + fitted.offset, 0, 255)
    return float(np.abs(made - y).mean())


def _inside(y: Array) -> Array:
    return ((y > 1) & (y < 254)).all(1)


def _range(x: Array, y: Array) -> tuple[str, dict[str, Any], str] | None:
    """Recognise one slope and offset for all channels: studio against full range."""
    free = _inside(y)
    if free.sum() < 100:
        return None
    fitted = colours.fit_plain(x[free], y[free], order=(0, 1, 2))
    if _clipped_gap(fitted, x, y) > 0.7 or np.ptp(fitted.gain) > 0.02 or abs(float(fitted.gain.mean()) - 1) < 0.02:
        return None
    slope, offset = float(fitted.gain.mean()), float(np.mean(fitted.offset))
    name = "full_as_studio" if slope > 1 else "studio_as_full"
    parameters = {"range": name, "slope": number(slope), "offset": number(offset), "matrix": "same"}
    return "colour_range", parameters, yuv.RANGES[name]


def _grey(x: Array, y: Array) -> tuple[str, dict[str, Any], str] | None:
    for side, image, other in (("deployed", y, x), ("reference", x, y)):
        if np.abs(image - image[:, :1]).max() < 1.5 and np.abs(other - other[:, :1]).max() > 8:
            fitted = colours.fit_matrix(other, image[:, :1])
            weights = numbers(fitted.matrix[0])
            where = "serving" if side == "deployed" else "training"
            text = f"pictures are grey in {where} only (weights {listed(weights)} of red, green and blue)"
            return "alpha_gray", {"side": side, "weights": weights}, text
    return None


def alpha(x: Array, y: Array) -> tuple[str, dict[str, Any], str] | None:
    """Recognise a picture blended over one colour: each pixel moves the same share of the way towards it in all channels."""
    for name, ground in (("black", 0.0), ("white", 255.0)):
        for side, kept, blended in (("deployed", x, y), ("reference", y, x)):
            reach, moved = np.abs(kept - ground), np.abs(blended - ground)
            strong = reach.min(1) > 24
            if strong.sum() < 100:
                continue
            share = moved[strong] / reach[strong]
            apart = np.ptp(share, axis=1) * reach[strong].mean(1)
            if share.max() > 1.08 or (share < 0.9).mean() < 0.02 or np.mean(apart) > 2.5:
                continue
            where = "serving" if side == "deployed" else "training"
            text = f"transparent pictures are blended over {name} in {where}; the other side drops the alpha channel"
            return "alpha_gray", {"side": side, "background": name}, text
    return None


def _matrix(x: Array, y: Array) -> tuple[str, dict[str, Any], str] | None:
    """Recognise another YUV matrix: a full matrix that leaves grey alone explains nearly all of it."""
    free = _inside(y) & _inside(x)
    if free.sum() < 100:
        return None
    fitted = colours.fit_matrix(x[free], y[free])
    left, before = _clipped_gap(fitted, x, y), float(np.abs(x - y).mean())
    if left > 0.4 * before or np.abs(fitted.matrix - np.eye(3)).max() < 0.02:
        return None
    pair = yuv.standards(fitted.matrix)
    text = "the colours went through another YUV matrix" + (f": {pair}" if pair else "")
    return "colour_range", {"matrix": pair or np.round(fitted.matrix, 4).tolist(), "range": "same"}, text


def _chroma(x: Array, y: Array) -> tuple[str, dict[str, Any], str] | None:
    off = y - x
    bright, whole = float(np.abs(off @ LUMA).mean()), float(np.abs(off).mean())
    other = float(np.abs(off @ LUMA[::-1]).mean())
    if min(bright, other) > 0.5 * whole:
        return None
    text = (
        "the colours differ in fine detail and the brightness does not: the JPEG decoders enlarge the colour "
        "planes differently"
    )
    return "jpeg_chroma", {"decoder": "chroma upsampling", "brightness_share": number(bright / whole)}, text


def _grey_or_range(x: Array, y: Array, part: tuple[int, ...]) -> Finding:
    """Name a difference between grey pictures: one slope and offset (range), or other weights of the colours."""
    fitted = colours.fit_plain(x[:, :1], y[:, :1], order=(0,))
    if _clipped_gap(fitted, x[:, :1], y[:, :1]) < 0.7:
        return _content(
            "colour_range", {"slope": number(fitted.gain[0]), "range": "other"}, "grey levels are stretched", part
        )
    text = "both sides make grey pictures with other weights of red, green and blue"
    return _content("alpha_gray", {"reference": "grey", "deployed": "grey, other weights"}, text, part, 0.2)
