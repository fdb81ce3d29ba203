"""Tones: inverted, or along another curve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.families import tone
from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.curves import Curve
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis import sides
from tests.repair.pairs import Side
from tests.repair.texts import SHORT, SHORTER

BENCH = """
inception_stretch/tone.inverted
    tone | tone | -
"""
INVERT = "images = fn.cast(255 - images, dtype=types.UINT8)"
INVERTED = SHORTER.replace(f"    {SHORT}", f"    {INVERT}\n    {SHORT}")
PRINTED = {
    "inversion": (
        Side(source=INVERTED, family="tone", line=9, added=("images = fn.cast(images, dtype=types.UINT8)",)),
        Side(source=SHORTER, family="tone", line=9, removed=0, added=(INVERT,)),
    ),
}

UNIT = Norm(gain=(1 / 255,) * 3, offset=(0.0,) * 3)
TURNED = Norm(gain=(-1 / 255,) * 3, offset=(1.0,) * 3)
PLAIN = SideModel(placements=(), colour=colours.identity(3))


def test_an_inversion_is_named_for_the_side_that_has_it() -> None:
    """1 - x / 255 against x / 255, either way round; the same sign on both sides is no inversion."""
    served = tone.inverted(UNIT, TURNED)
    trained = tone.inverted(TURNED, UNIT)
    assert served is not None
    assert trained is not None
    assert (served.finding.parameters["side"], trained.finding.parameters["side"]) == ("serving", "training")
    assert "255 - images" in trained.finding.fix
    assert served.change(TURNED) == UNIT
    assert tone.inverted(TURNED, TURNED) is None
    assert tone.inverted(UNIT, UNIT) is None


def test_a_curve_is_said_with_its_number_and_mended() -> None:
    """A gamma on one side is named for it, and its mend is the reference's curve."""
    odd = replace(PLAIN, curve=Curve(kind="gamma", value=2.2))
    (served,), (trained,) = tone.curved(PLAIN, odd, colours.identity(3)), tone.curved(odd, PLAIN, colours.identity(3))
    assert "gamma 2.2 in serving" in served.text
    assert "gamma 2.2 in training" in trained.text
    assert served.mend(odd).curve is None
    assert trained.mend(PLAIN).curve == odd.curve
    assert "** 2.2" in trained.fix
    assert tone.curved(odd, odd, colours.identity(3)) == []
    assert tone.curved(PLAIN, replace(PLAIN, curve=Curve(kind="clipped")), colours.identity(3)) == []


def _unit(x: np.ndarray) -> np.ndarray:
    return (sides.resized(x, (96, 96)) / 255).astype(np.float32)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("served", "told"),
    [
        (lambda x: 1 - _unit(x), {"kind": "inverted", "side": "serving"}),
        (lambda x: _unit(x) ** np.float32(2.2), {"kind": "gamma", "deployed": 2.2}),
        (lambda x: _unit(x) ** np.float32(1 / 1.8), {"kind": "gamma", "deployed": 0.5556}),
    ],
)
def test_another_tone_is_the_one_cause(served: Any, told: dict[str, Any], known: bool) -> None:
    """From pictures and from final tensors alone, with nothing beside it."""
    drawn = sides.pictures()
    reference = sides.final("reference", [_unit(x) for x in drawn])
    deployed = sides.final("deployed", [served(x) for x in drawn])
    raw = dict(zip(reference.images, drawn, strict=True)) if known else None
    found = diagnosis.diagnose(reference, deployed, raw=raw)
    assert [cause.family for cause in found.causes] == ["tone"]
    assert {name: found.causes[0].parameters[name] for name in told} == told


DECODED = np.random.default_rng(1).integers(0, 256, (4000, 3)).astype(np.float64)


def test_decoded_pixels_tell_an_inversion_and_a_curve() -> None:
    """255 - x, and bytes of a power; equal pixels, noise and a stretch are neither."""
    found = tone.decoded_inverted(DECODED, 255 - DECODED)
    assert found is not None
    assert found.parameters == {"kind": "inverted", "side": "serving"}
    assert tone.decoded_inverted(DECODED, DECODED) is None
    assert tone.decoded_inverted(DECODED, (255 - DECODED)[::-1]) is None
    bent = tone.decoded_on_a_curve(DECODED, np.rint(255 * (DECODED / 255) ** 1.8))
    assert bent is not None
    assert bent.parameters == {"kind": "gamma", "reference": 1.0, "deployed": 1.8}
    assert bent.content
    linear = Curve(kind="srgb_to_linear").apply(DECODED)
    assert "linear light" in tone.decoded_on_a_curve(DECODED, linear).text
    for other in (DECODED, 0.9 * DECODED + 5, np.minimum(DECODED, 150)):
        assert tone.decoded_on_a_curve(DECODED, other) is None
