"""A SIDE as a person writes it (``dali:model.dali``), turned into captures and recipes by the source that knows it.

This module ties ``sources`` together for the command line and the notebooks; sources never import each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixelparity import sources, stages
from pixelparity.errors import InputError
from pixelparity.recipes import Recipe

FORMS = {
    "mmpretrain": "mmpretrain:CONFIG.py or mmpretrain:MODEL-NAME",
    "dali": "dali:FILE.py:FUNCTION or dali:model.dali",
    "triton": "triton:HOST:PORT/MODEL",
    "python": "python:FILE.py:FUNCTION",
    "tensors": "tensors:FILE.npz",
    "capture": "capture:FOLDER (written by `pixelparity capture`)",
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

    @property
    def can_run(self) -> bool:
        """Tell whether this kind of side captures; the others declare a recipe and no more."""
        return self.kind in CAPTURES

    def recipe(self) -> Recipe:
        """Read the side's recipe without running it; raise ``InputError`` for a kind that declares none."""
        if self.kind not in RECIPES:
            raise InputError(f"{self}: a recipe cannot be read from {self.kind}; give one of {', '.join(RECIPES)}")
        found: Recipe = getattr(sources, self.kind).recipe(self.target)
        return found

    def listing(self) -> str:
        """Return what a serialized DALI pipeline is made of, operator by operator; empty for any other side."""
        if self.kind != "dali" or not Path(self.target).is_file():
            return ""
        return str(sources.dali.describe(sources.dali.read(Path(self.target))))

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
        if self.kind == "triton":
            return _of(_served(self.target, images, **self.options))
        return _of(getattr(sources, self.kind).capture(self.target, images, **self.options))


def parse(text: str, **options: Any) -> Side:
    """Return the side that ``text`` names; raise ``InputError`` that lists the forms for anything else.

    ``options`` go to the source's ``capture`` where they apply: ``feed`` to dali, connection settings to triton. Of a
    triton side, ``trace`` is a file of Triton's TENSORS trace to read in place of asking, ``local`` the served step's
    ``model.dali``, whose inner stages are added where it gives what the server gives.
    """
    kind, colon, target = text.partition(":")
    if not colon or kind not in FORMS or not target:
        forms = "; ".join(FORMS.values())
        raise InputError(f"{text!r} is not a side; write one of: {forms}")
    return Side(kind=kind, target=target, options=_known(kind, options))


ACCESS = ("protocol", "token", "tls", "root_certificates", "timeout", "retries")
_OPTIONS = {
    "dali": ("feed",),
    "triton": (*ACCESS, "feed", "layout", "channels", "trace", "local"),
}


def _known(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that apply to a kind of side and say something."""
    given = {name: value for name, value in options.items() if name in _OPTIONS.get(kind, ())}
    return {name: value for name, value in given.items() if value is not None and (name, value) != ("feed", "auto")}


def _served(
    target: str,
    images: Mapping[str, Path],
    *,
    trace: str | None = None,
    local: str | None = None,
    **options: Any,
) -> stages.Capture:
    """Return a served model's capture, asked or traced, with the inner stages of a local copy of its last step."""
    triton = sources.triton
    if trace is None:
        found: stages.Capture = triton.capture(target, images, **options)
    else:
        declared = {name: options[name] for name in ("layout", "channels") if name in options}
        found = triton.capture_trace(trace, images, model=triton.targets.parse(target).model, **declared)
    if local is None:
        return found
    before = found.stages[-2] if len(found.stages) > 1 else None
    raw = found.tensors[before.name] if before is not None and before.step != "input" else None
    copy = sources.dali.capture(local, images, raw=raw, feed=options.get("feed", "auto"))
    joined: stages.Capture = triton.insert(found, copy, stage=found.final.name)
    return joined


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
