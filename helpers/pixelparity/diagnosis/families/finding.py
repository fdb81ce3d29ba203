"""A finding: one named difference between two chains, with the change to the deployed chain that mends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pixelparity.diagnosis.model.side_model import SideModel

Mend = Callable[[SideModel], SideModel]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One difference. ``mend`` changes the deployed chain into one without it; ``steps`` are the kinds of stage it belongs to.

    ``fix`` is DALI code, ``text`` a plain sentence. ``images`` lists the images concerned if they are only some. ``content``
    says that the pictures themselves differ where both sides start: mending takes the reference's picture.
    """

    family: str
    parameters: Mapping[str, Any]
    text: str
    fix: str
    mend: Mend
    steps: tuple[str, ...]
    images: tuple[int, ...] = ()
    doubt: float = 0.0
    content: bool = False


def number(value: float) -> float:
    """Return a number rounded to nine digits, for JSON."""
    return float(f"{float(value):.9g}")


def numbers(values: Any) -> list[float]:
    """Return numbers rounded to nine digits."""
    return [number(v) for v in values]


def listed(values: Any) -> str:
    """Return numbers as a person writes them: one number if all are equal, else a list."""
    rounded = [float(f"{float(v):.6g}") for v in values]
    return f"{rounded[0]:g}" if len(set(rounded)) == 1 else "[" + ", ".join(f"{v:g}" for v in rounded) + "]"
