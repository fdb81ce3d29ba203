"""A finding: one named difference between two chains, with the change to the deployed chain that mends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixelparity.diagnosis.arrays import HWC
from pixelparity.diagnosis.model.side_model import SideModel

#: What changes the deployed side's model into one without a difference.
Mend = Callable[[SideModel], SideModel]
#: What undoes a difference on a deployed tensor (HWC, in levels) of the image with this number.
Restore = Callable[[HWC, int], HWC]


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


#: A difference that is undone on the tensors themselves: from final tensors alone there is no chain to mend.
Named = tuple[Finding, Restore]


def unchanged(chain: SideModel) -> SideModel:
    """Return a chain as it is: the mend of a difference that is undone on tensors or by taking the reference's picture."""
    return chain


def in_pictures(family: str, parameters: Mapping[str, Any], text: str, fix: str, doubt: float = 0.0) -> Finding:
    """Return a finding that lies in the decoded pictures themselves: mending takes the reference's picture."""
    return Finding(
        family=family,
        parameters=parameters,
        text=text,
        fix=fix,
        mend=unchanged,
        steps=("decode", "input", "colour", "other"),
        doubt=doubt,
        content=True,
    )


def read_otherwise(
    family: str, words: tuple[str, str], images: tuple[int, ...], parameters: Mapping[str, Any], fix: str
) -> Finding:
    """Return a finding of files that the sides read otherwise; ``words`` say how, reference first."""
    some = f"{len(images)} files are" if images else "files are"
    text = f"{some} read otherwise: {words[0]} in training, {words[1]} in serving"
    found = in_pictures(family, {**parameters, "reference": words[0], "deployed": words[1]}, text, f"# {fix}")
    return replace(found, images=images)


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
