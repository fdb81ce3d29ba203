"""What people look at: figures, the explorer, the checklist, the reports and the postmortem. Drawing never computes.

In reading order: style, illustration, tensors; histograms, strips, outputs, flow, table, text, overview (most of them gathered in
``figures``); panels, mended, explorer; waiting; checklist; summary, pages, report, postmortem. Names are loaded when they
are first used, so importing this package imports no drawing library.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "figures": ("FlowStep", "Illustration", "Rung", "Table", "activation_ranges", "answers_table",
                "diff_table", "difference_histogram", "elimination_ladder", "flow_diagram", "impact_bars", "levels_table",
                "outputs_bar", "stage_histograms", "tensor_strip"),
    "overview": ("picture_grid", "stage_strip", "stage_table"),
    "explorer": ("Explorer", "explore"),
    "text": ("Text",),
    "waiting": ("busy",),
    "checklist": ("Checklist",),
    "report": ("write_diagnosis",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load the module that is ``name``, or that holds it, and return it from there."""
    if name in _HOMES:
        return importlib.import_module(f"pixelparity.views.{name}")
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'pixelparity.views' has no attribute {name!r}")
    return getattr(importlib.import_module(f"pixelparity.views.{home}"), name)


def __dir__() -> list[str]:
    """List the names that a notebook may use."""
    return sorted({*_HOME_OF, *_HOMES})
