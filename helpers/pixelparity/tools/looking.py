"""Capture two sides on the same pictures and diagnose them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pixelparity import diagnosis, pictures, progress, readings, sides, stages
from pixelparity.errors import InputError, SkewError
from pixelparity.recipes import Recipe
from pixelparity.repair import printed_mend, write_dali
from pixelparity.sides import Side
from pixelparity.sources import dali, protocol
from pixelparity.tools import pipelines
from pixelparity.tools.files import as_module

Images = Mapping[str, Path]


@dataclass(frozen=True, kw_only=True)
class Look:
    """Two sides as they were captured, their recipes where they declare one, what the diagnosis found and what mends it."""

    reference: stages.Capture
    deployed: stages.Capture
    reference_recipe: Recipe | None
    deployed_recipe: Recipe | None
    found: diagnosis.Diagnosis
    mends: diagnosis.Mends


def diagnose(
    reference: str, deployed: str, images: Images | None, *, model: str | None = None, **options: Any
) -> diagnosis.Diagnosis:
    """Capture two sides on the same pictures and diagnose them.

    ``images`` may be ``None`` when a side holds its tensors already; the other side is then shown nothing either.
    ``model`` is an engine file on which each cause's impact is measured. ``options`` go to the sides.
    """
    return look(reference, deployed, images, model=model, **options).found


def look(reference: str, deployed: str, images: Images | None, *, model: str | None = None, **options: Any) -> Look:
    """Do as :func:`diagnose` and return the captures and recipes too."""
    reference_side, deployed_side = parse(reference, deployed, **options)
    # Recipes first: what cannot be read is said before anything runs.
    progress.doing("reading the recipes")
    declared = reference_side.recipe() if reference_side.has_recipe else None
    declared_there = deployed_side.recipe() if deployed_side.has_recipe else None
    wanted, made = captured(reference_side, images, declared), captured(deployed_side, images, declared_there)
    seen = judge(wanted, made, declared, declared_there, images, model)
    return replace(seen, found=_with_changes(deployed_side, seen))


def _with_changes(side: Side, seen: Look) -> diagnosis.Diagnosis:
    """Return the diagnosis with its mends as changes of the deployed pipeline's text, where anybody has that text."""
    if not seen.found.causes:
        return seen.found
    try:
        text = pipelines.deployed_text(side, seen.deployed)
    except SkewError as error:  # what was captured is diagnosed, whether its text can be shown or not
        note = f"the mends are not shown as changes of {side}: {error}"
        return replace(seen.found, notes=(*seen.found.notes, note))
    return seen.found if text is None else printed_mend.printed(seen.found, text, seen.reference_recipe)


def judge(
    reference: stages.Capture,
    deployed: stages.Capture,
    reference_recipe: Recipe | None,
    deployed_recipe: Recipe | None,
    images: Images | None,
    model: str | None = None,
) -> Look:
    """Diagnose two captures with all that is known of their sides."""
    progress.doing("comparing the two sides, and undoing what differs")
    examined = diagnosis.examine(
        reference,
        deployed,
        model=predictor(model),
        reference_recipe=reference_recipe,
        deployed_recipe=deployed_recipe,
        raw=_decoded(images) if images else None,
        readings=_readings(images) if images else None,
    )
    found = examined.diagnosis
    notes = tuple(note for capture in (reference, deployed) for note in _remarks(capture))
    return Look(
        reference=reference, deployed=deployed, reference_recipe=reference_recipe, deployed_recipe=deployed_recipe,
        found=replace(found, notes=(*found.notes, *notes)), mends=examined.mends,
    )  # fmt: skip


def _decoded(images: Images) -> dict[str, stages.Tensor]:
    """Return the pictures as they are usually decoded (HWC, uint8, RGB), by name."""
    return {name: pictures.read_rgb(path, cmyk=True) for name, path in images.items()}


def _readings(images: Images) -> dict[str, readings.Readings]:
    """Return what else decoders make of the files that are no plain 8-bit colours, by name."""
    found = {name: readings.of(path) for name, path in images.items()}
    return {name: one for name, one in found.items() if one is not None}


