"""First looks: a grid of pictures, and what a capture holds, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pixelparity import pictures as files
from pixelparity.errors import InputError
from pixelparity.stages import Capture
from pixelparity.views import style
from pixelparity.views.illustration import Illustration
from pixelparity.views.table import Table


@style.styled
def picture_grid(
    pictures: Mapping[str, Path],
    *,
    labels: Mapping[str, int] | None = None,
    classes: Sequence[str] = (),
    count: int = 6,
    title: str | None = None,
) -> Illustration:
    """Draw the first ``count`` pictures side by side, each with its class and its size."""
    chosen = list(pictures)[:count]
    if not chosen:
        raise InputError("there is no picture to draw; give at least one")
    loaded = {name: files.read_rgb(pictures[name]) for name in chosen}
    ratios = [loaded[name].shape[1] / loaded[name].shape[0] for name in chosen]
    figure = style.new_figure(10.5, max(2.0, 10.5 / sum(ratios) + 0.75))
    said = []
    for axis, name in zip(figure.subplots(1, len(chosen), squeeze=False, width_ratios=ratios)[0], chosen, strict=True):
        axis.imshow(loaded[name][:: max(1, loaded[name].shape[0] // 320), :: max(1, loaded[name].shape[0] // 320)])
        style.bare(axis)
        kind = classes[labels[name]] if labels and classes else name
        size = f"{loaded[name].shape[1]} x {loaded[name].shape[0]}"
        axis.set_title(f"{kind}\n{size}")
        said.append(f"{name}: {kind}, {size} pixels")
    style.headline(figure, title or f"{len(chosen)} of {len(pictures)} pictures, width x height in pixels")
    return Illustration(figure=figure, alt="; ".join(said), name="picture_grid")


def stage_table(capture: Capture) -> Table:
    """Return a table of a capture's stages: what each does, its declared layout, channels and range, and what was seen."""
    rows = []
    for stage in capture.stages:
        tensors = [capture.tensors[stage.name][image] for image in capture.images]
        shapes = {tensor.shape for tensor in tensors}
        shape = _size(tensors[0].shape) if len(shapes) == 1 else f"{len(shapes)} sizes"
        seen = (min(float(t.min()) for t in tensors), max(float(t.max()) for t in tensors))
        declared = "unknown" if stage.value_range is None else style.span(stage.value_range)
        rows.append(
            (stage.name, shape, stage.layout, stage.channels, stage.dtype, declared, style.span(seen), stage.origin)
        )
    columns = ("stage", "shape", "layout", "channels", "type", "declared range", "seen range", "where it comes from")
    return Table(columns=columns, rows=tuple(rows), caption=f"{capture.source}: {len(capture.images)} pictures")


@style.styled
def stage_strip(capture: Capture, image: str, *, title: str | None = None) -> Illustration:
    """Draw what one side makes of one picture, a column per stage, each on the range that the side declares for it.

    A stage without a declared range is stretched to its own lowest and highest value.
    """
    if image not in capture.images:
        raise InputError(f"{capture.source} has no picture {image!r}; choose one of {', '.join(capture.images[:8])}")
    figure = style.new_figure(max(6.4, 2.1 * len(capture.stages)), 2.9)
    said = []
    for axis, stage in zip(figure.subplots(1, len(capture.stages), squeeze=False)[0], capture.stages, strict=True):
        tensor = capture.tensors[stage.name][image]
        bounds = (float(tensor.min()), float(tensor.max()))
        pixels = tensor.transpose(1, 2, 0) if stage.layout == "CHW" else tensor
        pixels = pixels[..., ::-1] if stage.channels == "BGR" else pixels
        low, high = stage.value_range or bounds
        axis.imshow(((pixels - low) / max(high - low, 1e-12)).clip(0, 1).astype("float32"), cmap="gray")
        style.bare(axis)
        axis.set_title(stage.name, fontweight="bold")
        axis.set_xlabel(f"{_size(tensor.shape)} {tensor.dtype}\nvalues {style.span(bounds)}")
        said.append(f"{stage.name}: {tensor.shape} {tensor.dtype}, values {style.span(bounds)}")
    style.headline(figure, title or f"Picture {image} through {len(capture.stages)} stages of {capture.source}")
    return Illustration(figure=figure, alt="; ".join(said), name="stage_strip")


def _size(shape: tuple[int, ...]) -> str:
    """Return a shape as the other views write it, without a gap at which a table would break it."""
    return "\N{MULTIPLICATION SIGN}".join(map(str, shape))
