"""Another rule for a picture's size, or another number."""

from __future__ import annotations

from dataclasses import replace

from pixelparity.diagnosis.families import lines
from pixelparity.diagnosis.families.finding import Finding
from pixelparity.diagnosis.families.frames import CROP, RESIZE, Frames
from pixelparity.diagnosis.families.registry import Family, register
from pixelparity.diagnosis.fit import edit_placement
from pixelparity.diagnosis.fit.resize_rules import Rule

register(
    Family(
        name="resize_mode",
        title="Another way to the size",
        words="another way to the size: stretch, crop or fit",
        differs="stretch, fit, cover, other edge, other part of the picture, a size cap",
        with_stages="sizes against rules",
        from_finals="by registration",
        steps=("resize", "crop", "pad", "other"),
        twins=("target_size",),
        loses="moved",
    ),
    Family(
        name="target_size",
        title="Another size",
        words="another size",
        differs="same rule, another number; another tensor size",
        with_stages="sizes against rules",
        from_finals="by registration: the zoom is one number for all pictures",
        steps=("resize", "crop", "pad", "other"),
        twins=("resize_mode", "padding_rule"),
        loses="moved",
    ),
)


def other_region(frames: Frames) -> Finding:
    """Name another part of the picture being resampled."""
    model = frames.model
    shown = [side[0].region for side in (frames.reference, frames.deployed)]
    words = ["the whole picture" if r is None else f"rows {r[0]} to {r[2]}, columns {r[1]} to {r[3]}" for r in shown]
    return Finding(
        family="resize_mode",
        parameters={"reference": {"region": shown[0]}, "deployed": {"region": shown[1]}},
        text=f"another part of the picture is resized: {words[0]} in training, {words[1]} in serving (first picture)",
        fix="# resize the part that the training resizes: no crop (or the same one) before fn.resize",
        mend=lambda chain: replace(chain, placements=edit_placement.resized(chain, model)),
        steps=RESIZE,
    )


def other_rule(frames: Frames, reference: Rule, deployed: Rule) -> Finding:
    """Name another rule for a picture's size, or another number in the same rule."""
    model = frames.model
    alike = reference.mode == deployed.mode and (reference.max_size is None) == (deployed.max_size is None)
    family = "target_size" if alike and reference.mode not in ("other", "none") else "resize_mode"
    sizes: list[tuple[int, ...]] = [side[0].size for side in (frames.reference, frames.deployed)]
    if family == "target_size":
        sizes = [reference.size, deployed.size]
    rules = {"reference_rule": reference.said(), "deployed_rule": deployed.said()}
    return Finding(
        family=family,
        parameters={"reference": list(sizes[0]), "deployed": list(sizes[1]), **rules},
        text=f"the picture gets another size: training does {reference.written()}, serving does {deployed.written()}",
        fix=lines.resize_line(reference, model.resampling, model.subpixel_scale),
        mend=lambda chain: replace(chain, placements=edit_placement.resized(chain, model)),
        steps=RESIZE,
    )


def other_window(frames: Frames) -> Finding:
    """Name another place of the window that is cut out."""
    model, (reference, deployed) = frames.model, frames.anchors
    return Finding(
        family="resize_mode",
        parameters={"reference": {"anchor": reference}, "deployed": {"anchor": deployed}},
        text="another part of the picture is cut out: "
        f"training's window is at the {reference}, serving's at the {deployed}",
        fix=lines.placed_line(frames.reference[0].canvas, reference, ""),
        mend=lambda chain: replace(chain, placements=edit_placement.replaced(chain, model)),
        steps=CROP,
    )


def other_canvas(frames: Frames) -> Finding:
    """Name another size of all tensors."""
    model, canvas = frames.model, frames.reference[0].canvas
    return Finding(
        family="target_size",
        parameters={
            "reference": list(canvas),
            "deployed": sorted({b.canvas for b in frames.deployed}),
            "canvas": True,
        },
        text=f"the tensor has another size: {canvas} in training, {frames.deployed[0].canvas} in serving (height, width)",
        fix=f"images = fn.crop(images, crop=({canvas[0]}, {canvas[1]}))",
        mend=lambda chain: replace(chain, placements=edit_placement.resized(chain, model)),
        steps=CROP,
    )
