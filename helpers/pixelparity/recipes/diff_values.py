"""The rows of a static diff that compare normalisations, told apart by what a person did wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pixelparity.recipes import Normalize, Recipe, value_text
from pixelparity.recipes.canonical import Plain, is_identity
from pixelparity.recipes.diff_row import ABSENT, DiffRow

#: Two constants are the same when they differ by less than this share (a person rounds 58.395 to 58.4).
CLOSE = 1e-4


def normalize_rows(left: Plain, right: Plain, reference: Recipe, deployed: Recipe) -> Iterator[DiffRow]:
    """Compare two normalisations, both as ``(x - mean) / std`` in levels of 0..255, and name what differs."""
    if left.statistics is not None or right.statistics is not None:
        yield _statistics_row(left, right)
        return
    reference_step, deployed_step = left.normalize, right.normalize
    scale_family, mean_family = _families(reference_step, deployed_step, _scales(reference), _scales(deployed))
    yield DiffRow(
        step="normalize", what="scale", family=scale_family,
        reference=_scale_text(reference_step), deployed=_scale_text(deployed_step),
        note=_factor_note(reference_step, deployed_step) if scale_family else "",
    )  # fmt: skip
    for what in ("mean", "std"):
        values = [tuple(float(f"{v:.6g}") for v in getattr(step, what)) for step in (reference_step, deployed_step)]
        first, second = _broadcast(*values)
        same = np.allclose(first, second, rtol=CLOSE, atol=1e-6)
        yield DiffRow(
            step="normalize", what=what,
            reference=_marked(values[0], reference_step, what), deployed=_marked(values[1], deployed_step, what),
            family="" if same or not mean_family else mean_family,
            note="" if same else _order_note(*values),
        )  # fmt: skip


def _statistics_row(left: Plain, right: Plain) -> DiffRow:
    texts = [_statistics(plain) for plain in (left, right)]
    return DiffRow(
        step="normalize", what="statistics", reference=texts[0], deployed=texts[1],
        family="" if texts[0] == texts[1] else "per_image_normalize",
    )  # fmt: skip


def _statistics(plain: Plain) -> str:
    return ABSENT if plain.statistics is None else f"of each picture over {plain.statistics.axes or 'HW'}"


def _families(
    reference_step: Normalize, deployed_step: Normalize, reference_scales: int, deployed_scales: int
) -> tuple[str, str]:
    """Return the families of the scale and of mean/std; both empty when the two formulas are the same."""
    mean, std = _arrays(reference_step)
    mean2, std2 = _arrays(deployed_step)
    if _near(mean, mean2, std) and _near(std, std2):
        return "", ""
    plain_scale = _near(mean2, 0.0, std2) and bool(np.ptp(std2) < CLOSE * std2.max())
    if is_identity(deployed_step):
        # Nothing is done at all: the scale, and the statistics if the reference has any.
        only_scale = _near(mean, 0.0, std) and np.ptp(std) < CLOSE * std.max()
        return "scale_missing", "" if only_scale else "mean_std_missing"
    if plain_scale and _near(std2, 255.0):
        return "", "mean_std_missing"
    for factor in (255.0, 1 / 255.0):
        if _near(std2, std * factor) and _near(mean2, mean * factor, std2):
            scaled_twice = factor > 1 and (deployed_scales > max(reference_scales, 1) or _near(mean, 0.0, std))
            if scaled_twice:
                return "scale_twice", ""
            return ("scale_missing", "") if _near(mean, 0.0, std) else ("", "mean_std_wrong_range")
    return "", "mean_std_wrong"


def _arrays(step: Normalize) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean, std = _broadcast(step.mean, step.std)
    return np.asarray(mean, np.float64), np.asarray(std, np.float64)


def _broadcast(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    count = max(len(first), len(second))
    return first * (count // len(first)), second * (count // len(second))


def _near(
    value: NDArray[np.float64], wanted: NDArray[np.float64] | float, unit: NDArray[np.float64] | None = None
) -> bool:
    """Return whether two sets of constants are the same, relative to ``unit`` (the std, for means that may be 0)."""
    scale = np.abs(np.asarray(wanted, np.float64)) if unit is None else np.abs(unit)
    if value.shape != np.broadcast_shapes(value.shape, np.shape(wanted)):
        return False
    return bool((np.abs(value - wanted) <= CLOSE * scale + 1e-12).all())


def _scales(recipe: Recipe) -> int:
    """Return how many steps of a recipe divide by about 255 or more."""
    spreads = [
        min(step.std) / step.scale for step in recipe.steps if isinstance(step, Normalize) and not step.per_image
    ]
    return sum(spread > 50 for spread in spreads)


def _scale_text(step: Normalize) -> str:
    _, std = _arrays(step)
    return "levels 0..255" if is_identity(step) else f"divided by {std.mean():.4g}"


def _factor_note(reference_step: Normalize, deployed_step: Normalize) -> str:
    _, std = _arrays(reference_step)
    _, std2 = _arrays(deployed_step)
    ratio = float((std / std2).mean())
    return f"values are {ratio:.4g} times as large" if ratio > 1 else f"values are {1 / ratio:.4g} times too small"


def _marked(values: tuple[float, ...], step: Normalize, what: str) -> str:
    return value_text(values) + ("*" if what in step.defaulted else "")


def _order_note(reference: tuple[float, ...], deployed: tuple[float, ...]) -> str:
    swapped = len(reference) == 3 and reference == deployed[::-1] != deployed
    return "the same constants in the other channel order" if swapped else ""
