"""From two captures to named causes: with stages, with final tensors and pictures, with final tensors alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.errors import NotComparable, SideError
from tests.diagnosis.sides import MEAN, STD, capture, cropped, final, fitted, normalized, pictures, resized, shorter

IMAGES = pictures()
ANTIALIAS = Resampling(antialias=True)


def _standard(how: Resampling | None = None) -> list[np.ndarray]:
    return [cropped(resized(image, shorter(image, 120), how), 100) for image in IMAGES]


def _named(reference: Sequence[np.ndarray], deployed: Sequence[np.ndarray]) -> list[str]:
    return [c.family for c in diagnosis.diagnose(final("a", reference), final("b", deployed)).causes]


REFERENCE = _standard()
NORMAL = [normalized(image) for image in REFERENCE]


def _each(change: Callable[[np.ndarray], np.ndarray]) -> list[np.ndarray]:
    return [change(image) for image in REFERENCE]


FINAL_FAULTS = {
    "mean_std_missing": _each(lambda x: x / np.float32(255)),
    "mean_std_wrong_range": _each(lambda x: ((x - MEAN) / STD).astype(np.float32)),
    "mean_std_wrong": _each(lambda x: (x / np.float32(127.5) - 1).astype(np.float32)),
    "scale_twice": _each(lambda x: ((x / 65025 - MEAN) / STD).astype(np.float32)),
    "channel_order": _each(lambda x: normalized(x[..., ::-1])),
    "layout": [np.ascontiguousarray(x).reshape(3, 100, 100).transpose(1, 2, 0) for x in NORMAL],
    "interpolation": [normalized(x) for x in _standard(Resampling(shape="cubic"))],
    "resize_mode": [normalized(resized(image, (100, 100))) for image in IMAGES],
    "per_image_normalize": _each(lambda x: ((x - x.mean()) / x.std()).astype(np.float32)),
    "dtype": [x.astype(np.float16).astype(np.float32) for x in NORMAL],
}


@pytest.mark.parametrize("family", FINAL_FAULTS)
def test_a_single_fault_is_named_from_final_tensors_alone(family: str) -> None:
    """Without stages and without pictures, the fault is named first and its undoing removes most of it."""
    found = diagnosis.diagnose(final("a", NORMAL), final("b", FINAL_FAULTS[family]))
    assert found.causes[0].family == family
    assert found.causes[0].evidence.after < found.causes[0].evidence.before
    assert found.verdict == "differs"


def test_antialias_is_named_from_final_tensors_alone() -> None:
    """Where pictures shrink by half, a widened filter is told from another kernel by its spectrum."""
    ours, theirs = (
        [normalized(resized(image, (80, 80), how)) for image in IMAGES] for how in (Resampling(), ANTIALIAS)
    )
    assert _named(ours, theirs) == ["antialias"]


def test_pixels_that_are_never_divided_have_two_causes() -> None:
    """Raw pixels where ImageNet statistics are due lack the division and the statistics."""
    assert set(_named(NORMAL, _each(lambda x: x.astype(np.float32)))) == {"scale_missing", "mean_std_missing"}


def test_a_missing_division_is_scale_missing_with_its_factor() -> None:
    """x for x / 255: factor 255, and the mend divides by it."""
    unit = _each(lambda x: x / np.float32(255))
    cause = diagnosis.diagnose(final("a", unit), final("b", _each(lambda x: x.astype(np.float32)))).causes[0]
    assert cause.family == "scale_missing"
    assert cause.parameters["factor"] == pytest.approx(255, rel=0.01)
    assert "stddev=255" in cause.fix


def test_several_causes_are_all_named() -> None:
    """A swapped order, other constants and a reshape at once: three causes, nothing else."""
    wrong = [normalized(x[..., ::-1], np.full(3, 0.5), np.full(3, 0.5)) for x in REFERENCE]
    wrong = [np.ascontiguousarray(x).reshape(3, 100, 100).transpose(1, 2, 0) for x in wrong]
    assert set(_named(NORMAL, wrong)) == {"channel_order", "mean_std_wrong", "layout"}


def test_another_way_to_write_the_formula_is_a_match() -> None:
    """(x / 255 - 0.5) / 0.5 is (x - 127.5) / 127.5."""
    ours = _each(lambda x: (x / np.float32(255) - np.float32(0.5)) / np.float32(0.5))
    theirs = _each(lambda x: (x.astype(np.float32) - 127.5) / np.float32(127.5))
    found = diagnosis.diagnose(final("a", ours), final("b", theirs))
    assert (found.verdict, found.causes) == ("match", ())


def test_rounding_noise_is_a_match() -> None:
    """Every eighth value one level off is what two libraries leave."""
    rng = np.random.default_rng(0)
    noisy = [normalized(np.clip(x + rng.choice([-1, 0, 1], x.shape, p=[0.06, 0.88, 0.06]), 0, 255)) for x in REFERENCE]
    assert _named(NORMAL, noisy) == []


def _staged(source: str, how: Resampling, fill: int, divide: bool, corner: bool = False) -> diagnosis.Comparison:
    boxes = [fitted(image, 128, fill, how, corner) for image in IMAGES]
    ends = [box / np.float32(255) if divide else box.astype(np.float32) for box in boxes]
    ratio = [128 / max(image.shape[:2]) for image in IMAGES]
    sizes = [tuple(int(edge * r + 0.5) for edge in image.shape[:2]) for image, r in zip(IMAGES, ratio, strict=True)]
    small = [resized(image, size, how) for image, size in zip(IMAGES, sizes, strict=True)]
    return capture(source, [("decode", IMAGES), ("resize", small), ("pad", boxes), ("normalize", ends)])  # type: ignore[return-value]


def test_stages_say_where_each_of_several_causes_is() -> None:
    """Antialias at the resize, the fill at the pad, the division at the normalisation."""
    found = diagnosis.diagnose(_staged("a", Resampling(), 0, True), _staged("b", ANTIALIAS, 114, False))
    assert {(c.family, c.stage) for c in found.causes} == {
        ("antialias", "resize"),
        ("padding_value", "pad"),
        ("scale_missing", "normalize"),
    }
    assert found.first_divergence == "resize"
    assert found.unexplained["mean"] < found.tolerance["mean"]


def test_pictures_beside_final_tensors_tell_kernels_exactly() -> None:
    """With the decoded pictures, the padded side's kernel and position are both named."""
    ours, theirs = _staged("a", Resampling(), 0, True), _staged("b", Resampling(shape="cubic"), 0, True, corner=True)
    raw = {f"picture{n}": image for n, image in enumerate(IMAGES)}
    ends = [side.only(stages=("normalize",)) for side in (ours, theirs)]
    assert {c.family for c in diagnosis.diagnose(*ends, raw=raw).causes} == {"interpolation", "padding_position"}


