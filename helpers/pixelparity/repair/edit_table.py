"""The table of edits: how a pipeline's text is changed against each family, entered where the edit is written."""

from __future__ import annotations

from collections.abc import Callable

from pixelparity.diagnosis import families
from pixelparity.diagnosis.results import Cause
from pixelparity.repair.edits_context import Context
from pixelparity.repair.script import Script

#: Returns the texts that could be right, the likeliest first.
Edit = Callable[[Script, Cause, Context], list[Script]]
_TABLE: dict[str, Edit] = {}


def edits(*names: str) -> Callable[[Edit], Edit]:
    """Enter a function as the edit of these families; raise ``ValueError`` for one that is unknown or has one already."""

    def enter(function: Edit) -> Edit:
        for name in names:
            if name not in families.FAMILIES or name in _TABLE:
                raise ValueError(f"{name!r} is no family that lacks an edit")
            _TABLE[name] = function
        return function

    return enter


def edit_of(family: str) -> Edit | None:
    """Return the edit that mends a family, if a single one does."""
    return _TABLE.get(family)
