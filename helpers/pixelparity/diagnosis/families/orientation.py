"""The EXIF orientation tag, applied on one side only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, Plane
from pixelparity.diagnosis.families import layout
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.frames import knows
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.measure import block_means
from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.placement import Placement
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="exif_orientation",
        title="The orientation tag is applied on one side only",
        words="the orientation tag is applied on one side only",
        differs="some pictures turned or mirrored",
        with_stages="decoded pictures",
        from_finals="yes",
        steps=("orient", "decode", "input", "other"),
    ),
)

#: The two orientations (EXIF codes) between which rows and columns are exchanged.
_EXCHANGED = {1, 5}


def turned(reference: SideModel, deployed: SideModel, *, stored: bool) -> list[Finding]:
    """Name pictures that one side turns or mirrors, or height and width exchanged on all of them.

    ``stored`` says that both chains start from the pictures as their files hold them: then it shows which side turns them.
    """
    codes = [(a.code, b.code) for a, b in zip(reference.placements, deployed.placements, strict=True)]
    which = [i for i, (a, b) in enumerate(codes) if a != b]
    if not which:
        return []
    if len(which) == len(codes) > 1 and len(set(codes)) == 1 and set(codes[0]) == _EXCHANGED:
        return [layout.transposed(reference)]
    reference_codes, deployed_codes = ({codes[i][side] for i in which} for side in (0, 1))
    return [
        Finding(
            family="exif_orientation",
            parameters={"orientation": sorted(deployed_codes | reference_codes - {1})},
            text=f"{len(which)} of {len(codes)} pictures are turned or mirrored: the EXIF orientation is applied on one "
            "side only",
            fix=decoder_line(reference_codes != {1} if stored else None),
            mend=lambda chain: replace(chain, placements=_reframed(chain, reference, which)),
            steps=("orient", "decode", "input", "other"),
            images=tuple(which),
        )
    ]


def decoder_line(applied: bool | None) -> str:
    """Return the decoder that applies the EXIF orientation or not, as the training does; ``None`` where that does not show."""
    if applied is None:
        return "# decode with the training's adjust_orientation: the tensors show that one side turns pictures, not which one"
    words = "turns pictures as EXIF says" if applied else "leaves pictures as they are stored"
    return f"images = fn.decoders.image(encoded, adjust_orientation={applied})  # the training {words}"


def _reframed(chain: SideModel, reference: SideModel, which: Sequence[int]) -> tuple[Placement, ...]:
    """Return the chain's frames with some images turned as the reference turns them, at the sizes that the chain gives pictures.

    Where the others' frames do not tell another size than the reference's, they have the reference's frames.
    """
    every = range(len(reference.placements))
    rest = [i for i in every if i not in which and knows(chain, i) and knows(reference, i)]
    out = list(chain.placements)
    for i in which:
        out[i] = reference.placements[i]
        if any(chain.placements[k] != reference.placements[k] for k in rest) and chain.shapes:
            upright = placement.turned_shape(chain.shapes[i], reference.placements[i].code)
            out[i] = edit_placement.transferred(chain, i, upright, reference.placements[i].code) or out[i]
    return tuple(out)


# --- between decoded pictures ---------------------------------------------------------------------------------------


def of_pictures(reference: HWC, deployed: HWC) -> Placement:
    """Return the frame of the code under which two pictures are most alike; upright unless another is clearly better."""
    best, score = 1, -1.0
    shape = (reference.shape[0], reference.shape[1])
    if np.array_equal(reference, deployed):
        return placement.whole(shape, shape)
    at = thresholds.now().families
    for code in placement.EXIF:
        if placement.turned_shape(reference.shape, code) != deployed.shape[:2]:
            continue
        got = _alike(placement.turn(reference, code), deployed)
        if got > score + at.turned_min_gain and (code == 1 or got > at.turned_min_correlation):
            best, score = code, got
        if code == 1 and got > at.upright_good_correlation:
            break
    shape = placement.turned_shape(reference.shape, best)
    return placement.whole(shape, shape, shape, best)


def _alike(reference: HWC, deployed: HWC) -> float:
    """Return the correlation of two pictures' edges; of their brightness where there are none.

    A blending or a vignette changes brightness from one side to the other, and no edges.
    """
    a, b = (_coarse(x) for x in (reference, deployed))
    one, other = (np.concatenate([np.diff(x, axis=k).reshape(-1) for k in (0, 1)]) for x in (a, b))
    at = thresholds.now().families
    if min(one.size, other.size) < at.edges_min or min(one.std(), other.std()) < at.edges_min_levels:
        one, other = a.reshape(-1), b.reshape(-1)
    flat = [side.std() < at.flat_max_levels for side in (one, other)]
    if any(flat):
        return 1.0 if all(flat) else 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _coarse(picture: HWC) -> Plane:
    """Return brightness in blocks about the centre, 64 or more to the short edge: the same blocks however it is turned."""
    step = max(1, min(picture.shape[:2]) // 64)
    rows, columns = (n // step * step for n in picture.shape[:2])
    top, left = (picture.shape[0] - rows) // 2, (picture.shape[1] - columns) // 2
    inner = picture[top : top + rows, left : left + columns]
    coarse: Plane = block_means.means(inner, step).mean(1).reshape(rows // step, columns // step)
    return coarse
