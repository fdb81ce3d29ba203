"""One spelling for operators that DALI has renamed, whichever DALI wrote a pipeline and whichever one runs it.

DALI 2.0 put an underscore before the operators behind ``x * y``, ``x[...]`` and ``x.shape()``, which nobody calls by name.
A file keeps the names of the DALI that wrote it, and neither DALI loads the other's. The readers know today's names only:
a file is put into them when it is parsed, and into those of the installed DALI before it is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

#: The name that an older DALI gives an operator, and the one it has today. ``Shapes`` is also what ``fn.shapes`` calls.
RENAMED = {
    "ArithmeticGenericOp": "_ArithmeticGenericOp",
    "TensorSubscript": "_TensorSubscript",
    "SubscriptDimCheck": "_SubscriptDimCheck",
    "Shapes": "_Shape",
}
_FORMER = {today: former for former, today in RENAMED.items()}


def snake(name: str) -> str:
    """Return an operator's name as DALI writes it in Python: an underscore before a capital that starts a word."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def modernise(message: Any) -> None:
    """Give every operator of a parsed pipeline the name that it has today, in place."""
    for op in message.op:
        if op.name in RENAMED:
            _rename(op, RENAMED[op.name])


def localise(message: Any, is_known: Callable[[str], bool]) -> None:
    """Give every operator of a modernised pipeline the name by which the DALI that ``is_known`` asks knows it, in place."""
    for op in message.op:
        name = installed_name(op.name, is_known)
        if name is not None and name != op.name:
            _rename(op, name)


def installed_name(operator: str, is_known: Callable[[str], bool]) -> str | None:
    """Return the name by which a DALI knows an operator, today's or the former one, ``None`` where it knows neither."""
    names = (operator, _FORMER.get(operator), RENAMED.get(operator))
    return next((name for name in names if name is not None and is_known(name)), None)


def _rename(op: Any, name: str) -> None:
    """Rename one operator, and what it is called in Python where that only repeats the name (``mul`` stays ``mul``)."""
    former, op.name = snake(op.name), name
    for argument in op.args:
        if argument.name == "_display_name":
            argument.strings[:] = [
                snake(name).encode() if word == former.encode() else word for word in argument.strings
            ]
