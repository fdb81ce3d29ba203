"""The table of families: what each cause is called, how it is told to people, where it can sit and what tells it from its twins.

Each module of this folder registers the families that it is the home of. The search, the static diff's names, the printed
words, the exercises and docs/families.md read this table and nothing beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

#: What undoing a fault on a tensor gives back: everything, what is moved by resampling once more, or what a filter left.
Loss = Literal["nothing", "moved", "filtered"]


@dataclass(frozen=True, kw_only=True)
class Family:
    """One family of faults.

    ``name`` is the public identifier and ``title`` its heading for people. ``words`` says in one clause what is wrong where it
    occurs, ``differs`` what lies apart between the sides. ``with_stages`` and ``from_finals`` say how it is found. ``steps`` are
    the kinds of stage that it can sit in, the likeliest first. ``twins`` are families that can be the same function, so that the
    tensors cannot choose and declared recipes do; ``loses`` is what undoing it on a tensor cannot bring back. ``maps_values``
    marks a change of constants, ``declared`` that recipes can show it, and ``elsewhere`` says why no edit of a pipeline's
    text mends it, where none does.
    """

    name: str
    title: str
    words: str
    differs: str
    with_stages: str
    from_finals: str
    steps: tuple[str, ...]
    twins: tuple[str, ...] = ()
    loses: Loss = "nothing"
    maps_values: bool = False
    declared: bool = True
    elsewhere: str = ""


_TABLE: dict[str, Family] = {}


def register(*families: Family) -> None:
    """Enter families into the table; raise ``ValueError`` for a name that is taken."""
    for family in families:
        if family.name in _TABLE:
            raise ValueError(f"the family {family.name!r} is registered already: a family has one home")
        _TABLE[family.name] = family


def of(name: str) -> Family:
    """Return a family by its name; raise ``KeyError`` for one that is not in the table."""
    return _TABLE[name]


def names() -> tuple[str, ...]:
    """Return the names of all families, in the order of their homes."""
    return tuple(_TABLE)


def every() -> tuple[Family, ...]:
    """Return all families, in the order of their homes."""
    return tuple(_TABLE.values())


def value_families() -> tuple[str, ...]:
    """Return the families that are other constants of one map of values."""
    return tuple(family.name for family in every() if family.maps_values)


def twins_of(name: str, among: Iterable[str]) -> str | None:
    """Return the first of some families that can be the same function as the named one."""
    own = of(name).twins
    return next((other for other in among if other in own), None)