class OnBoth:
    """What ``views.explore`` needs to take pictures of one's own through both sides: captures of a file, and their mends."""

    def __init__(self, reference: str, deployed: str, images: Images) -> None:
        self._sides = parse(reference, deployed)
        self._recipes = tuple(side.recipe() if side.has_recipe else None for side in self._sides)
        self._raw, self._readings = _decoded(images), _readings(images)

    def capture(self, path: Path) -> tuple[stages.Capture, stages.Capture]:
        """Return what both sides make of one picture's file."""
        image = pictures.find([path])
        self._raw |= _decoded(image)
        self._readings |= _readings(image)
        reference, deployed = (
            captured(side, image, recipe) for side, recipe in zip(self._sides, self._recipes, strict=True)
        )
        return reference, deployed

    def mends(self, reference: stages.Capture, deployed: stages.Capture) -> diagnosis.Mends:
        """Return what mends two captures of pictures that were given or captured here, by all that is known of the sides."""
        return diagnosis.examine(
            reference, deployed, reference_recipe=self._recipes[0], deployed_recipe=self._recipes[1], raw=self._raw,
            readings=self._readings,
        ).mends  # fmt: skip


def on_both(reference: str, deployed: str, images: Images) -> OnBoth:
    """Return what takes further pictures through two sides; ``images`` are those that were captured already."""
    return OnBoth(reference, deployed, images)


def parse(reference: str, deployed: str, **options: Any) -> tuple[Side, Side]:
    """Return both sides; a trace and a local file are the deployed side's."""
    for_reference = {name: value for name, value in options.items() if name not in protocol.OF_SERVED}
    reference_side, deployed_side = sides.parse(reference, **for_reference), sides.parse(deployed, **options)
    unused = [name for name in protocol.OF_SERVED if options.get(name) and name not in deployed_side.options]
    if unused:
        raise InputError(
            f"{deployed_side} is no served model; --trace and --deployed-file go with {protocol.served_forms()}"
        )
    return reference_side, deployed_side


def captured(side: Side, images: Images | None, recipe: Recipe | None = None) -> stages.Capture:
    """Return a side's capture; of a side that declares only, that of a DALI pipeline written from its recipe."""
    progress.doing(f"running {side}" + (f" on {len(images)} pictures" if images else ""))
    if side.can_run or images is None:
        return side.capture(images)
    text = write_dali.write_dali(recipe or side.recipe(), feed="encoded")
    with as_module(text) as file:
        made = dali.capture(f"{file}:preprocess", images, feed="encoded")
    return replace(made, source=str(side), facts={**made.facts, "stand_in": "a DALI pipeline written from the recipe"})


def _remarks(capture: stages.Capture) -> list[str]:
    """Return what a reader of the diagnosis has to know of a capture."""
    said = []
    if "stand_in" in capture.facts:
        said.append(f"{capture.source} declares and does not run: {capture.facts['stand_in']} stood in for it")
    copy = capture.facts.get("local_copy")
    if copy and copy["equal"]:
        said.append(
            f"{copy['source']} gives what the server gives (within {copy['max_abs']:.2g}): its stages are shown"
        )
    elif copy:
        gap = "in another shape" if copy["max_abs"] is None else f"by up to {copy['max_abs']:.4g}"
        said.append(f"{copy['source']} is not what is served: its tensors differ {gap}, so its stages are left out")
    if "moved_to_cpu" in capture.facts:
        said.append(
            f"{capture.source}: {', '.join(capture.facts['moved_to_cpu'])}: {capture.facts['moved_to_cpu_note']}"
        )
    return said


def predictor(model: str | None) -> Any:
    """Return what asks an engine file about final tensors, ``None`` without one; raise ``InputError`` where it is none."""
    if model is None:
        return None
    from pixelparity.deploy import engine

    if not Path(model).is_file():
        raise InputError(f"{model} is not a file; give an engine, .onnx or .plan")
    return engine.predictor(Path(model))
