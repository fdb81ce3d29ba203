"""Mix-ups of luma and chroma."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.model import yuv

RANGES = {m.name: m for m in yuv.mix_ups() if m.range != "same"}
MATRICES = [m for m in yuv.mix_ups() if m.matrix != "same"]
GREYS = np.repeat(np.array([[0.0], [16.0], [128.0], [235.0], [255.0]]), 3, 1)


def test_to_rgb_is_the_standards_matrix() -> None:
    """JPEG's 1.402, 0.344, 0.714 and 1.772 (ITU-T T.871); BT.709 has 1.5748 and 1.8556."""
    wanted = [[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]]
    assert yuv.to_rgb("BT.601") == pytest.approx(np.array(wanted), abs=1e-6)
    assert yuv.to_rgb("BT.709")[[0, 2], [2, 1]] == pytest.approx([1.5748, 1.8556])


@pytest.mark.parametrize("name", yuv.WEIGHTS)
def test_grey_stays_grey(name: str) -> None:
    """Without chroma every channel is the luma."""
    assert yuv.to_rgb(name) @ np.array([77.0, 0, 0]) == pytest.approx([77.0] * 3)


def test_studio_range_worked_by_hand() -> None:
    """Full range read as studio range: 16 becomes black, 235 white. Studio taken for full: black becomes 16, white 235."""
    stretched = RANGES["full_as_studio"].map.apply(GREYS)[:, 0]
    assert stretched == pytest.approx([-16 * 255 / 219, 0, 112 * 255 / 219, 255, 239 * 255 / 219], abs=1e-3)
    squeezed = RANGES["studio_as_full"].map.apply(GREYS)[:, 0]
    assert squeezed[[0, 4]] == pytest.approx([16, 235], abs=1e-3)


def test_the_two_ranges_undo_each_other() -> None:
    """Squeezed and then stretched is what it was, also for colours."""
    colours = np.random.default_rng(0).uniform(0, 255, (50, 3))
    there, back = RANGES["studio_as_full"].map, RANGES["full_as_studio"].map
    assert back.apply(there.apply(colours)) == pytest.approx(colours, abs=1e-2)


def test_a_decoder_cuts_off_at_black_and_white() -> None:
    """What lies beyond 0 and 255 is cut off."""
    assert RANGES["full_as_studio"].apply(GREYS)[[0, -1], 0].tolist() == [0, 255]


def test_matrices_are_told_by_name() -> None:
    """Each pair of standards is named from its matrix, a little noise aside; the identity and no matrix have none."""
    noise = np.random.default_rng(0).uniform(-0.01, 0.01, (3, 3))
    for mixed in MATRICES:
        assert yuv.standards(mixed.map.matrix + noise) == mixed.matrix
    assert yuv.standards(np.eye(3)) == ""
    assert yuv.standards(None) == ""
    assert yuv.standards(np.ones((1, 3))) == ""


def test_mix_ups_are_further_apart_than_the_threshold() -> None:
    """The nearest two matrices are 0.055 apart, and the nearest to the identity 0.054."""
    made = [m.map.matrix for m in MATRICES]
    gaps = [np.abs(a - b).max() for n, a in enumerate(made) for b in made[:n]]
    assert min(gaps) == pytest.approx(0.055, abs=5e-4)
    assert min(np.abs(a - np.eye(3)).max() for a in made) == pytest.approx(0.054, abs=5e-4)


def test_backwards_is_blue_first() -> None:
    """The same mix-up of pixels with blue first: channels turned round before and after."""
    pixels = np.random.default_rng(0).uniform(0, 255, (9, 3))
    for forward, backward in zip(yuv.mix_ups(), yuv.mix_ups(backwards=True), strict=True):
        assert backward.name == forward.name
        assert backward.map.apply(pixels[:, ::-1])[:, ::-1] == pytest.approx(forward.map.apply(pixels), abs=1e-3)


def test_an_unknown_standard_is_an_error() -> None:
    """A name without weights is refused."""
    with pytest.raises(KeyError):
        yuv.to_rgb("BT.470")
