"""Rules for values that come from outside: what a field may hold, said once, checked in one place.

A rule takes a value as a file, a library or a person gives it and returns it as plain Python data (numpy's numbers become
Python's, lists become tuples). Anything else is an ``InputError`` that names the place, the value and what is allowed.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from pixelparity.errors import InputError, UnsupportedStep

#: The longest edge that a picture, a crop or a padding may have, in pixels: far beyond what a network is fed, and beyond
#: JPEG's own limit of 65,535.
MOST_PIXELS = 2**20
#: The most numbers that a value per channel may have; multispectral pictures have a few dozen.
MOST_CHANNELS = 1024
#: The largest and the smallest size of a number that float32 holds in full: pictures are prepared in it, so a constant beyond
#: is infinity or 0 there, and products of a few numbers within stay finite in float64, in which recipes are compared.
MOST_NUMBER, LEAST_NUMBER = 3.4028234663852886e38, 1.1754943508222875e-38
#: How deep lists may lie in one another in the arguments of a step that has no known meaning.
_DEPTH = 8

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60
_SHORT.maxlevel = 2


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a value may be. ``allowed`` says it for a person; ``read`` returns the plain value or raises ``ValueError``."""

    allowed: str
    read: Callable[[Any], Any]

    def __call__(self, value: Any, where: str) -> Any:
        """Return the value as plain data; raise ``InputError`` that names ``where`` for one that is not allowed."""
        try:
            return self.read(_unwrapped(value))
        except (ValueError, TypeError, OverflowError) as error:
            raise InputError(f"{where} is {shown(value)}, use {self.allowed}") from error


@contextmanager
def within(where: str) -> Iterator[None]:
    """Put the name of a file, or of a part of one, in front of what is wrong with a value in it."""
    try:
        yield
    except (InputError, UnsupportedStep) as error:
        raise type(error)(f"{where}: {error}") from error


@contextmanager
def sensible(what: str) -> Iterator[None]:
    """Raise ``InputError`` where values that another library has taken are none that can be worked with.

    For objects of other libraries, which keep what they are given: a size of ``None``, a list where a number stands.
    """
    try:
        yield
    except (InputError, UnsupportedStep):
        raise
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{what} cannot be worked with ({type(error).__name__}: {reason}); check their values"
        ) from error


def shown(value: Any) -> str:
    """Return a value as one short line, however long or deep it is."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits; octal ones come that long
        return "a number of thousands of digits"


def _unwrapped(value: Any) -> Any:
    """Return numpy's and torch's numbers and arrays as Python's numbers and lists."""
    unwrap = getattr(value, "tolist", None)
    return unwrap() if callable(unwrap) else value


def whole(low: int = 1, high: int = MOST_PIXELS) -> Rule:
    """Return the rule of a whole number in a range, both ends included; a truth value is none."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, Integral) or not low <= int(value) <= high:
            raise ValueError(value)
        return int(value)

    return Rule(allowed=f"a whole number from {low} to {high}", read=read)


def number(low: float = -math.inf, high: float = math.inf, *, zero: bool = True) -> Rule:
    """Return the rule of a number in a range that is finite in float32; ``zero`` says whether what is 0 there is one."""
    between = "" if math.isinf(low) else f" from {low:g} to {high:g}" if math.isfinite(high) else f" from {low:g}"

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ValueError(value)
        found = float(value)
        is_held = abs(found) <= MOST_NUMBER and (zero or abs(found) >= LEAST_NUMBER)  # NaN is no number's equal
        if not is_held or not low <= found <= high:
            raise ValueError(value)
        return found

    return Rule(allowed=f"a finite number{between}{'' if zero else ' other than 0'} (of float32)", read=read)


def several(rule: Rule, least: int = 1, most: int = MOST_CHANNELS) -> Rule:
    """Return the rule of a list of ``least`` to ``most`` values that follow ``rule``; it is read as a tuple."""
    count = f"{least}" if least == most else f"{least} to {most}"

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise ValueError(value)
        return tuple(rule.read(_unwrapped(item)) for item in value)

    return Rule(allowed=f"a list of {count} values, each {rule.allowed}", read=read)


def per_channel(rule: Rule, channels: int, *, least: int = 1, most: int = MOST_CHANNELS) -> Rule:
    """Return the rule of a value per channel; one number stands for all ``channels``, as in the libraries' own arithmetic."""
    each = several(rule, least, most)

    def read(value: Any) -> tuple[Any, ...]:
        return (rule.read(value),) * channels if isinstance(value, Real) else tuple(each.read(value))

    return Rule(allowed=f"{rule.allowed}, or {each.allowed}", read=read)


def optional(rule: Rule) -> Rule:
    """Return the rule that also allows ``None``."""
    return Rule(allowed=f"{rule.allowed}, or nothing", read=lambda value: None if value is None else rule.read(value))


def word(*known: str) -> Rule:
    """Return the rule of a word out of a closed list."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError(value)
        return str(value)

    return Rule(allowed=f"one of {', '.join(known)}", read=read)


def spelled(pattern: str, allowed: str) -> Rule:
    """Return the rule of a text that a regular expression matches from end to end."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or re.fullmatch(pattern, value, re.ASCII) is None:
            raise ValueError(value)
        return str(value)

    return Rule(allowed=allowed, read=read)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _bound(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value):
        raise ValueError(value)
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return str(value)


def _names(value: Any) -> frozenset[str]:
    if not isinstance(value, set | frozenset | list | tuple):
        raise ValueError(value)
    return frozenset(_text(name) for name in value)


def _plain(value: Any, depth: int = _DEPTH) -> Any:
    value = _unwrapped(value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, list | tuple) and depth:
        return tuple(_plain(item, depth - 1) for item in value)
    raise ValueError(value)


def _arguments(value: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((_text(name), _plain(content)) for name, content in value)


FLAG = Rule(allowed="true or false", read=_flag)
#: The end of a range, which may be open.
BOUND = Rule(allowed="a number", read=_bound)
TEXT = Rule(allowed="a text", read=_text)
NAMES = Rule(allowed="a set of names", read=_names)
ARGUMENTS = Rule(
    allowed="pairs of a name and plain data: numbers, texts, truth values and lists of them", read=_arguments
)
MAPPING = Rule(allowed="an object with named values", read=lambda value: dict(_mapping(value)))
OBJECTS = Rule(allowed="a list of objects", read=lambda value: tuple(_mapping(item) for item in _list(value)))
#: A length in pixels.
PIXELS = whole()


def depth(content: Any, most: int) -> int:
    """Return how deep lists and objects lie in one another, at most ``most + 1``."""
    level, inside = 0, [content]
    while inside and level <= most:
        below = [
            value.values() if isinstance(value, dict) else value for value in inside if isinstance(value, dict | list)
        ]
        inside, level = [item for values in below for item in values], level + bool(below)
        if not below:
            break
    return level


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(value)
    return value


def _list(value: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(value)
    return value
