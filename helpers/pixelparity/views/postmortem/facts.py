"""The facts of an incident that only people know, read from a TOML file that they fill in.

Every field may stay empty; the page then says which one to fill. A field of another name or type is an ``InputError`` of one
sentence with the file, the field, and what to do.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.fields import TEXT, Rule, several, word

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: What an action is for, as the SRE book's template has it, and detection beside it.
ACTION_TYPES = ("mitigate", "prevent", "detect", "process", "other")
TEMPLATE = Path(__file__).parents[1] / "templates" / "incident.toml"
_ASK = "`pixelparity postmortem --init FILE` writes a file with every field explained"
_CLOSE = 0.6  # how alike two names are, from 0 to 1, for one to be taken as the other misspelt

When = datetime | date | time | str
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Impact:
    """Who was affected, what it cost them, and from when to when."""

    people: str = ""
    cost: str = ""
    began: When = ""
    ended: When = ""

    @property
    def duration(self) -> str:
        """Return how long it lasted in words, empty where one of both ends is no time."""
        if isinstance(self.began, datetime) and isinstance(self.ended, datetime):
            return lasted(self.ended - self.began)
        return ""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What happened, and when: how it was noticed, what set it off, what ended it, or a point of the timeline."""

    what: str = ""
    at: When = ""


@dataclass(frozen=True, kw_only=True)
class Action:
    """What is to be done: what, of which type (:data:`ACTION_TYPES`), by whom, how urgent, and where it is tracked."""

    what: str = ""
    type: str = "other"
    owner: str = ""
    priority: str = ""
    ticket: str = ""


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """What went well, what went wrong, and where luck helped."""

    went_well: tuple[str, ...] = ()
    went_wrong: tuple[str, ...] = ()
    lucky: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What only people know of an incident. Every field may stay empty."""

    title: str = ""
    service: str = ""
    authors: tuple[str, ...] = ()
    owner: str = ""
    status: str = ""
    summary: str = ""
    impact: Impact = Impact()
    detection: Moment = Moment()
    trigger: Moment = Moment()
    resolution: Moment = Moment()
    timeline: tuple[Moment, ...] = ()
    actions: tuple[Action, ...] = ()
    lessons: Lessons = Lessons()
    glossary: Mapping[str, str] | None = None


#: Where nobody has written any.
NOTHING = Facts()


def template() -> str:
    """Return a facts file in which every field is empty and explained."""
    return TEMPLATE.read_text(encoding="utf-8")


def read(path: str | Path) -> Facts:
    """Read a facts file; raise ``InputError`` that names the file and the field where one is not as it should be."""
    text = files.read_text(path, "the facts of an incident", hint=_ASK)
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is no TOML: {reason}; mend that place") from error
    return of(content, str(path))


def of(content: Mapping[str, Any], where: str = "the facts") -> Facts:
    """Return facts from the values of a TOML file; ``where`` names it in errors."""
    found = _record(Facts, content, where, "")
    began, ended = found.impact.began, found.impact.ended
    if isinstance(began, datetime) and isinstance(ended, datetime):
        _check_order(began, ended, where)
    return found


def _check_order(began: datetime, ended: datetime, where: str) -> None:
    if (began.tzinfo is None) != (ended.tzinfo is None):
        raise InputError(
            f"{where}: impact.began and impact.ended are told apart by a time zone; give both one or neither"
        )
    if ended < began:
        raise InputError(f"{where}: impact.ended is {ended}, before impact.began ({began}); exchange or correct them")


def _record(kind: type[T], content: Any, where: str, name: str) -> T:
    """Return a record of a kind from a table of the file."""
    if not isinstance(content, Mapping):
        raise InputError(f"{where}: {name} is {_kind(content)}; write it as a table: [{name}]")
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in content:
        if key not in known:
            raise InputError(f"{where}: {_inside(name)} has no field {key!r}; {_meant(key, known)}")
    return kind(**{key: _value(kind, key, value, where, f"{name}.{key}".lstrip(".")) for key, value in content.items()})


def _value(kind: type[Any], key: str, value: Any, where: str, name: str) -> Any:
    """Return one field's value, checked by what the field holds."""
    example = getattr(kind, key, None)
    if (kind, key) in _LISTED:
        return _records(_LISTED[kind, key], value, where, name)
    if is_dataclass(example):
        return _record(type(example), value, where, name)
    return _rule(kind, key)(value, f"{where}: {name}")


def _records(kind: type[T], value: Any, where: str, name: str) -> tuple[T, ...]:
    if not isinstance(value, list):
        raise InputError(f"{where}: {name} is {_kind(value)}; write each entry as [[{name}]]")
    found = tuple(_record(kind, item, where, f"{name}[{place}]") for place, item in enumerate(value, 1))
    for place, one in enumerate(found, 1):
        if not getattr(one, "what", ""):
            raise InputError(
                f"{where}: {name}[{place}] does not say what; fill in its field what, or take the entry out"
            )
    return found


_LISTED: dict[tuple[type[Any], str], type[Any]] = {(Facts, "timeline"): Moment, (Facts, "actions"): Action}


def _rule(kind: type[Any], key: str) -> Rule:
    if key in ("at", "began", "ended"):
        return WHEN
    if key == "glossary":
        return _GLOSSARY
    if key == "authors" or kind is Lessons:
        return _TEXTS
    return word(*ACTION_TYPES) if (kind, key) == (Action, "type") else TEXT


def _when(value: Any) -> When:
    if not isinstance(value, datetime | date | time | str):
        raise ValueError(value)
    return value


def _terms(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(meaning, str) for meaning in value.values()):
        raise ValueError(value)
    return dict(value)


WHEN = Rule(allowed="a time such as 2026-03-04T08:15:00+01:00, or a text", read=_when)
_GLOSSARY = Rule(allowed='a table of words and their meanings: [glossary], then EXIF = "what it means"', read=_terms)
_TEXTS: Rule = several(TEXT, least=0)


def shown(when: When) -> str:
    """Return a time as the page writes it: to the minute, seconds where there are some, with its zone."""
    if isinstance(when, datetime):
        zone = when.strftime("%z")
        zone = "" if when.tzinfo is None else " UTC" if when.utcoffset() == timedelta(0) else f" {zone[:3]}:{zone[3:5]}"
        return f"{when:%Y-%m-%d %H:%M}{f':{when:%S}' if when.second else ''}{zone}"
    if isinstance(when, time):
        return f"{when:%H:%M}"
    return str(when)


def lasted(span: timedelta) -> str:
    """Return a span of time in days, hours and minutes, the two largest parts that it has."""
    minutes = int(span.total_seconds()) // 60
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(said[:2]) or "less than a minute"


def _meant(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, 1, cutoff=_CLOSE)
    return f"did you mean {close[0]}?" if close else f"use {', '.join(known)}"


def _inside(name: str) -> str:
    return f"[{name}]" if name else "its top"


def _kind(value: Any) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "a truth value"), (str, "a text"), (int, "a number"), (float, "a number"), (list, "a list"),
    )  # fmt: skip
    return next((words for kind, words in kinds if isinstance(value, kind)), "a table" if value else "a value")
