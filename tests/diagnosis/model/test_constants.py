"""Constants that have a name, and maps that need no explanation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.model import constants
from pixelparity.diagnosis.model.constants import Norm, norm
from pixelparity.diagnosis.thresholds import Model, Thresholds

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def test_a_norm_worked_by_hand() -> None:
    """(x / 255 - 0.5) / 0.25: gain 4/255, offset -2; mean and deviation come back."""
    found = norm(np.array([0.5]), np.array([0.25]))
    assert found.gain == (pytest.approx(4 / 255),)
    assert found.offset == (-2.0,)
    assert (found.mean[0], found.std[0]) == (pytest.approx(0.5), pytest.approx(0.25))


@pytest.mark.parametrize("named", constants.NAMED, ids=lambda named: named.name)
def test_every_named_norm_has_a_name_in_either_order(named: constants.NamedConstants) -> None:
    """Each set has its own name, with ``reversed`` for blue first; equal channels have one order."""
    mean, std = np.array(named.mean), np.array(named.std)
    name = named.name
    assert constants.name_of(norm(mean, std)) == name
    wanted = name if len(set(named.mean)) == len(set(named.std)) == 1 else f"{name}, reversed"
    assert constants.name_of(norm(mean[::-1], std[::-1])) == wanted


def test_other_constants_have_no_name() -> None:
    """Three in a thousand beside ImageNet's is nobody's, one is its; 128 is not 127.5; two channels have no name."""
    assert constants.name_of(norm(MEAN, STD * 1.0015)) == "ImageNet"
    assert constants.name_of(norm(MEAN, STD * 1.003)) == ""
    half = np.full(3, 0.5)
    assert constants.name_of(norm(half, half)) == "Inception (0.5)"
    assert constants.name_of(norm(half, half * 128 / 127.5)) == ""
    assert constants.name_of(norm(MEAN[:2], STD[:2])) == ""


def test_norms_agree_within_a_share() -> None:
    """A gain 0.9 % larger agrees and 1.1 % does not; a tighter share tells both; a norm agrees with itself."""
    base = norm(MEAN, STD)
    near, far = (Norm(gain=tuple(np.array(base.gain) * (1 + off)), offset=base.offset) for off in (0.009, 0.0112))
    assert base.close(base, 0.0)
    assert base.close(near)
    assert not base.close(far)
    assert not base.close(near, 0.001)
    with thresholds.using(replace(Thresholds(), model=Model(constants_same_share=0.02))):
        assert base.close(far)


def test_an_offset_counts_in_levels() -> None:
    """A share of 0.01 is 2.55 levels of an offset."""
    base = Norm(gain=(1.0,), offset=(0.0,))
    assert base.close(Norm(gain=(1.0,), offset=(2.5,)))
    assert not base.close(Norm(gain=(1.0,), offset=(2.6,)))


def test_the_nearest_usual_norm_is_meant() -> None:
    """A fit a little beside x / 255 means x / 255; one far from all means none; a norm of one's own may be added."""
    fitted = Norm(gain=(1.001 / 255,) * 3, offset=(0.0005,) * 3)
    assert constants.nearest_usual(fitted) == norm(np.zeros(3), np.ones(3))
    odd = Norm(gain=(0.3,) * 3, offset=(0.0,) * 3)
    assert constants.nearest_usual(odd) is None
    assert constants.nearest_usual(odd, more=(odd,)) == odd


def test_two_channels_have_few_usual_norms() -> None:
    """Named constants are of three channels: two have the identity and x / 255 only."""
    assert len(constants.usual_norms(2)) == 2
    assert len(constants.usual_norms(3)) == 2 + 2 * len(constants.NAMED)


def test_a_cleaner_fit_is_more_accurate() -> None:
    """Shares grow with the residual: 0.0005 at nought, 0.0008 at 0.04 levels, 0.003 where pixels were rounded."""
    found = [constants.accuracy(residual) for residual in (0.0, 0.04, 0.06)]
    assert found == [0.0005, pytest.approx(0.0008), 0.003]
    assert constants.accuracy(0.3, coarse=0.02) == 0.02


def test_unlike_channels_are_an_error() -> None:
    """Three channels are not compared with two."""
    with pytest.raises(ValueError, match="broadcast"):
        norm(MEAN, STD).close(norm(MEAN[:2], STD[:2]))
