"""What model outputs have to look like for a symptom, or a cause behind the tensors, to be named."""

from __future__ import annotations

from dataclasses import dataclass

from pixelparity.diagnosis.thresholds.entry import number

_FLOAT32 = "float32 keeps 7 digits"


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """When outputs are equal, a distribution, saturated, or the softmax of a distribution."""

    same_max_gap: float = number(
        0.01,
        "probability",
        "engines lie within 1e-3 of PyTorch, and inputs that differ by the libraries' rounding moved a probability by 6e-4",
    )
    probability_slack: float = number(
        1e-6, "probability", f"{_FLOAT32}: as far below 0, or beyond a bound, by rounding"
    )
    probability_sum_slack: float = number(
        1e-3, "sum of a row", "float16 keeps 3 digits: a softmax in half precision sums to 1 within it"
    )
    log_ratio_slack: float = number(
        1e-6,
        "natural log",
        f"{_FLOAT32}: a softmax of probabilities has log-ratios up to 1, for probabilities differ by 1 at most",
    )
    constant_min_images: int = number(
        4, "images", "fewer images of one class are chance; reasoned: with two classes, four agree in one case of eight"
    )
    saturated_min_probability: float = number(
        0.9999,
        "probability",
        "every image's largest is beyond it: logits 9 apart, as inputs make that are 255 times too large; reasoned",
    )
    twice_sum_slack: float = number(
        0.05,
        "sum of log-ratios",
        "log-ratios of a softmax of probabilities sum to 1 less the number of classes times the smallest; reasoned:"
        " seen alone, outputs have to leave no doubt",
    )
    twice_max_sum: float = number(
        1.001, "sum of log-ratios", "as twice_sum_slack, beside a reference that is not so: 1 and float16's rounding"
    )
    twice_min_sum: float = number(
        0.8, "sum of log-ratios", "as twice_max_sum: a fifth is left for classes that all have a little; reasoned"
    )
    form_max_left_share: float = number(
        0.5,
        "share of the difference of sorted outputs",
        "undoing a softmax has to bring back half of how sure the reference is, however the inputs differ; reasoned",
    )
    permuted_max_classes: int = number(
        6, "classes", "speed: all 720 orders of six classes are tried where the nearest class is taken twice"
    )
