"""The kernel and the sampling grid, once it is known where a picture lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis.fit import kernels
from pixelparity.diagnosis.fit.kernels import KERNELS, misfit, settle_kernel
from pixelparity.diagnosis.fit.locate import NEUTRAL
from pixelparity.diagnosis.model import colours, placement
from pixelparity.diagnosis.model.placement import Placement, whole
from pixelparity.diagnosis.model.resampling import Resampling, matrix, resample
from pixelparity.diagnosis.model.side_model import SideModel
from tests.diagnosis.sides import picture, resized

SHAPES = ((100, 130), (120, 96))
SOURCES = [picture(n, shape) for n, shape in enumerate(SHAPES)]
SIZE = (48, 48)


def _model(*places: Placement, how: Resampling = NEUTRAL) -> SideModel:
    return SideModel(
        placements=places, resampling=how, colour=colours.identity(3), known=(True,) * len(places), shapes=SHAPES
    )


STRETCHED = _model(*(whole(shape, SIZE) for shape in SHAPES))


def _settled(how: Resampling, tried: tuple[Resampling, ...] = KERNELS) -> Resampling:
    targets = [resized(source, SIZE, how) for source in SOURCES]
    return settle_kernel(STRETCHED, SOURCES, targets, [0, 1], tried).resampling


@pytest.mark.parametrize(
    "how", [KERNELS[n] for n in (0, 1, 3, 5, 6, 9, 11)], ids=lambda how: f"{how.shape}{how.antialias}"
)
def test_each_kernel_is_found(how: Resampling) -> None:
    """The kernel that made the tensors is the one that explains them, to one rounding."""
    assert _settled(how) == how


@pytest.mark.parametrize(
    "how",
    [Resampling(centre="corner"), Resampling(centre="ends"), Resampling(shape="nearest", centre="ends")],
    ids=lambda how: f"{how.shape} {how.centre}",
)
def test_rare_grids_are_found(how: Resampling) -> None:
    """Corners and aligned ends are tried where half-pixel centres leave too much."""
    assert _settled(how) == how


def test_the_plainer_of_two_kernels_is_kept() -> None:
    """Between equal fits the first stays: without a shrink, antialias makes no difference."""
    enlarged = _model(*(whole(shape, (160, 160)) for shape in SHAPES))
    targets = [resized(source, (160, 160)) for source in SOURCES]
    assert settle_kernel(enlarged, SOURCES, targets, [0, 1], KERNELS[:2]).resampling == KERNELS[0]


def test_a_picture_that_is_not_resampled_has_no_kernel() -> None:
    """A crop tells no kernel: the default is given, and a place is not moved."""
    crop = _model(*(whole(shape, shape, SIZE, 1, (3, 4)) for shape in SHAPES))
    targets = [source[3:51, 4:52] for source in SOURCES]
    assert settle_kernel(crop, SOURCES, targets, [0, 1], KERNELS).resampling == Resampling()
    assert kernels.refine(crop, SOURCES, targets, [0, 1], KERNELS) == crop


def test_misfit_worked_by_hand() -> None:
    """Half a level up and down in turn is half a level of misfit; a gain is none; nothing to see is infinite."""
    source = picture(0, (64, 64))[..., :1].astype(np.float32)
    still = SideModel(placements=(whole((64, 64), (64, 64)),), colour=colours.identity(1), known=(True,))
    signs = np.random.default_rng(0).choice([-0.5, 0.5], source.shape)
    assert misfit(still, [source], [source * 3 + 7], [0]) == pytest.approx(0, abs=1e-4)
    assert misfit(still, [source], [source + signs], [0]) == pytest.approx(0.5, rel=0.05)
    assert misfit(replace(still, unit=0.5), [source], [source + signs], [0]) == pytest.approx(1.0, rel=0.05)
    assert misfit(still, [source], [np.ones_like(source)], [0]) == np.inf
    assert misfit(still, [source], [source], []) == np.inf


def test_a_worse_kernel_has_the_larger_misfit() -> None:
    """The right kernel leaves one rounding; linear without antialias more; nearest most."""
    targets = [resized(source, SIZE, KERNELS[1]) for source in SOURCES]
    left = [misfit(replace(STRETCHED, resampling=KERNELS[n]), SOURCES, targets, [0, 1]) for n in (1, 0, 3)]
    assert left == sorted(left)
    assert left[0] == pytest.approx(0.25, abs=0.05)


def test_a_place_a_pixel_off_is_refined() -> None:
    """A size of 49 for 48 and its kernel are put right together."""
    targets = [resized(source, SIZE) for source in SOURCES]
    off = _model(whole(SHAPES[0], (49, 48), SIZE), whole(SHAPES[1], SIZE), how=Resampling())
    found = kernels.refine(off, SOURCES, targets, [0, 1], KERNELS[:2])
    assert [place.size for place in found.placements] == [SIZE, SIZE]
    assert found.resampling == KERNELS[0]


def test_exact_scales_are_found_where_they_show() -> None:
    """130 x 0.47 is 61.1: made with DALI's exact scale, the model has it; made with whole sizes, it does not."""
    plain = whole(SHAPES[0], (47, 61))
    exact = placement.subpixel(SHAPES[0], plain, 0)
    weights = [
        matrix(edge, size, Resampling(), scale, start)
        for edge, size, scale, start in zip(SHAPES[0], exact.size, exact.scale, exact.start, strict=True)
    ]
    made = np.clip(np.rint(resample(SOURCES[0], *weights)), 0, 255)
    model = _model(plain, how=Resampling())
    assert kernels.settle_scales(model, SOURCES[:1], [made]).placements == (exact,)
    assert kernels.settle_scales(model, SOURCES[:1], [resized(SOURCES[0], (47, 61))]) == model


def test_a_square_that_was_cut_out_first_is_found() -> None:
    """The centred square of a wide picture, resized: not the short edge resized and cut."""
    square = [source[:, 15:115] if source.shape[1] > 100 else source[12:108] for source in SOURCES]
    targets = [resized(part, SIZE) for part in square]
    covered = _model(
        whole(SHAPES[0], (48, 62), SIZE, 1, (0, 7)), whole(SHAPES[1], (60, 48), SIZE, 1, (6, 0)), how=Resampling()
    )
    found = kernels.settle_region(covered, SOURCES, targets, None)
    assert [place.region for place in found.placements] == [(0, 15, 100, 115), (12, 0, 108, 96)]
    kept = [resized(source, size) for source, size in zip(SOURCES, ((48, 62), (60, 48)), strict=True)]
    kept = [kept[0][:, 7:55], kept[1][6:54]]
    assert kernels.settle_region(covered, SOURCES, kept, None) == covered


def test_no_probes_are_an_error() -> None:
    """A kernel is not found on no picture."""
    targets = [resized(source, SIZE) for source in SOURCES]
    with pytest.raises(IndexError):
        kernels.settle_kernel(STRETCHED, SOURCES, targets, [7], KERNELS)
