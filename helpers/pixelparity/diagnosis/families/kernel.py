"""Another resampling kernel, antialiasing on one side, another sampling grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, Matrix
from pixelparity.diagnosis.families import lines
from pixelparity.diagnosis.families.finding import Finding, Named, number, unchanged
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit import edit_placement, spectra, symmetric_filter
from pixelparity.diagnosis.fit.registration import Displacement
from pixelparity.diagnosis.measure.residuals import Residual
from pixelparity.diagnosis.model import placement
from pixelparity.diagnosis.model.colours import luma
from pixelparity.diagnosis.model.resampling import Resampling
from pixelparity.diagnosis.model.side_model import SideModel

register(
    Family(
        name="interpolation",
        title="Another resize kernel",
        words="another resize kernel",
        differs="another kernel, or other coefficients",
        with_stages="each side's resize is done again with 15 kernels",
        from_finals="by spectra: gain and coherence of the two tensors against theory",
        steps=("resize", "other"),
        loses="filtered",
    ),
    Family(
        name="antialias",
        title="Antialiasing on one side only",
        words="the filter is widened when shrinking on one side only",
        differs="filter widened when shrinking, or not; a Gaussian before shrinking (scikit-image)",
        with_stages="as `interpolation`",
        from_finals="by spectra",
        steps=("resize", "other"),
        loses="filtered",
    ),
    Family(
        name="subpixel",
        title="Another sampling grid",
        words="another sub-pixel convention: a small shift",
        differs="corner or aligned-end grids; exact scale kept",
        with_stages="as `interpolation`, three grids and both scales",
        from_finals="by displacement: it moves both axes alike, or one by less than a pixel",
        steps=("resize", "other"),
        loses="moved",
    ),
)

_STEPS = ("resize", "crop", "pad", "other")
#: Kernels that have no antialias to switch.
_ONE_WAY = ("nearest", "area")
#: Pictures whose spectra are looked at; speed: fewer say the same less surely.
_PICTURES = 8
#: Variance of luma where each channel is rounded to whole levels: 1 / 12 times the sum of luma's squared weights.
_ROUNDING_VARIANCE = 1 / 12 * 0.447


# --- between two chains ---------------------------------------------------------------------------------------------


def differences(reference: SideModel, deployed: SideModel, which: Sequence[int]) -> list[Finding]:
    """Name the differences in kernel, antialiasing and grid, where some of the images are resampled on both sides."""
    sides = (reference, deployed)
    both = [i for i in which if all(placement.needs_resampling(side.placements[i]) for side in sides)]
    if not both:
        return []
    a, b, found = reference.resampling, deployed.resampling, []
    if a.kernel != b.kernel or (a.shape != b.shape):
        found.append(_interpolation(reference, deployed))
    if _filter(a) != _filter(b) and {a.shape, b.shape}.isdisjoint(_ONE_WAY):
        found.append(_antialias(reference, deployed))
    grids = a.centre != b.centre and (a.shape != "nearest" or a.shape == b.shape)
    if grids or reference.subpixel_scale != deployed.subpixel_scale:
        found.append(_subpixel(reference, deployed, both))
    return found


def _interpolation(reference: SideModel, deployed: SideModel) -> Finding:
    reference_kernel, deployed_kernel = reference.resampling, deployed.resampling
    return Finding(
        family="interpolation",
        parameters={"reference": lines.said(reference_kernel), "deployed": lines.said(deployed_kernel)},
        text=f"another interpolation: training resizes with {lines.words(reference_kernel)}, "
        f"serving with {lines.words(deployed_kernel)}",
        fix=lines.kernel_line(reference_kernel, reference.subpixel_scale, deployed_kernel),
        mend=lambda chain: _with_kernel(chain, reference_kernel),
        steps=_STEPS,
    )


def _with_kernel(chain: SideModel, goal: Resampling) -> SideModel:
    """Return the chain with another kernel on its own grid; its antialias stays where both kernels can be switched."""
    kept = chain.resampling if {chain.resampling.shape, goal.shape}.isdisjoint(_ONE_WAY) else goal
    border = goal.border if kept.antialias == goal.antialias else chain.resampling.border
    centre = goal.centre if goal.shape == "nearest" else chain.resampling.centre
    how = replace(goal, centre=centre, antialias=kept.antialias, gaussian=kept.gaussian, border=border)
    return replace(chain, resampling=how)


def _filter(how: Resampling) -> bool | str:
    """Return whether a kernel is widened when it shrinks, or that a Gaussian comes before it."""
    return "gaussian" if how.gaussian else how.antialias


def _filters(how: Resampling) -> str:
    """Return in words what is done against aliases when a picture is shrunk."""
    if how.gaussian:
        return f"does {lines.GAUSSIAN}"
    return "widens its filter when it shrinks (antialias)" if how.antialias else "does neither (no antialias)"


def _antialias(reference: SideModel, deployed: SideModel) -> Finding:
    reference_kernel, deployed_kernel = reference.resampling, deployed.resampling
    on = "widens its filter when it shrinks (antialias)"
    text = f"training {on}, serving does not (no antialias)"
    if not reference_kernel.antialias:
        text = f"serving {on}, training does not (no antialias)"
    if reference_kernel.gaussian or deployed_kernel.gaussian:
        text = f"training {_filters(reference_kernel)}, serving {_filters(deployed_kernel)}"
    return Finding(
        family="antialias",
        parameters={
            "reference": _filter(reference_kernel),
            "deployed": _filter(deployed_kernel),
            "kernel": reference_kernel.kernel,
        },
        text=f"the resize differs: {text}",
        fix=lines.filter_line(reference_kernel, reference.subpixel_scale),
        mend=lambda chain: replace(
            chain,
            resampling=replace(
                chain.resampling,
                antialias=reference_kernel.antialias,
                gaussian=reference_kernel.gaussian,
                border=reference_kernel.border,
            ),
        ),
        steps=_STEPS,
    )


def _subpixel(reference: SideModel, deployed: SideModel, which: Sequence[int]) -> Finding:
    frames = [(reference.placements[i], deployed.placements[i]) for i in which]
    moved = [i for i, (f, g) in zip(which, frames, strict=True) if (f.scale, f.start) != (g.scale, g.start)]
    reference_grid, deployed_grid = (
        {"centre": side.resampling.centre, "exact_scale": side.subpixel_scale} for side in (reference, deployed)
    )
    one, two = (lines.GRIDS[side.resampling.centre] for side in (reference, deployed))
    text = f"the sampling grid differs: training uses {one}, serving {two}"
    if one == two:
        keeps, fits = "keeps the exact scale factor (sub-pixel scale)", "stretches to whole pixels"
        one, two = (keeps, fits) if reference.subpixel_scale else (fits, keeps)
        text = f"the sampling grid differs: training {one}, serving {two}"
    return Finding(
        family="subpixel",
        parameters={"reference": reference_grid, "deployed": deployed_grid},
        text=text,
        fix=lines.grid_line(reference.resampling, reference.subpixel_scale),
        mend=lambda chain: replace(
            chain,
            resampling=replace(chain.resampling, centre=reference.resampling.centre),
            placements=edit_placement.regridded(chain, reference),
            subpixel_scale=reference.subpixel_scale,
        ),
        steps=_STEPS,
        images=tuple(moved),
    )


# --- from final tensors ---------------------------------------------------------------------------------------------


def displaced_grid(name: str, drifts: Mapping[int, Displacement], count: int) -> Finding:
    """Name a sampling grid (corner, ends or scale) that shows as small displacements of some of ``count`` pictures."""
    typical = max(drifts.values(), key=lambda d: d.largest)
    return Finding(
        family="subpixel",
        parameters={
            "shift": [number(s) for s in typical.shift],
            "growth": [number(g) for g in typical.growth],
            "images": len(drifts),
        },
        text=f"the sampling grid differs: {len(drifts)} of {count} pictures are shifted by up to "
        f"{max(map(abs, typical.shift)):.2f} pixels and stretched by up to {max(map(abs, typical.growth)):.2f}",
        fix=_displaced_line(name, typical),
        mend=unchanged,
        steps=("resize", "other"),
        images=tuple(sorted(drifts)),
        doubt=0.15,
    )


def _displaced_line(name: str, drift: Displacement) -> str:
    """Return what samples on the reference's grid.

    Of a picture that is shrunk, pixel corners show the content further down and to the right than half-pixel centres do, and
    aligned corner pixels show it larger: the sign tells which side has which. A kept scale has no sign.
    """
    if name == "scale":
        return "# set fn.resize's subpixel_scale as the training has it: True keeps the exact scale, False fits whole pixels"
    moved = sum(drift.shift) if name == "corner" else -sum(drift.growth)
    if moved > 0:
        return lines.grid_line(Resampling(centre=name), False)
    return "# resize with fn.resize, which samples at half-pixel centres as the training does"


def resampled(lefts: Mapping[int, Residual]) -> list[Named]:
    """Name the kernels that the spectra of both sides speak for; restoring filters the deployed tensors."""
    seen, at = [], thresholds.now().families
    for one in list(lefts.values())[:_PICTURES]:
        a, b = (luma(x) for x in one.pair)
        for axis in (0, 1):
            spectrum = spectra.cross_spectrum(a, b, axis, noise=_ROUNDING_VARIANCE)
            if spectrum is not None and spectrum.trust.sum() > at.spectrum_min_trust:
                seen.append(spectrum)
    if not seen:
        return []
    ranked = spectra.rank_kernels(seen)
    cost, reference, deployed = min(ranked, key=lambda c: c[0] * (at.switch_share if c[1].shape == c[2].shape else 1.0))
    equal = min(c for c, a, b in ranked if a == b)
    if reference == deployed or cost > at.spectral_max_misfit:
        return []
    if equal < at.spectral_alike_misfit or cost > at.spectral_better_share * equal:
        return []
    filters = lru_cache(maxsize=None)(lambda image: _halves(lefts[image]))  # few pictures are restored

    def restore(tensor: HWC, image: int) -> HWC:
        if image not in lefts:
            return tensor
        # Each half is filtered by what was estimated on the other one.
        middle = (lefts[image].box[0] + lefts[image].box[2]) // 2
        upper, lower = filters(image)
        return symmetric_filter.filtered_by_halves(tensor, middle, lower, upper).astype(np.float32)

    return [(_spectral(reference, deployed, cost), restore)]


def _halves(left: Residual) -> tuple[Matrix, Matrix]:
    """Return the filters estimated on the upper and on the lower half of one image."""
    a, b = left.pair
    middle = len(a) // 2
    return symmetric_filter.fit([(a[:middle], b[:middle])]), symmetric_filter.fit([(a[middle:], b[middle:])])


def _spectral(reference: Resampling, deployed: Resampling, cost: float) -> Finding:
    parameters: dict[str, Any]
    if reference.shape == deployed.shape:
        family = "antialias"
        text = "the resize widens its filter when it shrinks (antialias) on one side only: "
        text += "in serving" if deployed.antialias else "in training"
        parameters = {
            "reference": reference.antialias,
            "deployed": deployed.antialias,
            "kernel": reference.kernel,
        }
    else:
        family = "interpolation"
        reference_words, deployed_words = lines.words(reference), lines.words(deployed)
        text = (
            f"another interpolation, as far as spectra tell: {reference_words} in training, {deployed_words} in serving"
        )
        parameters = {"reference": lines.said(reference), "deployed": lines.said(deployed)}
    return Finding(
        family=family,
        parameters={**parameters, "spectral_misfit": number(cost)},
        text=text,
        fix=lines.kernel_line(reference, False, deployed),
        mend=unchanged,
        steps=("resize", "other"),
        doubt=0.3,
    )
