"""The printed mend of every family, in both directions: what the reference does, never what the deployed side has already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from pixelparity.diagnosis import Cause, diagnose
from pixelparity.diagnosis.model.resampling import Resampling, matrix, resample
from pixelparity.repair import edits
from pixelparity.repair.script import Script
from pixelparity.stages import Capture
from tests.diagnosis.sides import capture, cropped, fitted, normalized, pictures, resized, shorter

IMAGES = pictures()
RAW = {f"picture{n}": image for n, image in enumerate(IMAGES)}
Place = Callable[[np.ndarray], np.ndarray]
WAYS = ("stages", "pictures", "finals")


def small(how: Resampling | None = None, whole: Place | None = None) -> Place:
    """Return a resize of the shorter edge to 96; ``whole`` makes whole levels, rounded if it is not given."""

    def place(image: np.ndarray) -> np.ndarray:
        size, kernel = shorter(image, 96), how or Resampling()
        if whole is None:
            return resized(image, size, kernel)
        axes = [matrix(old, new, kernel) for old, new in zip(image.shape, size, strict=False)]
        return np.clip(whole(resample(image, *axes)), 0, 255).astype(np.float32)

    return place


def padded(fill: int = 0, corner: bool = False) -> Place:
    """Return a fit into 128 x 128, padded."""
    return lambda image: fitted(image, 128, fill, corner=corner)


def own_statistics(image: np.ndarray) -> np.ndarray:
    """Return a picture with its own mean and standard deviation taken out."""
    values = image.astype(np.float32)
    return ((values - values.mean()) / values.std()).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Side:
    """A small side: where pixels go, what becomes of their values, and what stands in its own pipeline's text."""

    place: Place = field(default_factory=small)
    norm: Place = normalized
    has: str

    def capture(self, way: str) -> Capture:
        """Run the side; all stages, or the final tensors."""
        moved = [self.place(image) for image in IMAGES]
        step = "pad" if moved[0].shape[0] == moved[0].shape[1] else "resize"
        made = capture(self.has, [("decode", IMAGES), (step, moved), ("normalize", [self.norm(x) for x in moved])])
        return made if way == "stages" else made.only(stages=("normalize",))


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two sides that differ in one family. ``blind`` are the ways that cannot tell it, or not by this name."""

    family: str
    one: Side
    other: Side
    blind: tuple[str, ...] = ()


def kernel(has: str, **how: object) -> Side:
    """Return a side with another resampling."""
    return Side(place=small(Resampling(**how)), has=has)  # type: ignore[arg-type]


PAIRS = {
    "scale": Pair(
        family="scale_missing",
        one=Side(norm=lambda x: x / np.float32(255), has="stddev=255"),
        other=Side(norm=lambda x: x.astype(np.float32), has="0..255"),
    ),
    "statistics": Pair(
        family="mean_std_missing",
        one=Side(has="123.675"),
        other=Side(norm=lambda x: x / np.float32(255), has="mean=0.0, stddev=255.0"),
    ),
    "constants": Pair(
        family="mean_std_wrong",
        one=Side(has="123.675"),
        other=Side(norm=lambda x: normalized(x, np.full(3, 0.5), np.full(3, 0.5)), has="mean=127.5"),
    ),
    "own_statistics": Pair(
        family="per_image_normalize",
        one=Side(norm=own_statistics, has="own statistics"),
        other=Side(has="stddev="),
        blind=("finals",),
    ),
    "channels": Pair(
        family="channel_order",
        one=Side(has="output_type=types.RGB"),
        other=Side(norm=lambda x: normalized(x)[..., ::-1], has="output_type=types.BGR"),
        blind=("finals",),  # which side has which is not in the tensors: exchanging them is right both ways
    ),
    "layout": Pair(
        family="layout",
        one=Side(has="perm=[2, 0, 1]", norm=lambda x: normalized(cropped(x, 96))),
        other=Side(
            has="are read as CHW", norm=lambda x: normalized(cropped(x, 96)).transpose(2, 0, 1).reshape(96, 96, 3)
        ),
        blind=("finals",),  # one side is the other one scrambled: which is right is not in the tensors
    ),
    "corner": Pair(
        family="subpixel", one=kernel("warp_affine", centre="corner"), other=kernel("give fn.resize", centre="half")
    ),
    "ends": Pair(
        family="subpixel", one=kernel("warp_affine", centre="ends"), other=kernel("give fn.resize", centre="half")
    ),
    "antialias": Pair(
        family="antialias", one=kernel("antialias=True", antialias=True), other=kernel("antialias=False")
    ),
    "kernel": Pair(
        family="interpolation",
        one=kernel("INTERP_CUBIC", shape="cubic"),
        other=kernel("INTERP_LINEAR"),
    ),
    "rounded": Pair(
        family="dtype",
        one=Side(place=small(whole=lambda x: np.floor(x + 0.5)), has="dtype=types.UINT8, which rounds"),
        other=Side(place=small(whole=np.floor), has="math.floor"),
    ),
    "fractions": Pair(
        family="dtype",
        one=Side(place=small(whole=lambda x: np.floor(x + 0.5)), has="dtype=types.UINT8, which rounds"),
        other=Side(place=small(whole=lambda x: x), has="dtype=types.FLOAT, which keeps"),
    ),
    "float16": Pair(
        family="dtype",
        one=Side(has="dtype=types.FLOAT)"),
        other=Side(norm=lambda x: normalized(x).astype(np.float16).astype(np.float32), has="FLOAT16"),
    ),
    "fill": Pair(
        family="padding_value",
        one=Side(place=padded(0), has="fill_values=0"),
        other=Side(place=padded(114), has="fill_values=114"),
    ),
    "position": Pair(
        family="padding_position",
        one=Side(place=padded(), has="crop_pos_x=0.5"),
        other=Side(place=padded(corner=True), has="crop_pos_x=0.0"),
    ),
}


def told(family: str, reference: Side, deployed: Side, way: str) -> Cause:
    """Return the cause of a family that is named for two sides, which has to be there."""
    sides = [side.capture(way) for side in (reference, deployed)]
    found = diagnose(*sides, raw=RAW if way == "pictures" else None)
    causes = [cause for cause in found.causes if cause.family == family]
    assert causes, [cause.family for cause in found.causes]
    return causes[0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PAIRS)
def test_the_printed_mend_is_the_references_and_not_what_is_served(name: str, way: str) -> None:
    """Each direction has its own mend, and neither tells the deployed side to do what it does already."""
    pair = PAIRS[name]
    if way in pair.blind:
        pytest.skip("not told this way")
    there = told(pair.family, pair.one, pair.other, way)
    assert pair.other.has not in there.fix
    assert "..." not in there.fix
    if pair.family in ("scale_missing", "mean_std_missing"):
        return  # the other direction has another name
    back = told(pair.family, pair.other, pair.one, way)
    assert pair.one.has not in back.fix
    assert "..." not in back.fix
    assert there.fix != back.fix


@pytest.mark.parametrize(("one", "other"), [("rounded", "cut off"), ("cut off", "rounded"), ("kept", "cut off")])
def test_a_cut_off_fraction_is_one_cause(one: str, other: str) -> None:
    """What cutting off leaves is half a level that is gone for good: no kernel is named besides, from final tensors alone."""
    how: dict[str, Place] = {"rounded": lambda x: np.floor(x + 0.5), "cut off": np.floor, "kept": lambda x: x}
    sides = [Side(place=small(whole=how[name]), has=name).capture("finals") for name in (one, other)]
    found = diagnose(*sides)
    assert [cause.family for cause in found.causes] == ["dtype"]
    assert ("cut off in serving" if other == "cut off" else "cut off in training") in found.causes[0].text
    if one == "kept":
        assert "kept on the other side" in found.causes[0].text
        assert "types.FLOAT, which keeps" in found.causes[0].fix


def test_another_grid_is_a_warp_and_no_edit_of_the_resize() -> None:
    """What is printed for a corner grid is what the edit of a pipeline says that cannot be made."""
    cause = told("subpixel", kernel("a", centre="corner"), kernel("b"), "stages")
    script = Script("def p():\n    images = fn.resize(images, size=96)\n    return images\n", "p")
    assert "fn.warp_affine" in cause.fix
    assert cause.fix in edits.why_not(script, cause)
