"""Pictures that went through a JPEG once more on one side: before the resize, or after it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from pixelparity import pictures
from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, RGB_CHANNELS, PerChannel
from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import Finding, Named, in_pictures, unchanged
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit import jpeg_quality
from pixelparity.diagnosis.fit.jpeg_quality import RoundTrip
from pixelparity.diagnosis.measure import residuals
from pixelparity.diagnosis.model.colours import LUMA

register(
    Family(
        name="recompression",
        title="A JPEG once more",
        words="pictures are compressed once more on one side",
        differs="a JPEG round trip before or after the resize",
        with_stages="doing it again, at the quality that leaves least",
        from_finals="where it comes after the resize: blocks of 8 pixels tell the quality",
        steps=("decode", "input", "resize", "other"),
        loses="filtered",
        declared=False,
        elsewhere="it is done before the pipeline: send the file, or a PNG of the picture, instead of compressing it again",
    )
)

#: Pixels of a picture that a quality is tried on: whole blocks from its corner; speed: more would say the same.
_EDGE = 256


def of_pictures(reference: Sequence[HWC], deployed: Sequence[HWC]) -> Finding | None:
    """Recognise pictures (HWC uint8, of equal shapes) that are those of the other side after a JPEG."""
    pairs = [(a.astype(np.float32), b.astype(np.float32)) for a, b in zip(reference, deployed, strict=True)]
    if (found := between(pairs)) is None:
        return None
    side, trip = found
    return in_pictures("recompression", _told(trip, side, "before"), *_said(trip, side, "before the resize"))


def again(picture: HWC, trip: RoundTrip) -> HWC:
    """Return levels (HWC) as they come back from a JPEG."""
    return pictures.recompressed(_pixels(picture), trip.quality, trip.subsampling)


def _trip(pairs: Sequence[tuple[HWC, HWC]]) -> RoundTrip | None:
    """Return the JPEG that makes each second picture (levels) from the first, if it leaves little of what differs.

    It has to explain the brightness too: colour planes that a decoder enlarged otherwise come back from any fine JPEG.
    """
    parts = [(_pixels(a[:_EDGE, :_EDGE]), b[:_EDGE, :_EDGE]) for a, b in pairs]
    plain = _apart(parts)
    if plain.min() < thresholds.now().noise.quiet_levels:
        return None

    def left(trip: RoundTrip) -> PerChannel:
        return _apart([(again(a, trip), b) for a, b in parts])

    trip, _ = jpeg_quality.best(lambda one: float(left(one)[0]))
    at = thresholds.now().families
    share = at.recompressed_max_share
    if plain[1:].size and plain[1:].min() <= at.chroma_max_brightness_share * plain[0]:
        share *= share  # it looks like another decoder's colour planes: only a JPEG that leaves next to nothing counts
    return trip if (left(trip) < share * plain).all() else None


def _pixels(levels: HWC) -> HWC:
    """Return levels as the bytes that a JPEG is made of: what a cast cuts off is not the JPEG's doing."""
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _apart(pairs: Sequence[tuple[HWC, HWC]]) -> PerChannel:
    """Return the mean absolute difference of all values, and of the brightness with red first and with blue first."""
    off = np.concatenate([(a - b.astype(np.float32)).reshape(-1, a.shape[2]) for a, b in pairs])
    bright = [off @ weights for weights in (LUMA, LUMA[::-1])] if off.shape[1] == RGB_CHANNELS else []
    return np.array([np.abs(part).mean() for part in (off, *bright)])


def between(pairs: Sequence[tuple[HWC, HWC]]) -> tuple[str, RoundTrip] | None:
    """Return on which side a JPEG is done to one picture of each pair (levels, reference first) and makes the other."""
    if any(picture.shape[2] not in (1, RGB_CHANNELS) or not picture.size for pair in pairs for picture in pair):
        return None
    for side, way in (("serving", 1), ("training", -1)):
        trip = _trip([pair[::way] for pair in pairs])  # type: ignore[misc]
        if trip is not None:
            return side, trip
    return None


def _told(trip: RoundTrip, side: str, where: str) -> dict[str, object]:
    return {"side": side, "quality": trip.quality, "subsampling": trip.subsampling, "where": where}


def _said(trip: RoundTrip, side: str, where: str) -> tuple[str, str]:
    """Return the sentence and the mend."""
    text = f"pictures are compressed once more in {side}: a JPEG of quality {trip.quality}, {trip.subsampling}, {where}"
    if side == "serving":
        return (
            text,
            "# send the file as it is, or a PNG: no cv2.imencode or Image.save as JPEG on the way",
        )
    kind = "cv2.IMWRITE_JPEG_SAMPLING_FACTOR_" + trip.subsampling.replace(":", "")
    flags = f"[cv2.IMWRITE_JPEG_QUALITY, {trip.quality}, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, {kind}]"
    return text, f'images = cv2.imdecode(cv2.imencode(".jpg", images, {flags})[1], cv2.IMREAD_COLOR)  # BGR, {where}'


@looks.FINALS.look(ahead_of=("jpeg_chroma.fine_colours",))
def blocks(left: looks.Left) -> Named | None:
    """Name a JPEG of pictures that are not resized after it: done to one side's tensors it makes the other's."""
    if left.zoomed or left.per_picture:
        return None
    chosen = dict(list(residuals.telling(left.lefts).items())[:3])
    order = slice(None, None, -1) if left.blue_first else slice(None)
    pairs = [tuple(x[..., order] for x in one.pair) for one in chosen.values()]
    found = between(pairs) if pairs else None  # type: ignore[arg-type]
    return None if found is None else _undone(left, found[1], found[0], order)


def _undone(left: looks.Left, trip: RoundTrip, side: str, order: slice) -> Named:
    """Return the finding of final tensors, and what takes the JPEG's errors, as the other side's picture has them, away."""
    text, fix = _said(trip, side, "after the resize")
    finding = Finding(
        family="recompression",
        parameters=_told(trip, side, "after"),
        text=text,
        fix=fix,
        mend=unchanged,
        steps=("resize", "crop", "other"),
        doubt=0.1,
    )

    @cache
    def errors(image: int) -> HWC:
        one = left.lefts[image]
        source = one.pair[0 if side == "serving" else 1]
        made: HWC = again(source[..., order], trip)[..., order] - source
        return made if side == "serving" else -made

    def restore(tensor: HWC, image: int) -> HWC:
        if image not in left.lefts:
            return tensor
        top, bottom = left.lefts[image].box[0], left.lefts[image].box[2]
        start, end = left.lefts[image].box[1], left.lefts[image].box[3]
        out = tensor.astype(np.float32).copy()
        out[top:bottom, start:end] -= errors(image)
        return out

    return finding, restore
