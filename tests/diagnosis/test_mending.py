"""Deployed tensors with causes mended: each alone, any together, with the stages known and from final tensors alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.errors import InputError
from pixelparity.stages import Capture
from tests.diagnosis.sides import SHAPES, capture, cropped, final, picture, resized

IMAGES = [picture(n, (2 * shape[0], 2 * shape[1])) for n, shape in enumerate(SHAPES)]
SIZE = (120, 110)


def _side(how: Resampling, *, divide: bool, reverse: bool = False, crop: int = 100) -> Capture:
    """Return a side that resizes, crops, and divides by 255 and turns the channels round where it is told to."""
    smaller = [resized(image, SIZE, how) for image in IMAGES]
    cut = [cropped(image, crop) for image in smaller]
    turned = [image[..., ::-1] if reverse else image for image in cut]
    ends = [image.astype(np.float32) / np.float32(255 if divide else 1) for image in turned]
    return capture("side", [("decode", IMAGES), ("resize", smaller), ("crop", cut), ("normalize", ends)])


@pytest.fixture(scope="module")
def sides() -> tuple[Capture, Capture]:
    """Two sides that differ by the kernel, the order of the channels and the division."""
    soft, plain = Resampling(), Resampling(antialias=True)
    return _side(soft, divide=True), _side(plain, divide=False, reverse=True)


@pytest.fixture(scope="module")
def examined(sides: tuple[Capture, Capture]) -> diagnosis.Examination:
    """The three causes and their mends."""
    found = diagnosis.examine(*sides)
    assert {cause.family for cause in found.mends.causes} == {"antialias", "channel_order", "scale_missing"}
    return found


def _named(examined: diagnosis.Examination, *families: str) -> list[diagnosis.Cause]:
    return [cause for cause in examined.mends.causes if cause.family in families]


def _off(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean absolute difference."""
    return float(np.abs(one.astype(np.float64) - other).mean())


def test_a_mended_division_is_exact_and_leaves_the_stages_before_it(
    examined: diagnosis.Examination, sides: tuple[Capture, Capture]
) -> None:
    """Nothing is made anew that is not mended: earlier stages are the captured arrays, the last one is divided by 255."""
    deployed = sides[1]
    shown = examined.mends.tensors(_named(examined, "scale_missing"), "picture1")
    assert shown["resize"] is deployed.tensors["resize"]["picture1"]
    np.testing.assert_allclose(shown["normalize"], deployed.tensors["normalize"]["picture1"] / 255, atol=1e-6)


def test_any_mends_go_together_and_all_of_them_give_the_reference(
    examined: diagnosis.Examination, sides: tuple[Capture, Capture]
) -> None:
    """Each of the eight choices is another tensor; the one with all mended is the reference's, up to rounding."""
    wanted = sides[0].tensors["normalize"]["picture2"]
    causes = examined.mends.causes
    choices = [[c for c, on in zip(causes, which, strict=True) if on] for which in itertools.product((0, 1), repeat=3)]
    shown = [examined.mends.tensors(choice, "picture2")["normalize"] for choice in choices]
    assert all(not np.array_equal(one, other) for one, other in itertools.combinations(shown, 2))
    assert _off(shown[-1], wanted) < 0.1 / 255
    assert min(_off(tensor, wanted) for tensor in shown[:-1]) > 1 / 255


def test_a_mended_kernel_shows_in_its_stage_and_in_those_after_it(
    examined: diagnosis.Examination, sides: tuple[Capture, Capture]
) -> None:
    """The resized picture becomes the reference's, as whole numbers; the division is still missing at the end."""
    shown = examined.mends.tensors(_named(examined, "antialias"), "picture0")
    wanted = sides[0].tensors["resize"]["picture0"]
    assert shown["resize"].dtype == np.uint8
    assert _off(shown["resize"], wanted) < 0.1 < 1 < _off(sides[1].tensors["resize"]["picture0"], wanted)
    assert shown["normalize"].max() > 200


def test_a_mend_that_does_not_concern_a_picture_leaves_it_as_captured() -> None:
    """One picture of six is padded to the other side: mending that changes it, and no other picture by a single value."""
    smaller = [resized(image, (100, 90 if n == 2 else 100)) for n, image in enumerate(IMAGES)]
    sides = []
    for left in (5, 4):
        boxes = [np.pad(x, ((0, 0), (left, 10 - left), (0, 0))) if x.shape[1] == 90 else x for x in smaller]
        stages = [("decode", IMAGES), ("resize", smaller), ("pad", boxes)]
        sides.append(capture("side", [*stages, ("normalize", [x.astype(np.float32) for x in boxes])]))
    found = diagnosis.examine(*sides)
    assert [cause.family for cause in found.mends.causes] in (["rounding"], ["padding_position"])
    for n, image in enumerate(sides[0].images):
        shown = found.mends.tensors(found.mends.causes, image)["normalize"]
        assert (shown is sides[1].tensors["normalize"][image]) == (n != 2)
    np.testing.assert_array_equal(
        found.mends.tensors(found.mends.causes, "picture2")["pad"], sides[0].tensors["pad"]["picture2"]
    )


