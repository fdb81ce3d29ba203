"""A SIDE as a person writes it (``dali:model.dali``), turned into captures and recipes by the source that knows it.

This module ties ``sources`` together for the command line and the notebooks; sources never import each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers import sources, stages
from helpers.errors import InputError
from helpers.recipe import Recipe

FORMS = {
    "mmpretrain": "mmpretrain:CONFIG.py or mmpretrain:MODEL-NAME",
    "dali": "dali:FILE.py:FUNCTION or dali:model.dali",
    "triton": "triton:HOST:PORT/MODEL",
    "python": "python:FILE.py:FUNCTION",
    "tensors": "tensors:FILE.npz",
    "capture": "capture:FOLDER (written by `python -m helpers capture`)",
    "torchvision": "torchvision:FILE.py:NAME or torchvision:WEIGHTS",
    "timm": "timm:CONFIG.json",
    "huggingface": "huggingface:preprocessor_config.json",
    "mmdeploy": "mmdeploy:pipeline.json",
}
CAPTURES = ("mmpretrain", "dali", "triton", "python", "tensors", "capture", "torchvision")
RECIPES = ("mmpretrain", "dali", "torchvision", "timm", "huggingface", "mmdeploy")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side: which source reads it (``kind``), what the source is given (``target``), and the source's options."""

    kind: str
    target: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}:{self.target}"

    @property
    def has_recipe(self) -> bool:
        """Tell whether a recipe can be read from this kind of side."""
        return self.kind in RECIPES

    def recipe(self) -> Recipe:
        """Read the side's recipe without running it; raise ``InputError`` for a kind that declares none."""
        if self.kind not in RECIPES:
            raise InputError(f"{self}: a recipe cannot be read from {self.kind}; give one of {', '.join(RECIPES)}")
        found: Recipe = getattr(sources, self.kind).recipe(self.target)
        return found

    def capture(self, images: Mapping[str, Path] | None) -> stages.Capture:
        """Run the side on pictures (by name), or read what it holds already, and return the capture.

        ``images`` may be ``None`` for sides that hold their tensors (``tensors``, ``capture``).
        """
        if self.kind not in CAPTURES:
            raise InputError(
                f"{self}: {self.kind} is read as a recipe only; `diff` and `repair` take it, not `diagnose`"
            )
        if self.kind == "capture":
            return _chosen(stages.load(self.target), images)
        if self.kind == "tensors":
            return _of(sources.tensors.capture(self.target, images))
        if images is None:
            raise InputError(f"{self} needs pictures to run on; give --images FILE-OR-FOLDER")
        return _of(getattr(sources, self.kind).capture(self.target, images, **self.options))


def parse(text: str, **options: Any) -> Side:
    """Return the side that ``text`` names; raise ``InputError`` that lists the forms for anything else.

    ``options`` go to the source's ``capture`` where they apply: ``feed`` to dali, connection settings to triton.
    """
    kind, colon, target = text.partition(":")
    if not colon or kind not in FORMS or not target:
        forms = "; ".join(FORMS.values())
        raise InputError(f"{text!r} is not a side; write one of: {forms}")
    return Side(kind=kind, target=target, options={k: v for k, v in options.items() if k in _OPTIONS.get(kind, ())})


_OPTIONS = {
    "dali": ("feed",),
    "triton": ("protocol", "token", "tls", "root_certificates", "timeout", "retries", "feed"),
}


def _of(capture: stages.Capture) -> stages.Capture:
    stages.check_finite(capture)
    return capture


def _chosen(capture: stages.Capture, images: Mapping[str, Path] | None) -> stages.Capture:
    if images is None:
        return capture
    lacking = [name for name in images if name not in capture.images]
    if lacking:
        raise InputError(
            f"{capture.source}: the capture has no image {lacking[0]!r} ({len(lacking)} lacking); it was made from others"
        )
    return capture.only(images=tuple(images))
