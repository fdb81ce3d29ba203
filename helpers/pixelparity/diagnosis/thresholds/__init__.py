"""The one table of thresholds: every number that a decision of the diagnosis hangs on, with its unit and its source.

A caller changes them for one diagnosis::

    with thresholds.using(replace(thresholds.Thresholds(), noise=Noise(quiet_levels=0.2))):
        diagnose(...)

The table is one object. It is read where a decision falls (:func:`now`) rather than handed through each of the functions in
between; worker threads see the table of the thread that gave them their work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields

from pixelparity.diagnosis.thresholds.confirm import Confirm
from pixelparity.diagnosis.thresholds.entry import Entry, entries
from pixelparity.diagnosis.thresholds.families import Families
from pixelparity.diagnosis.thresholds.finals import Finals
from pixelparity.diagnosis.thresholds.fit import Fit
from pixelparity.diagnosis.thresholds.measure import Measure
from pixelparity.diagnosis.thresholds.model import Model
from pixelparity.diagnosis.thresholds.noise import Noise
from pixelparity.diagnosis.thresholds.outputs import Outputs
from pixelparity.diagnosis.thresholds.staged import Staged
from pixelparity.diagnosis.thresholds.strategy import Strategy

__all__ = [
    "Confirm",
    "Entry",
    "Families",
    "Finals",
    "Fit",
    "Measure",
    "Model",
    "Noise",
    "Outputs",
    "Staged",
    "Strategy",
    "Thresholds",
    "now",
    "table",
    "using",
]


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """All thresholds of a diagnosis, by the part that reads them."""

    fit: Fit = field(default_factory=Fit)
    measure: Measure = field(default_factory=Measure)
    model: Model = field(default_factory=Model)
    noise: Noise = field(default_factory=Noise)
    families: Families = field(default_factory=Families)
    staged: Staged = field(default_factory=Staged)
    confirm: Confirm = field(default_factory=Confirm)
    finals: Finals = field(default_factory=Finals)
    outputs: Outputs = field(default_factory=Outputs)
    strategy: Strategy = field(default_factory=Strategy)


_TABLE: ContextVar[Thresholds] = ContextVar("thresholds", default=Thresholds())  # noqa: B039 - frozen


def now() -> Thresholds:
    """Return the thresholds in force."""
    return _TABLE.get()


@contextmanager
def using(table: Thresholds) -> Iterator[Thresholds]:
    """Put other thresholds in force for the block."""
    token = _TABLE.set(table)
    try:
        yield table
    finally:
        _TABLE.reset(token)


def table(thresholds: Thresholds | None = None) -> list[Entry]:
    """Return every threshold with value, unit and source, group by group."""
    chosen = thresholds or now()
    return [entry for group in fields(chosen) for entry in entries(group.name, getattr(chosen, group.name))]
