"""What is printed of how a diagnosis was come to, and what stands of it in JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from pixelparity import diagnosis
from pixelparity.diagnosis.results import Considered, Evidence, Trace
from tests.diagnosis.sides import cropped, final, normalized, pictures, resized, shorter


def _final(image: np.ndarray, scale: float = 1.0) -> np.ndarray:
    return (normalized(cropped(resized(image, shorter(image, 96)), 80)) * np.float32(scale)).astype(np.float32)


def test_a_kept_cause_is_explained_with_its_share() -> None:
    """The way, the number of pictures, and the cause that was kept with what undoing it removes."""
    images = pictures(4)
    sides = [final(name, [_final(x, scale) for x in images]) for name, scale in (("a", 1.0), ("b", 255.0))]
    found = diagnosis.diagnose(*sides)
    text = diagnosis.explain(found)
    assert text.startswith(
        "How this was found: explained from final tensors alone: estimated on 2 pictures, confirmed on 2"
    )
    for cause in found.causes:
        assert f"kept     {cause.family} at stage {cause.stage}: undoing it removes" in text


def test_a_rejected_cause_is_explained_with_its_reason() -> None:
    """What was kept comes first, and each line ends with the reason."""
    side = final("a", [_final(x) for x in pictures(2)])
    evidence = Evidence(undone="x", before=1.0, after=0.9, removed=0.1, images=1)
    one = Considered(family="rounding", stage="crop", parameters={}, evidence=evidence, kept=False, reason="too little")
    trace = Trace(way="by hand", considered=(one, replace(one, family="antialias", kept=True, reason="all of it")))
    text = diagnosis.explain(replace(diagnosis.diagnose(side, side), trace=trace))
    assert text.splitlines()[1:] == [
        "  kept     antialias at stage crop: all of it", "  rejected rounding at stage crop: too little",
    ]  # fmt: skip


def test_equal_tensors_need_no_explanation() -> None:
    """Where nothing differs it is said so, and nothing was proposed."""
    side = final("a", [_final(x) for x in pictures(3)])
    text = diagnosis.explain(diagnosis.diagnose(side, side))
    assert (
        text == "How this was found: all final tensors are equal within the noise of arithmetic\n  nothing was proposed"
    )


def test_the_trace_is_part_of_the_json() -> None:
    """Every proposal stands in the JSON with its family, evidence and reason, in values that JSON has."""
    images = pictures(4)
    sides = [final(name, [_final(x, scale) for x in images]) for name, scale in (("a", 1.0), ("b", 255.0))]
    written = json.loads(json.dumps(diagnosis.to_json(diagnosis.diagnose(*sides))))["trace"]
    assert "final tensors alone" in written["way"]
    assert {"family", "stage", "parameters", "evidence", "kept", "reason"} == set(written["considered"][0])
    assert written["considered"][0]["evidence"]["images"] > 0
