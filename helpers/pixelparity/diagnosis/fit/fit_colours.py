"""Fit the map of channels of a model whose geometry, kernel, rounding and curve are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pixelparity.diagnosis import thresholds
from pixelparity.diagnosis.arrays import HWC, PerSample, Samples
from pixelparity.diagnosis.model import colours, constants
from pixelparity.diagnosis.model.colours import ColourMap
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel, sampled_pixels


def fitted(model: SideModel, sources: Sequence[HWC], targets: Sequence[HWC], images: Sequence[int]) -> SideModel:
    """Return the model with the simplest map of channels that fits, and what it leaves: ``residual`` in levels.

    Sources and targets are (h, w, c); ``images`` are the numbers of those to fit on.
    """
    x, y, image = sampled_pixels(model, sources, targets, images, thresholds.now().fit.grid_points)
    found = colours.fit(x, y, image, images=len(sources), slack=slack(model))
    if found.kind == "per_image":
        # Statistics of a picture say nothing of another one's: each gets the map that its own tensor tells.
        every = [i for i in range(len(sources)) if i in images or (model.known and model.known[i])]
        x, y, image = sampled_pixels(model, sources, targets, every, thresholds.now().fit.grid_points)
        found = colours.fit_each(x, y, image, None, len(sources), found)
    residual = mean_residual(found, x, y, image) / model.unit
    colour = on_usual_constants(found, model.unit, constants.accuracy(residual))
    return replace(model, colour=colour, residual=residual, explained=colours.explained(x, y))


def on_usual_constants(fitted: ColourMap, unit: float, accuracy: float | None = None) -> ColourMap:
    """Return a plain map with the exact constants that it is within a fit's error of: unchanged, x / 255, or known statistics.

    ``unit`` is what a level is worth in the source's units, ``accuracy`` the share within which constants count as the same.
    """
    at = thresholds.now().fit
    if fitted.kind != "plain":
        return fitted
    if not at.pixel_unit_min < unit < at.pixel_unit_max:
        # Sources that are no pixels 0..255 any more: only "unchanged" can be told.
        same = np.allclose(fitted.gain, 1, rtol=at.unchanged_gain_share)
        if not same or np.abs(fitted.offset).max() >= at.unchanged_offset_levels * unit:
            return fitted
        count = len(fitted.gain)
        return colours.plain(fitted.order, np.ones(count), np.zeros(count), fitted.matrix.shape[1])
    found = constants.nearest_usual(
        Norm(gain=tuple(fitted.gain.tolist()), offset=tuple(fitted.offset.tolist())), accuracy
    )
    if found is None:
        return fitted
    return colours.plain(fitted.order, np.array(found.gain), np.array(found.offset), fitted.matrix.shape[1])


def slack(model: SideModel) -> float:
    """Return the residual that needs no richer map, in the source's units."""
    return thresholds.now().model.colour_slack_levels * model.unit


def mean_residual(fitted: ColourMap, x: Samples, y: Samples, image: PerSample) -> float:
    """Return the mean absolute residual of a fit in the source's units, every image counting alike; ``image`` is (n,)."""
    parts = [colours.mean_residual(x[image == i], y[image == i], fitted.for_image(int(i))) for i in np.unique(image)]
    return float(np.mean(parts))