def test_one_picture_is_answered_with_less_confidence() -> None:
    """A single picture names the cause, less surely than six."""
    wrong = _each(lambda x: x / np.float32(255))
    one = diagnosis.diagnose(final("a", NORMAL[:1]), final("b", wrong[:1]))
    many = diagnosis.diagnose(final("a", NORMAL), final("b", wrong))
    assert one.causes[0].family == many.causes[0].family == "mean_std_missing"
    assert one.causes[0].confidence < many.causes[0].confidence
    assert any("one picture" in note for note in one.notes)


def test_flat_pictures_are_answered_with_a_note() -> None:
    """On pictures of one colour, what could not be told apart is said."""
    flat = [np.full((40, 40, 3), value, np.float32) for value in (10, 60, 200)]
    found = diagnosis.diagnose(final("a", flat), final("b", [x + 5 for x in flat]))
    assert found.verdict == "differs"
    assert any("detail" in note for note in found.notes)


def test_what_no_family_explains_is_unexplained() -> None:
    """Unrelated tensors differ, and nothing is named."""
    rng = np.random.default_rng(3)
    other = [rng.normal(size=x.shape).astype(np.float32) for x in NORMAL]
    found = diagnosis.diagnose(final("a", NORMAL), final("b", other))
    assert (found.verdict, found.causes) == ("differs", ())
    assert found.unexplained["mean"] > 0.5


