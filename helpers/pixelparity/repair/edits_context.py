"""What the mends of a pipeline's text know beside the cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pixelparity.recipes import Recipe
from pixelparity.repair.edits_values import Values


@dataclass(frozen=True, kw_only=True)
class Context:
    """What is known beside the cause: the reference's recipe, and both sides' maps of values."""

    reference: Recipe | None = None
    wanted: Values | None = None

    def step(self, kind: type) -> Any:
        """Return the reference recipe's one step of a kind, or ``None``."""
        steps = [] if self.reference is None else [s for s in self.reference.steps if isinstance(s, kind)]
        return steps[0] if len(steps) == 1 else None
