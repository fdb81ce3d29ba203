"""Pictures of 16 bits read as 8, or the other way round."""

from __future__ import annotations

from pixelparity import readings
from pixelparity.diagnosis.families import looks
from pixelparity.diagnosis.families.finding import Finding, read_otherwise
from pixelparity.diagnosis.families.registry import Family, register

#: How each reading is made with OpenCV and numpy, by the reference's.
_FIXES = {
    "": "read 8 bits of 16: cv2.imread(f, cv2.IMREAD_UNCHANGED) >> 8",
    readings.ALL_BITS: "read all 16 bits: cv2.imread(f, cv2.IMREAD_UNCHANGED)",
    readings.LOW_BYTE: "read the low byte: cv2.imread(f, cv2.IMREAD_UNCHANGED) & 255",
    readings.CUT_OFF: "cut off at 255: np.minimum(cv2.imread(f, cv2.IMREAD_UNCHANGED), 255)",
}

register(
    Family(
        name="bit_depth",
        title="16 bits are read as 8",
        words="of 16 bits others are read",
        differs="16 (12, 10) bits against 8: high byte, low byte, cut off at 255",
        with_stages="with the files, each side's reading of them is tried",
        from_finals="no: only the files hold all bits",
        steps=("decode", "input", "other"),
        declared=False,
        elsewhere="the decoder is at fault: let it read as many bits as the training's does",
    ),
)


@looks.READ.look()
def read(asked: looks.Reading) -> Finding | None:
    """Name pictures of 16 bits that the sides read otherwise."""
    if asked.kind != "deep":
        return None
    return read_otherwise("bit_depth", asked.words, asked.images, {}, _FIXES[asked.reference])
