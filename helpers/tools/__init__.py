"""What the command line, the gate and notebook 07 do with two sides: diagnose, repair, write files whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers import diagnosis, pictures, sides
from helpers.errors import InputError


def diagnose(
    reference: str,
    deployed: str,
    images: Mapping[str, Path] | None,
    *,
    model: str | None = None,
    **options: Any,
) -> diagnosis.Diagnosis:
    """Capture two sides on the same pictures and diagnose them.

    ``images`` may be ``None`` when a side holds its tensors already; the other side is then shown nothing either.
    ``model`` is an engine file on which each cause's impact is measured. ``options`` go to the sides.
    """
    ours, theirs = sides.parse(reference, **options), sides.parse(deployed, **options)
    captures = ours.capture(images), theirs.capture(images)
    return diagnosis.diagnose(
        *captures,
        model=_predictor(model),
        reference_recipe=ours.recipe() if ours.has_recipe else None,
        deployed_recipe=theirs.recipe() if theirs.has_recipe else None,
        raw={name: pictures.read_rgb(path) for name, path in images.items()} if images else None,
    )


def write_whole(path: str | Path, text: str) -> Path:
    """Write a text file whole or not at all."""
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{target} is a folder; give the name of a file")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(scratch, 0o644)
        os.replace(scratch, target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    return target


def _predictor(model: str | None) -> Any:
    if model is None:
        return None
    from helpers.deploy import engine

    return engine.predictor(Path(model))
