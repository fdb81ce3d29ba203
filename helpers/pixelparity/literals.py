"""Python source written from data: the only ways in which a value may become a part of a generated text.

Whoever generates source puts every value through one of these. A value of another type is an ``InputError``, so that a text
which came from a file, a server or a recipe can be a literal, a name or a remark, and never code.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

from pixelparity.errors import InputError
from pixelparity.fields import shown

#: What an operator of DALI is called in source: ``fn.decoders.image``; the modules of plug-ins may have capital letters.
OPERATOR = re.compile(r"(fn|math)(\.[A-Za-z_][A-Za-z_0-9]*)+")
DEVICES = ("cpu", "gpu", "mixed")


def integer(value: Any) -> str:
    """Return a whole number as source."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise _refused(value, "a whole number")
    return str(int(value))


def decimal(value: Any) -> str:
    """Return a finite number as source, with a point: 1.0 for 1."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise _refused(value, "a finite number")
    return repr(float(value))


def number(value: Any) -> str:
    """Return a number as source, whole ones without a point."""
    return integer(value) if isinstance(value, Integral) else decimal(value)


def boolean(value: Any) -> str:
    """Return ``True`` or ``False``."""
    if not isinstance(value, bool):
        raise _refused(value, "true or false")
    return str(value)


def string(value: Any) -> str:
    """Return a text as a string literal in double quotes; whatever a terminal or a parser might act on is escaped."""
    if not isinstance(value, str):
        raise _refused(value, "a text")
    return '"' + "".join(map(_escaped, value)) + '"'


def constant(value: Any) -> str:
    """Return a truth value, a number, a text or a list of them as source."""
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, list | tuple):
        return listed(value, constant)
    return string(value) if isinstance(value, str) else number(value)


def identifier(value: Any) -> str:
    """Return a name as source: of a function, a variable or an argument."""
    if not isinstance(value, str) or not value.isidentifier() or keyword.iskeyword(value):
        raise _refused(value, "a name for Python")
    return str(value)


def operator(value: Any) -> str:
    """Return an operator's name as source, such as ``fn.resize``."""
    if not isinstance(value, str) or OPERATOR.fullmatch(value) is None:
        raise _refused(value, "the name of a DALI operator")
    return str(value)


def device(value: Any) -> str:
    """Return a device as a string literal."""
    if value not in DEVICES:
        raise _refused(value, f"one of {', '.join(DEVICES)}")
    return string(value)


def listed(values: Iterable[Any], write: Any = number) -> str:
    """Return a list, each element written by ``write``."""
    return "[" + ", ".join(map(write, values)) + "]"


def paired(values: Sequence[Any], write: Any = number) -> str:
    """Return a tuple of two or more values, each written by ``write``."""
    return "(" + ", ".join(map(write, values)) + ")"


def remark(value: Any) -> str:
    """Return a text as it may stand in a comment or a docstring: one line without double quotes and backslashes."""
    line = "".join(c if c.isprintable() else " " for c in str(value))
    return line.replace("\\", "/").replace('"', "'")


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _refused(value: Any, wanted: str) -> InputError:
    return InputError(f"{shown(value)} cannot be written into a pipeline's source: it is not {wanted}")
