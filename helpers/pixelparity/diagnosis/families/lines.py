"""The lines of DALI that a finding prints: kernels, grids, sizes and places as the reference has them.

A line that is printed as code is whole: what the call has besides is not known here, so a change of some arguments of a call is a
comment that names each of them with its value.
"""

from __future__ import annotations

from typing import Any

from pixelparity.diagnosis.fit.resize_rules import Rule
from pixelparity.diagnosis.model.placement import Pair
from pixelparity.diagnosis.model.resampling import Resampling

#: What scikit-image's resize does before it shrinks, in words.
GAUSSIAN = "a Gaussian before shrinking (scikit-image)"
#: Sampling grids in words.
GRIDS = {"half": "half-pixel centres", "corner": "pixel corners", "ends": "aligned corner pixels"}
_DALI = {
    "nearest": "INTERP_NN",
    "linear": "INTERP_LINEAR",
    "cubic": "INTERP_CUBIC",
    "cubic75": "INTERP_CUBIC",
    "area": "INTERP_TRIANGULAR",
    "lanczos3": "INTERP_LANCZOS3",
    "lanczos4": "INTERP_LANCZOS3",
}


def said(how: Resampling) -> dict[str, Any]:
    """Return a kernel for a report."""
    out: dict[str, Any] = {"kernel": how.kernel, "antialias": how.antialias}
    if how.gaussian:
        out["gaussian"] = True
    if how.kernel == "cubic":
        out["a"] = -0.75 if how.shape == "cubic75" else -0.5
    if how.kernel == "lanczos":
        out["lobes"] = int(how.shape[-1])
    return out


def words(how: Resampling) -> str:
    """Return a kernel in words."""
    name = {
        "cubic75": "cubic (a = -0.75)",
        "cubic": "cubic (a = -0.5)",
        "lanczos3": "Lanczos 3",
        "lanczos4": "Lanczos 4",
    }
    return name.get(how.shape, how.shape) + (
        " with antialias" if how.antialias else f" after {GAUSSIAN}" if how.gaussian else ""
    )


def _arguments(how: Resampling, exact: bool) -> str:
    antialias = how.antialias or how.shape == "area"  # DALI's triangular filter is the wide one
    return f"interp_type=types.{_DALI[how.shape]}, antialias={antialias}, subpixel_scale={exact}"


def _in_dali(how: Resampling) -> tuple[str, bool]:
    """Return the kernel that DALI resamples with: two that it has one kernel for become equal."""
    if how.shape == "area" or (how.shape == "linear" and how.antialias):
        return "INTERP_TRIANGULAR", True
    return _DALI[how.shape], how.antialias and how.shape != "nearest"


def kernel_line(how: Resampling, exact: bool, deployed: Resampling | None = None) -> str:
    """Return the arguments that give DALI's resize the reference's kernel, or that it has the nearest one already.

    ``exact`` says that the reference keeps the sub-pixel scale, ``deployed`` is the kernel that serves.
    """
    if deployed is not None and how.shape != deployed.shape and _in_dali(how) == _in_dali(deployed):
        return (
            f"# DALI's own kernel is {words(deployed)}, as served; it has none for {words(how)}: write the taps out, "
            "as pixelparity repair does"
        )
    near = {"cubic75": "a = -0.75", "area": "area", "lanczos4": "4 lobes"}
    nearest = f": the nearest that DALI has to {near[how.shape]}" if how.shape in near else ""
    return f"# give fn.resize {_arguments(how, exact)}{nearest}"


def filter_line(how: Resampling, exact: bool) -> str:
    """Return what gives DALI's resize the reference's filter: none, a widened kernel, or scikit-image's Gaussian before it."""
    if not how.gaussian:
        return kernel_line(how, exact)
    return (
        "# shrink after fn.gaussian_blur(images, sigma=[(height_in / height - 1) / 2, (width_in / width - 1) / 2]), and "
        f"{kernel_line(how, exact)[2:]}; in Python: skimage.transform.resize(image, (height, width), anti_aliasing=True)"
    )


def grid_line(how: Resampling, exact: bool) -> str:
    """Return what samples on the reference's grid: DALI's resize has half-pixel centres, other grids take a warp.

    A pixel that lies at ``i * scale`` in the source (the first centre is 0) is at ``scale * x + 0.5 * (1 - scale)`` in the
    coordinates of ``fn.warp_affine``, where centres lie at 0.5.
    """
    if how.centre == "half":
        return kernel_line(how, exact)
    if how.shape == "nearest":
        return "# fn.resize takes the pixel under the centre: take the one before the corner, as pixelparity repair writes it"
    return _warp_line(how.centre)


def _warp_line(centre: str) -> str:
    scale = "in / out" if centre == "corner" else "(in - 1) / (out - 1)"
    return (
        "images = fn.warp_affine(images, matrix=[sx, 0, 0.5 - 0.5 * sx, 0, sy, 0.5 - 0.5 * sy], size=(height, width))"
        f"  # {GRIDS[centre]}: sx, sy = {scale}; fn.resize has half-pixel centres only"
    )


def whole_line(quantised: str) -> str:
    """Return what makes whole levels of a resize's values as the reference does: none, round or floor."""
    if quantised == "none":
        return "# give fn.resize dtype=types.FLOAT, which keeps fractions"
    if quantised == "round":
        return "# give fn.resize dtype=types.UINT8, which rounds to whole levels"
    return "images = fn.cast(math.floor(images), dtype=types.UINT8)  # cuts off fractions: after fn.resize with dtype=types.FLOAT"


def resize_line(rule: Rule, how: Resampling, exact: bool) -> str:
    """Return the DALI resize with the reference's size rule and kernel."""
    size = rule.size[0] if len(rule.size) == 1 else f"({', '.join(map(str, rule.size))})"
    goal = {
        "shorter": f"resize_shorter={size}" + (f", max_size={rule.max_size}" if rule.max_size else ""),
        "longer": f"resize_longer={size}",
        "stretch": f"size={size}",
        "not_larger": f'size={size}, mode="not_larger"',
        "not_smaller": f'size={size}, mode="not_smaller"',
    }
    if rule.mode == "none":
        return "# do not resize: the training does not"
    if rule.mode not in goal:
        return f"# give fn.resize the training's size of each picture, which follows no usual rule, and {_arguments(how, exact)}"
    return f"images = fn.resize(images, {goal[rule.mode]}, {_arguments(how, exact)})"


def placed_line(canvas: Pair, anchor: str, policy: str) -> str:
    """Return the DALI crop that puts a window, or a picture in its padding, where the reference has it.

    ``anchor`` is start, centre, end, or anything else; ``policy`` is added to the call's arguments.
    """
    at = {"start": "0.0", "centre": "0.5", "end": "1.0"}.get(anchor)
    if at is None:
        return f"# put the window of {canvas} (height, width) where the training has it: fn.slice with its own start and shape"
    return f"images = fn.crop(images, crop=({canvas[0]}, {canvas[1]}), crop_pos_x={at}, crop_pos_y={at}{policy})"