def test_impact_is_measured_by_mending_one_cause() -> None:
    """A model that looks at the brightness answers rightly once the division is mended."""

    def model(batch: np.ndarray) -> np.ndarray:
        bright = batch.mean((1, 2, 3)) > 0.5
        return np.stack([bright, ~bright], axis=1).astype(np.float64)

    unit = _each(lambda x: np.clip(x // 2, 0, 110) / np.float32(255))
    found = diagnosis.diagnose(final("a", unit), final("b", [x * 255 for x in unit]), model=model)
    impact = found.causes[0].impact
    assert impact is not None
    assert (impact.agreement_before, impact.agreement_after) == (0.0, 1.0)
    assert impact.max_probability_change > 0.4
    assert impact.agreement_if_left == 0.0, "with one cause, leaving it is how it was deployed"


def test_a_quiet_cause_costs_what_leaving_it_costs() -> None:
    """Behind a loud cause, mending the quiet one changes no answer; leaving it alone makes every answer wrong."""

    def model(batch: np.ndarray) -> np.ndarray:
        constant, red = batch.mean((1, 2, 3)) > 2, batch[..., 0].mean((1, 2)) > batch[..., 2].mean((1, 2))
        return np.stack([constant | ~red, ~constant & red], axis=1).astype(np.float64)

    unit = _each(lambda x: (x * np.float32([1, 0.8, 0.3])).round() / np.float32(255))
    found = diagnosis.diagnose(
        final("a", unit), final("b", [x[..., ::-1] * np.float32(255) for x in unit]), model=model
    )
    impacts = {cause.family: cause.impact for cause in found.causes}
    assert set(impacts) == {"scale_missing", "channel_order"}
    quiet = impacts["channel_order"]
    assert quiet is not None
    assert (quiet.agreement_before, quiet.agreement_after, quiet.max_probability_change) == (0, 0, 0)
    assert (quiet.agreement_if_left, quiet.max_probability_if_left) == (0, 1)
    assert quiet.images == min(4, len(unit))
    assert "leaving only this gives the reference's class on 0%" in diagnosis.describe(found)


def test_the_report_is_text_and_json() -> None:
    """The text names verdict, cause, evidence and mend; the JSON has the documented keys and no numpy in it."""
    found = diagnosis.diagnose(final("a", NORMAL), final("b", _each(lambda x: x / np.float32(255))))
    text = diagnosis.describe(found)
    assert "DIFFERS" in text
    assert "evidence" in text
    assert "mend: images = fn.normalize" in text
    data = json.loads(json.dumps(diagnosis.to_json(found), allow_nan=False))
    assert {"verdict", "first_divergence", "causes", "unexplained", "stages", "images", "tolerance", "versions"} <= set(
        data
    )
    assert {"family", "stage", "parameters", "confidence", "impact", "evidence", "fix"} <= set(data["causes"][0])


def test_not_a_number_is_an_error() -> None:
    """A NaN is named with its stage and picture, and no verdict is given."""
    broken = [x.copy() for x in NORMAL]
    broken[2][5, 5, 0] = np.nan
    with pytest.raises(SideError, match="'normalize' holds NaN or infinity for image 'picture2'"):
        diagnosis.diagnose(final("a", NORMAL), final("b", broken))


def test_other_pictures_are_not_comparable() -> None:
    """Sides that saw other pictures get an error, not a verdict."""
    with pytest.raises(NotComparable, match="other pictures"):
        diagnosis.diagnose(final("a", NORMAL), final("b", NORMAL[:3]))


def test_fractions_kept_on_either_side_are_named_from_final_tensors() -> None:
    """Rounding the side that keeps fractions gives the other one, whichever side it is."""
    kept = [x + np.float32(0.3) * np.sin(np.arange(x.size, dtype=np.float32)).reshape(x.shape) for x in REFERENCE]
    for ours, theirs, side in ((REFERENCE, kept, "deployed"), (kept, REFERENCE, "reference")):
        found = diagnosis.diagnose(
            final("a", [normalized(x) for x in ours]), final("b", [normalized(x) for x in theirs])
        ).causes
        assert [(c.family, c.parameters["what"], c.parameters["side"]) for c in found] == [("dtype", "unrounded", side)]
        assert found[0].evidence.removed > 0.9
