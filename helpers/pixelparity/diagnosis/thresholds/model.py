"""How well a model of a side has to fit: channel maps, named constants, YUV matrices, borders."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_BENCH = "chosen on the fault bench (python -m benchmarks.faults)"
_FLOAT64 = "float64 keeps 16 digits"


@dataclass(frozen=True, kw_only=True)
class Model:
    """When two maps of channels agree, when a richer map is needed, and when a matrix counts as singular."""

    # colours
    colour_slack_levels: float = number(
        0.2,
        "levels, mean",
        f"below the 0.25 that one rounding leaves: nothing is to be gained by a richer map; {_BENCH}",
    )
    colour_richer_residual_share: float = number(
        0.5, "share of the plain map's residual", f"a matrix, or a map per image, has to leave less than it; {_BENCH}"
    )
    order_clear_gain: float = number(
        1.02,
        "ratio of unexplained variance",
        f"grey pictures tell no channel order: the plain one stays unless another leaves 2 % less; {_BENCH}",
    )
    order_min_cost: float = number(
        1e-7, "share of variance, summed over channels", "rounding of a float32 tensor: both orders explain everything"
    )
    cofactor_min_determinant_share: float = number(
        1e-6,
        "share of the product of the variances",
        f"{_FLOAT64}: below it three channels are nearly one and the pseudo-inverse is taken",
    )
    cofactor_min_variance_share: float = number(
        1e-4, "share of the largest variance", f"{_FLOAT64}: a nearly constant channel goes to the pseudo-inverse too"
    )
    matrix_min_eigenvalue_share: float = number(
        1e-9,
        "share of the largest eigenvalue",
        f"{_FLOAT64}: directions below it are rounding, as in numpy.linalg.pinv",
    )
    flat_max_variance_share: float = number(
        1e-9, "share of the mean square", f"{_FLOAT64}: a target that varies less is one colour, and tells nothing"
    )
    # constants
    constants_same_share: float = number(
        0.01, "share of a gain, and of 255 levels", f"two fits of the same constants agree within it; {_BENCH}"
    )
    constants_name_share: float = number(
        0.002,
        "share of a gain, and of 255 levels",
        f"half of what separates 127.5 from 128, and Caffe's 102.98 from 104: the first name within it is taken; {_BENCH}",
    )
    constants_fit_share: float = number(
        0.003, "share of a gain, and of 255 levels", f"error of a fit on pixels that were rounded on the way; {_BENCH}"
    )
    constants_exact_share: float = number(
        0.0005, "share of a gain, and of 255 levels", f"error of a fit that leaves nothing; {_BENCH}"
    )
    constants_clean_levels: float = number(
        0.05, "levels, mean", "a fifth of what one rounding leaves (0.25): nothing was rounded on the way"
    )
    constants_share_per_level: float = number(
        0.02, "share per level of residual", f"how a clean fit's error grows with what it leaves; {_BENCH}"
    )
    # yuv
    yuv_matrix_max_gap: float = number(
        0.04,
        "largest difference of an entry",
        "the nearest two mix-ups are 0.055 apart, the nearest to none 0.054 (tests/diagnosis/model/test_yuv.py)",
    )
    # placement
    border_max_gap_share: float = number(
        1e-5, "share of the tensor's range", "float32 keeps 7 digits: a border of one colour is equal within it"
    )
