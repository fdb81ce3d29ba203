"""Maps are written as people write them, and measured digits are not taken for round numbers by chance."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families import formulas, value_maps
from pixelparity.diagnosis.model import constants
from pixelparity.diagnosis.model.constants import Norm

IMAGENET = constants.norm(np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))


def levels(mean: list[float], width: list[float]) -> Norm:
    """Return (x - mean) / width."""
    return Norm(gain=tuple(1 / w for w in width), offset=tuple(-m / w for m, w in zip(mean, width, strict=True)))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (levels([127.5], [128]), "(x - 127.5) / 128"),
        (levels([127.5], [127.5]), "(x / 255 - 0.5) / 0.5"),
        (levels([121], [256]), "(x - 121) / 256"),
        (levels([0], [200]), "x / 200"),
        (levels([0] * 3, [256] * 3), "x / 256"),
        (levels([104, 117, 123], [1] * 3), "x - [104, 117, 123]"),
        (Norm(gain=(1 / 255,), offset=(-121.0,)), "x / 255 - 121"),
        (Norm(gain=(1 / 64,), offset=(2.0,)), "x / 64 + 2"),
        (Norm(gain=(0.017,) * 3, offset=(-0.017 * 103.94,) * 3), "(x - 103.94) * 0.017"),
        (Norm(gain=(0.229, 0.224), offset=(-0.229 * 0.485, -0.224 * 0.456)), "(x - [0.485, 0.456]) * [0.229, 0.224]"),
        (IMAGENET, "(x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]"),
        (
            constants.norm(np.array([0.4914, 0.4822, 0.4465]), np.array([0.247, 0.2435, 0.2616])),
            "(x / 255 - [0.4914, 0.4822, 0.4465]) / [0.247, 0.2435, 0.2616]",
        ),
    ],
)
def test_exact_maps_are_written_with_their_own_numbers(given: Norm, text: str) -> None:
    """Each way to write a map is found by its round numbers."""
    found = formulas.formula(given)
    assert found is not None
    assert found.text == text
    assert found.norm.close(given, 1e-5)


def test_fitted_constants_are_round_where_that_is_no_chance() -> None:
    """A tenth of a level beside 121 over 256 is the error of a fit; seven digits that are near nothing stay."""
    fitted = levels([121.099], [255.977])
    found = formulas.formula(fitted)
    assert found is not None
    assert found.text == "(x - 121) / 256"
    odd = levels([112.3, 97.42, 88.91], [61.37, 59.28, 63.11])
    near = Norm(gain=tuple(g * 1.0001 for g in odd.gain), offset=tuple(o + 0.0003 for o in odd.offset))
    assert formulas.formula(near) is None


def test_a_map_without_gain_has_no_formula() -> None:
    """A channel that collapsed, and numbers that are none, are not written."""
    assert formulas.formula(Norm(gain=(0.0,), offset=(1.0,))) is None
    assert formulas.formula(Norm(gain=(float("nan"),), offset=(1.0,))) is None


@pytest.mark.parametrize(
    ("value", "slack", "text", "chance"),
    [(127.5003, 0.001, "127.5", 0.004), (0.0, 0.01, "0", 0.02), (0.3337, 1e-7, "0.3337", 2e-3), (0.3, 0.6, "0", 1.0)],
)
def test_a_constant_lies_on_the_coarsest_grid(value: float, slack: float, text: str, chance: float) -> None:
    """The chance is the share of the grid's steps that the error covers."""
    found = formulas.rounded(np.array([value]), np.array([slack]))
    assert found.text == text
    assert found.chance == pytest.approx(chance)


@pytest.mark.parametrize(
    ("reference", "deployed", "said"),
    [
        (levels([127.5], [127.5]), levels([127.5], [128]), "128 instead of 127.5"),
        (levels([0], [255]), levels([0], [200]), "200 instead of 255"),
        (levels([104, 117, 123], [1] * 3), levels([128] * 3, [1] * 3), "128 instead of [104, 117, 123]"),
        (levels([127.5], [127.5]), levels([121], [256]), ""),
        (levels([127.5], [127.5]), levels([127.5], [127.5]), ""),
        (levels([0], [255]), levels([0] * 3, [200] * 3), ""),
    ],
)
def test_one_number_for_another_is_said(reference: Norm, deployed: Norm, said: str) -> None:
    """Where one constant alone differs, it is said which stands for which; two or none are not."""
    assert formulas.instead(reference, deployed) == said


def test_reports_hold_the_numbers_that_were_written() -> None:
    """Whole levels are whole in the mend and in the parameters, and what is nearly nought is nought."""
    fitted = levels([121.099], [255.977])
    assert value_maps.constants_line(fitted) == (
        "images = fn.normalize(images, mean=121, stddev=256)  # HWC, before the transpose"
    )
    assert value_maps.mean_std(levels([1e-10] * 3, [200.00001] * 3))["mean"] == [0.0] * 3
