"""Pairs of pipeline texts that differ in one way, each with the change that has to be printed against it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Side:
    """One text of a pair: the family that is named where it is deployed, and the change that is printed against it.

    From ``line`` on, ``removed`` lines of it are taken out and ``added`` put in; ``None`` where no edit makes it the other one.
    """

    source: str
    family: str
    line: int
    removed: int = 1
    added: tuple[str, ...] | None = ()

    @property
    def printed(self) -> str:
        """Return what has to be printed, the old lines read from the text itself."""
        assert self.added is not None
        old = self.source.splitlines()[self.line - 1 : self.line - 1 + self.removed]
        return "\n".join([f"serve.py:{self.line}", *(f"-{x}" for x in old), *(f"+    {x}" for x in self.added)])


def pair(one: str, before: str, after: str, line: int, families: str, to_one: str, to_other: str) -> tuple[Side, Side]:
    """Return a text and what it is with a part of one line exchanged, each with the line that makes it the other."""
    assert one.count(before) == 1, before
    names = families.split() * 2
    return (
        Side(source=one, family=names[1], line=line, added=(to_other,) if to_other else None),
        Side(source=one.replace(before, after), family=names[0], line=line, added=(to_one,) if to_one else None),
    )


def lacking(one: str, inserted: str, line: int, families: str) -> tuple[Side, Side]:
    """Return a text and what it is without one of its lines."""
    names = families.split() * 2
    return (
        Side(source=one, family=names[1], line=line),
        Side(source=one.replace(f"    {inserted}\n", ""), family=names[0], line=line, removed=0, added=(inserted,)),
    )


def resized(arguments: str) -> str:
    """Return the line of a resize."""
    return f"images = fn.resize(images, {arguments})"