def test_nothing_mended_is_what_was_captured(examined: diagnosis.Examination, sides: tuple[Capture, Capture]) -> None:
    """Every stage is there, and is the captured array itself."""
    shown = examined.mends.tensors([], "picture0")
    assert {name: id(tensor) for name, tensor in shown.items()} == {
        name: id(tensors["picture0"]) for name, tensors in sides[1].tensors.items()
    }


def test_a_picture_that_is_stored_turned_is_mended_from_its_first_stage_on() -> None:
    """The orientation is a fault of the decoded picture already: that stage, and the last one, become the reference's."""
    sides = []
    for turned in (False, True):
        seen = [np.ascontiguousarray(x[::-1, ::-1]) if turned and n % 2 else x for n, x in enumerate(IMAGES)]
        ends = [resized(image, SIZE).astype(np.float32) for image in seen]
        sides.append(capture("side", [("decode", seen), ("normalize", ends)]))
    found = diagnosis.examine(*sides)
    assert [cause.family for cause in found.mends.causes] == ["exif_orientation"]
    shown = found.mends.tensors(found.mends.causes, "picture1")
    np.testing.assert_array_equal(shown["decode"], IMAGES[1])
    assert _off(shown["normalize"], sides[0].tensors["normalize"]["picture1"]) < 0.1


def test_final_tensors_alone_are_mended_too() -> None:
    """Constants and channels are turned back exactly, a moved picture is moved back, and both go together."""
    wide = [resized(image, SIZE) for image in IMAGES]
    tensors = [image[10:110, 5:105].astype(np.float32) / np.float32(255) for image in wide]
    wrong = [image[10:110, 8:108, ::-1].astype(np.float32) for image in wide]
    found = diagnosis.examine(final("a", tensors), final("b", wrong))
    causes = found.mends.causes
    shown = {cause.family: found.mends.tensors([cause], "picture0")["normalize"] for cause in causes}
    np.testing.assert_allclose(shown["channel_order"], wrong[0][..., ::-1], atol=1e-3)
    np.testing.assert_allclose(shown["scale_missing"], wrong[0] / 255, atol=1e-5)
    together = found.mends.tensors(causes, "picture0")["normalize"]
    assert len(causes) == 3
    assert _off(together[:, 3:], tensors[0][:, 3:]) < 0.1 / 255


def test_sides_that_agree_have_nothing_to_mend(sides: tuple[Capture, Capture]) -> None:
    """A match comes without mends."""
    found = diagnosis.examine(sides[0], sides[0])
    assert (found.diagnosis.verdict, found.mends.causes) == ("match", ())


def test_an_unknown_picture_or_cause_is_refused(examined: diagnosis.Examination) -> None:
    """Both by name: mends belong to the pictures and the causes of one diagnosis."""
    with pytest.raises(InputError, match="no picture 'mine'"):
        examined.mends.tensors([], "mine")
    other = diagnosis.examine(_side(Resampling(), divide=True), _side(Resampling(), divide=False)).mends.causes
    with pytest.raises(InputError, match="not one of this diagnosis"):
        examined.mends.tensors(other, "picture0")


def test_the_diagnosis_is_the_same_with_its_mends_and_without(
    examined: diagnosis.Examination, sides: tuple[Capture, Capture]
) -> None:
    """``diagnose`` says what ``examine`` says."""
    assert diagnosis.diagnose(*sides).causes == examined.diagnosis.causes


def test_a_cause_given_twice_is_mended_once(examined: diagnosis.Examination) -> None:
    """Two switches may stand for one cause: naming it twice is naming it."""
    cause, image = examined.mends.causes[0], examined.mends.images[0]
    once, twice = (examined.mends.tensors(chosen, image) for chosen in ([cause], [cause, cause]))
    for name, tensor in once.items():
        np.testing.assert_array_equal(twice[name], tensor)


def test_bytes_that_were_read_as_signed_are_not_wrapped_again() -> None:
    """Pixels up to 255 do not fit int8: mended, the tensor shows them and no negative numbers."""
    images = [picture(n, (150, 200)) for n in range(4)]
    sides = [capture(name, [("decode", images), ("cast", made)]) for name, made in (
        ("reference", images), ("deployed", [x.view(np.int8) for x in images]),
    )]  # fmt: skip
    examined = diagnosis.examine(*sides)
    assert [cause.family for cause in examined.mends.causes] == ["dtype"]
    mended = examined.mends.tensors(examined.mends.causes, "picture0")["cast"]
    np.testing.assert_array_equal(mended, images[0])
