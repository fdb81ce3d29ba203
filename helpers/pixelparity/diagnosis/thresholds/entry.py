"""One number of the table: its value, its unit, and where it comes from."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A threshold as the table shows it: ``source`` is the command that measures it, or the reason for it."""

    group: str
    name: str
    value: Any
    unit: str
    source: str


def number(value: Any, unit: str, source: str) -> Any:
    """Declare a threshold of a group: a field with a default, its unit and its source."""
    return field(default=value, metadata={"unit": unit, "source": source})


def entries(name: str, group: Any) -> list[Entry]:
    """Return the entries of one group; raise ``TypeError`` where a field was not declared with :func:`number`."""
    return [_entry(name, group, one) for one in fields(group)]


def _entry(name: str, group: Any, one: Field[Any]) -> Entry:
    if set(one.metadata) != {"unit", "source"}:
        raise TypeError(f"{name}.{one.name} has no unit or no source: declare it with number(value, unit, source)")
    return Entry(group=name, name=one.name, value=getattr(group, one.name), **one.metadata)
