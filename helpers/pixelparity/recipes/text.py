"""A recipe as text for a person, and as JSON values that are read back equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixelparity.errors import InputError
from pixelparity.fields import MAPPING, OBJECTS, shown
from pixelparity.recipes.steps import STEPS, Pad, Recipe, Step


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as JSON values; :func:`from_dict` reads it back equal, origins and defaults included."""
    return {
        "source": recipe.source,
        "steps": [_step_to_dict(step) for step in recipe.steps],
        "batch": None if recipe.batch is None else _step_to_dict(recipe.batch),
        "undeclared": sorted(recipe.undeclared),
    }


def from_dict(data: Mapping[str, Any]) -> Recipe:
    """Read a recipe that :func:`to_dict` wrote; raise ``InputError`` for anything else."""
    try:
        steps = tuple(_step_from_dict(entry) for entry in OBJECTS(data["steps"], "this is not a recipe: steps"))
        batch = None if data.get("batch") is None else _step_from_dict(MAPPING(data["batch"], "recipe: batch"))
        if batch is not None and not isinstance(batch, Pad):
            raise InputError(f"a recipe's batch is a pad step, not {batch.kind}")
        return Recipe(source=data["source"], steps=steps, batch=batch, undeclared=data.get("undeclared", ()))
    except (KeyError, TypeError, RecursionError) as error:
        raise InputError(f"this is not a recipe ({error}); write it with recipes.to_dict") from error


def describe(recipe: Recipe) -> str:
    """Return the recipe as text for a person: a line per step, each parameter, a ``*`` on what a default filled."""
    lines = [f"Recipe of {recipe.source}"]
    for position, step in enumerate(recipe.steps, 1):
        lines.append(f"{position:3d} {step.kind:<10}{parameters_text(step)}")
        if step.origin:
            lines.append(f"{'':14}from {step.origin}")
    if recipe.batch is not None:
        lines.append(f"  + {'batch pad':<10}{parameters_text(recipe.batch)}")
    if recipe.undeclared:
        lines.append(f"    not declared there: {', '.join(sorted(recipe.undeclared))}; somebody else may do it")
    if any(step.defaulted for step in _all_steps(recipe)):
        lines.append("    * nobody chose this value: it is a default of the library")
    return "\n".join(lines)


def parameters_text(step: Step) -> str:
    """Return a step's parameters as ``name=value`` words; unused ones are left out, defaulted ones carry a ``*``."""
    words = []
    for name, value in step.parameters().items():
        if value is None or value == "" or (value is False and name in ("oriented", "per_image")):
            continue
        words.append(f"{name}={value_text(value)}{'*' if name in step.defaulted else ''}")
    return "  ".join(words)


def value_text(value: Any) -> str:
    """Return a parameter's value as a person writes it: whole numbers without a point, equal channels once."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, tuple):
        same = len(set(value)) == 1 and len(value) in (1, 3)
        return value_text(value[0]) if same else "(" + ", ".join(map(value_text, value)) + ")"
    return str(value)


def _all_steps(recipe: Recipe) -> Iterator[Step]:
    yield from recipe.steps
    if recipe.batch is not None:
        yield recipe.batch


def _step_to_dict(step: Step) -> dict[str, Any]:
    values = {name: _listed(value) for name, value in step.parameters().items()}
    return {"kind": step.kind, **values, "origin": step.origin, "defaulted": sorted(step.defaulted)}


def _step_from_dict(entry: Mapping[str, Any]) -> Step:
    kind = entry["kind"]
    if not isinstance(kind, str) or kind not in STEPS:
        raise InputError(f"{shown(entry['kind'])} is not a kind of step, use one of {', '.join(STEPS)}")
    return STEPS[kind](**{name: value for name, value in entry.items() if name != "kind"})


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
