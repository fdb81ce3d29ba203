"""Several causes at once with the stages known, and what recipes and outputs add to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis import recipe_hints
from pixelparity.diagnosis.families import outputs
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.results import Cause, Evidence
from pixelparity.recipes import Decode, Normalize, Recipe
from pixelparity.stages import Capture
from tests.diagnosis.sides import MEAN, STD, capture, cropped, normalized, picture, resized, shorter

SHAPES = ((260, 390), (390, 270), (300, 300), (240, 420), (410, 300), (280, 350))
IMAGES = [picture(n, shape) for n, shape in enumerate(SHAPES)]
Size = tuple[int, int]


def _short(image: np.ndarray) -> Size:
    return shorter(image, 120)


def _capped(image: np.ndarray) -> Size:
    """Short edge 120, long edge at most 160."""
    ratio = min(120 / min(image.shape[:2]), 160 / max(image.shape[:2]))
    return int(image.shape[0] * ratio + 0.5), int(image.shape[1] * ratio + 0.5)


def _uncapped(image: np.ndarray) -> Size:
    ratio = 120 / min(image.shape[:2])
    return int(image.shape[0] * ratio + 0.5), int(image.shape[1] * ratio + 0.5)


def _side(
    size: Callable[[np.ndarray], Size] = _short,
    how: Resampling | None = None,
    crop: int | None = 100,
    norm: Callable[[np.ndarray], np.ndarray] = normalized,
    images: Sequence[np.ndarray] = IMAGES,
    **more: Any,
) -> Capture:
    smaller = [resized(image, size(image), how) for image in images]
    cut = smaller if crop is None else [cropped(image, crop) for image in smaller]
    stages = [("decode", list(images)), ("resize", smaller), ("crop", cut), ("normalize", [norm(x) for x in cut])]
    return capture("side", stages, **more)


def _padded(size: Callable[[np.ndarray], Size], batch: int, centred: bool) -> Capture:
    """Return a side that pads to a multiple of 32, and then with ``batch`` to the largest of that many pictures."""
    smaller = [resized(image, size(image)) for image in IMAGES]
    canvases = [(-(-x.shape[0] // 32) * 32, -(-x.shape[1] // 32) * 32) for x in smaller]
    out = []
    for n, x in enumerate(smaller):
        group = canvases[n // batch * batch : n // batch * batch + batch]
        canvas = np.zeros((max(c[0] for c in group), max(c[1] for c in group), 3), np.float32)
        top, left = ((canvases[n][k] - x.shape[k]) // 2 if centred else 0 for k in (0, 1))
        canvas[top : top + x.shape[0], left : left + x.shape[1]] = normalized(x)
        out.append(canvas)
    stages = [("decode", IMAGES), ("resize", smaller), ("normalize", [normalized(x) for x in smaller]), ("pad", out)]
    return capture("side", stages)


def _families(reference: Capture, deployed: Capture) -> set[str]:
    return {cause.family for cause in diagnosis.diagnose(reference, deployed).causes}


def test_another_grid_is_no_other_part_of_the_picture() -> None:
    """Pixel corners move the picture by part of a pixel: that is subpixel, however much it shrinks."""
    assert _families(_side(), _side(how=Resampling(centre="corner"))) == {"subpixel"}


def test_a_kernel_and_its_antialias_are_two_causes() -> None:
    """A cubic filter that is widened differs from a linear one that is not in both."""
    deployed = _side(how=Resampling(shape="cubic", antialias=True))
    assert _families(_side(), deployed) == {"interpolation", "antialias"}


def test_a_size_and_a_grid_are_mended_one_by_one() -> None:
    """Another short edge on pixel corners: each is confirmed with the other mended."""
    deployed = _side(lambda image: shorter(image, 136), Resampling(centre="corner"))
    assert _families(_side(), deployed) == {"target_size", "subpixel"}


def test_a_missing_cap_is_named_by_its_rule() -> None:
    """The long edge is not capped in serving: the rule says so."""
    (cause,) = diagnosis.diagnose(_padded(_capped, 1, False), _padded(_uncapped, 1, False)).causes
    assert cause.family == "resize_mode"
    assert cause.parameters["reference_rule"] == {
        "mode": "shorter",
        "size": [120],
        "max_size": 160,
        "rounding": "round",
    }
    assert "max_size=160" in cause.fix


@pytest.mark.parametrize(
    ("deployed", "families"),
    [
        ((_capped, 3, False), {"batch_padding"}),
        ((_capped, 3, True), {"batch_padding", "padding_position"}),
        ((_uncapped, 3, False), {"batch_padding", "resize_mode"}),
    ],
)
def test_a_batchs_border_is_told_from_size_and_place(deployed: tuple, families: set[str]) -> None:
    """Sizes, places and canvases differ together, and each is named."""
    assert _families(_padded(_capped, 1, False), _padded(*deployed)) == families


def test_two_steps_left_out_are_two_causes() -> None:
    """Raw pixels lack the division and the statistics; each is put back by itself."""
    deployed = _side(norm=lambda x: x.astype(np.float32))
    assert _families(_side(), deployed) == {"scale_missing", "mean_std_missing"}


def test_constants_that_differ_by_less_than_a_level_are_told() -> None:
    """Where nothing is rounded on the way a fit knows constants exactly: half a level of the mean is another constant."""
    near = np.array([103.53, 116.28, 123.675]), np.array([102.9801, 115.9465, 122.7717])
    sides = [_side(norm=lambda x, mean=mean: (x - mean).astype(np.float32)) for mean in near]
    assert _families(*sides) == {"mean_std_wrong"}


def test_values_that_are_float16_by_nature_went_through_none() -> None:
    """x / 128 - 1 has float16 values before any rounding: the constants differ, the type does not."""
    sides = [_side(norm=lambda x, half=half: (x / np.float32(half) - 1).astype(np.float32)) for half in (127.5, 128)]
    assert _families(*sides) == {"mean_std_wrong"}


def test_statistics_of_each_picture_stand_in_for_two_steps() -> None:
    """The reference divides, then subtracts: one per_image_normalize in serving replaces both."""
    smaller = [resized(image, _short(image)) for image in IMAGES]
    unit = [(x / np.float32(255)).astype(np.float32) for x in smaller]
    own = [((x - x.mean()) / x.std()).astype(np.float32) for x in smaller]
    both = [((x - MEAN) / STD).astype(np.float32) for x in unit]
    reference = capture("a", [("decode", IMAGES), ("resize", smaller), ("cast", unit), ("normalize", both)])
    deployed = capture("b", [("decode", IMAGES), ("resize", smaller), ("cast", own), ("normalize", own)])
    assert _families(reference, deployed) == {"per_image_normalize"}


def test_a_swap_is_seen_through_a_blending() -> None:
    """Pictures blended over white and read as BGR differ in both."""
    share = np.linspace(0.2, 1, 240)[:, None, None]
    white = [picture(n, (240, 320)) for n in range(6)]
    blended = [(x * share + 255 * (1 - share)).astype(np.uint8)[..., ::-1] for x in white]
    sides = [[("decode", x), ("normalize", [normalized(i) for i in x])] for x in (white, blended)]
    assert _families(capture("a", sides[0]), capture("b", sides[1])) == {"alpha_gray", "channel_order"}


def test_a_swap_is_said_in_the_declared_letters() -> None:
    """The reference works in BGR and says so: the model was trained on BGR, and is fed RGB."""
    sides = []
    for turn in (slice(None, None, -1), slice(None)):
        shown = [image[..., turn] for image in IMAGES]
        side = capture("side", [("decode", shown), ("normalize", [normalized(x) for x in shown])])
        channels = "BGR" if turn.step else "RGB"
        sides.append(replace(side, stages=tuple(replace(stage, channels=channels) for stage in side.stages)))
    for shown in (sides, [side.only(stages=("normalize",)) for side in sides]):
        (cause,) = diagnosis.diagnose(*shown).causes
        assert cause.text == "red and blue are exchanged: the model was trained on BGR, it is fed RGB"
        assert "image_type=types.RGB, output_type=types.BGR" in cause.fix


def test_flat_pictures_of_several_levels_tell_constants() -> None:
    """Six grey cards have no detail, and six points on the line from pixel to value."""
    cards = [np.full((120, 150, 3), 40 + 20 * n, np.uint8) for n in range(6)]
    sides = [_side(norm=norm, images=cards) for norm in (lambda x: x / np.float32(255), lambda x: x.astype(np.float32))]
    found = diagnosis.diagnose(*sides)
    assert [cause.family for cause in found.causes] == ["scale_missing"]
    assert any("no detail" in note for note in found.notes)


def test_what_is_not_understood_is_unexplained_with_its_size() -> None:
    """Three pictures of one pixel tell nothing: no cause is named, and the difference is not said to be explained."""
    dots = [np.full((1, 1, 3), 60 * n + 20, np.uint8) for n in range(3)]
    sides = [
        capture("side", [("decode", dots), ("normalize", [norm(x) for x in dots])])
        for norm in (lambda x: x.astype(np.float32), lambda x: np.rint((x.astype(np.float32) ** 2) % 97))
    ]
    found = diagnosis.diagnose(*sides)
    assert not found.causes
    assert found.unexplained["mean"] > 1


# --- recipes and outputs --------------------------------------------------------------------------------------------

STATISTICS = Normalize(mean=tuple(MEAN), std=tuple(STD))
DECODE = Decode(library="opencv", channels="RGB")


def _recipe(*steps: Any) -> Recipe:
    return Recipe(source="declared", steps=(DECODE, *steps))


def _cause(family: str) -> Cause:
    evidence = Evidence(undone=family, before=1.0, after=0.0, removed=1.0, images=2)
    return Cause(
        family=family, stage="final", parameters={}, confidence=0.9, evidence=evidence, fix="# mend", text="as it is"
    )  # fmt: skip


def test_recipes_choose_between_names_of_one_function() -> None:
    """The deployed recipe lacks the division by 255: that is no statistics in the wrong units."""
    ours, theirs = _recipe(Normalize(scale=1 / 255), STATISTICS), _recipe(STATISTICS)
    (cause,), notes = recipe_hints.judge([_cause("mean_std_wrong_range")], ours, theirs)
    assert cause.family == "scale_missing"
    assert cause.evidence.undone == "scale_missing"
    assert not notes


def test_what_recipes_declare_and_tensors_do_not_show_is_a_note() -> None:
    """BGR against RGB on grey pictures leaves no trace: it is said, and no cause is made of it."""
    ours, theirs = _recipe(STATISTICS), Recipe(source="b", steps=(Decode(library="opencv", channels="BGR"), STATISTICS))
    causes, notes = recipe_hints.judge([], ours, theirs)
    assert causes == ()
    assert any("channel_order" in note and "not seen" in note for note in notes)


def test_what_tensors_show_and_recipes_do_not_declare_is_a_note() -> None:
    """Equal recipes and a swapped tensor: it happens outside of them."""
    causes, notes = recipe_hints.judge([_cause("channel_order")], _recipe(STATISTICS), _recipe(STATISTICS))
    assert [cause.family for cause in causes] == ["channel_order"]
    assert any("do not declare it: channel_order" in note for note in notes)


def test_a_second_softmax_is_told_by_its_form_while_inputs_differ() -> None:
    """The outputs answer other inputs, and still are a softmax of probabilities: undoing it brings their sureness back."""
    rng = np.random.default_rng(3)
    wanted, other = (outputs.softmax(rng.normal(0, 4, (6, 5))) for _ in range(2))
    names = [f"picture{n}" for n in range(6)]
    ours = _side(outputs=dict(zip(names, wanted, strict=True)))
    for given, families in ((outputs.softmax(other), ["postprocess"]), (other, [])):
        theirs = _side(norm=lambda x: x / np.float32(255), outputs=dict(zip(names, given, strict=True)))
        assert [c.family for c in outputs.causes(ours, theirs, matches=False)] == families


def test_unsure_outputs_are_no_second_softmax() -> None:
    """A model that is fed next to nothing answers nearly alike for all classes: that is no softmax of probabilities."""
    rng = np.random.default_rng(4)
    wanted, flat = outputs.softmax(rng.normal(0, 4, (6, 5))), outputs.softmax(rng.normal(0, 0.02, (6, 5)))
    names = [f"picture{n}" for n in range(6)]
    sides = [_side(outputs=dict(zip(names, given, strict=True))) for given in (wanted, flat)]
    assert outputs.causes(*sides, matches=False) == ()
