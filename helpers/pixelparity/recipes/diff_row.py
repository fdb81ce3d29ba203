"""One line of a static diff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pixelparity.recipes import Step, value_text

#: What stands in the table where one side has nothing.
ABSENT = "-"
#: What stands there where a side cannot say: its format does not declare it, or it is done before the side begins.
UNDECLARED = "not declared"


@dataclass(frozen=True, kw_only=True)
class DiffRow:
    """One compared parameter. ``family`` is the cause's name (docs/families.md), empty where the two sides mean the same.

    ``reference`` and ``deployed`` are the values as text, with a ``*`` behind what a library's default filled.
    """

    step: str
    what: str
    reference: str
    deployed: str
    family: str = ""
    note: str = ""

    @property
    def is_declared(self) -> bool:
        """Tell whether both sides say what the row compares."""
        return UNDECLARED not in (self.reference, self.deployed)

    @property
    def verdict(self) -> str:
        """Return the family, ``same`` for the same words, ``equal`` for others of one meaning, or that a side does not say."""
        if not self.is_declared:
            return UNDECLARED
        return self.family or ("same" if self.reference.rstrip("*") == self.deployed.rstrip("*") else "equal")


def compare(
    step: str,
    what: str,
    reference: Any,
    deployed: Any,
    family: str,
    *,
    steps: tuple[Step | None, Step | None] = (None, None),
    field: str = "",
) -> DiffRow:
    """Compare one parameter; ``steps`` and ``field`` (``what`` if not given) tell whether it was a default."""
    texts = []
    for value, owner in zip((reference, deployed), steps, strict=True):
        text = ABSENT if value is None else value_text(value)
        defaulted = owner is not None and (field or what) in owner.defaulted and value is not None
        texts.append(text + "*" if defaulted else text)
    return DiffRow(
        step=step, what=what, reference=texts[0], deployed=texts[1], family="" if reference == deployed else family
    )
