"""Families of files that decoders read in several ways: palettes, 16 bits, profiles, transparency, CMYK."""

from __future__ import annotations

import pytest

from pixelparity import readings
from pixelparity.diagnosis.families import looks

CASES = [
    ("palette", "", readings.INDICES, "palette", "convert('RGB')"),
    ("palette", readings.INDICES, "", "palette", "indices"),
    ("palette", readings.OVER_WHITE, "", "alpha_gray", "blend over white"),
    ("deep", readings.ALL_BITS, readings.CUT_OFF, "bit_depth", "IMREAD_UNCHANGED)"),
    ("deep", "", readings.LOW_BYTE, "bit_depth", ">> 8"),
    ("profile", readings.CONVERTED, "", "colour_profile", "profileToProfile"),
    ("profile", "", readings.CONVERTED, "colour_profile", "leave the profile alone"),
    ("transparent", readings.OVER_WHITE, readings.OVER_BLACK, "alpha_gray", "blend over white"),
    ("transparent", "", readings.OVER_BLACK, "alpha_gray", "drop alpha"),
    ("CMYK", "", readings.PLANES, "alpha_gray", "convert CMYK"),
]


@pytest.mark.parametrize(("kind", "reference", "deployed", "family", "fix"), CASES)
def test_files_that_the_sides_read_otherwise_have_one_name(
    kind: str, reference: str, deployed: str, family: str, fix: str
) -> None:
    """One family answers, says both readings, and mends towards the training's."""
    asked = looks.Reading(kind=kind, reference=reference, deployed=deployed, images=(1, 2))
    (found,) = [one for look in looks.READ.looks() if (one := look(asked)) is not None]
    assert found.family == family
    assert found.content
    assert found.images == (1, 2)
    assert "2 files" in found.text
    for label, side in ((reference, "training"), (deployed, "serving")):
        assert f"{label or readings.USUAL[kind]} in {side}" in found.text
    assert fix in found.fix
