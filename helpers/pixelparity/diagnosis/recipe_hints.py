"""What two recipes declare beside what the tensors show: which of two names fits, and what the pictures could not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pixelparity.diagnosis import families
from pixelparity.diagnosis.families import registry
from pixelparity.diagnosis.results import Cause
from pixelparity.errors import UnsupportedStep
from pixelparity.recipes import Recipe
from pixelparity.recipes.diff import diff_recipes
from pixelparity.recipes.diff_row import DiffRow


def judge(
    causes: Sequence[Cause], reference: Recipe | None, deployed: Recipe | None
) -> tuple[tuple[Cause, ...], tuple[str, ...]]:
    """Return the causes with the name that the recipes give them, and notes on where recipes and tensors disagree.

    Nothing is named by recipes alone: what they declare otherwise and no picture shows is a note. Without both recipes
    nothing changes.
    """
    if reference is None or deployed is None:
        return tuple(causes), ()
    try:
        diff = diff_recipes(reference, deployed)
    except UnsupportedStep as error:
        return tuple(causes), (f"the two recipes could not be compared: {error}",)
    rows = {row.family: row for row in reversed(diff.differences) if families.of(row.family).declared}
    rows = _by_steps(rows, len(reference.of_kind("normalize")), len(deployed.of_kind("normalize")))
    named = tuple(_renamed(cause, rows, {c.family for c in causes}) for cause in causes)
    shown = {cause.family for cause in named}
    notes = [_unseen(row) for family, row in reversed(rows.items()) if family not in shown]
    undeclared = [c.family for c in named if c.family not in rows and families.of(c.family).declared]
    if undeclared:
        found = ", ".join(dict.fromkeys(undeclared))
        notes.append(
            f"the recipes do not declare it: {found}; it happens outside of them (in the client, in a default, in the model)"
        )
    return named, tuple(notes)


def _by_steps(rows: dict[str, DiffRow], reference_count: int, deployed_count: int) -> dict[str, DiffRow]:
    """Choose between two names of one function by counting normalisations: one is missing, or has constants in other units."""
    known = {}
    if reference_count > max(deployed_count, 1):
        known = {"mean_std_wrong_range": "scale_missing"}
    elif reference_count == deployed_count > 1:
        known = {"scale_twice": "mean_std_wrong_range"}
    return {known.get(family, family): replace(row, family=known.get(family, family)) for family, row in rows.items()}


def _renamed(cause: Cause, rows: dict[str, DiffRow], named: set[str]) -> Cause:
    """Return a cause under its twin's name where the recipes differ in that and not in its own."""
    if cause.family in rows:
        return cause
    other = registry.twins_of(cause.family, [name for name in rows if name not in named])
    if other is not None:
        text = f"{cause.text}; by the recipes it is {other}: {_both(rows[other])}"
        return replace(cause, family=other, text=text, evidence=replace(cause.evidence, undone=other))
    return cause


def _both(row: DiffRow) -> str:
    return f"{row.step} {row.what} {row.reference.rstrip('*')} in training, {row.deployed.rstrip('*')} in serving"


def _unseen(row: DiffRow) -> str:
    return f"declared otherwise, but not seen in these tensors: {_both(row)} ({row.family})"
