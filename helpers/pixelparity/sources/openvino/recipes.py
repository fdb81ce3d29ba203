"""Recipes of OpenVINO, of either form."""

from __future__ import annotations

from pixelparity.fields import within
from pixelparity.recipes import Recipe
from pixelparity.sources.openvino import processor, walking


def is_model(target: str) -> bool:
    """Tell whether a target names a saved model."""
    return target.partition("#")[0].lower().endswith(".xml")


def recipe(target: str) -> Recipe:
    """Read the preprocessing of a saved model (``MODEL.xml``), or of the PrePostProcessor of a Python file.

    Raises ``InputError`` for a file that is neither, ``UnsupportedStep`` for steps without a known meaning, for values that
    only running the program would tell, and where there is no preprocessing.
    """
    source = f"openvino:{target}"
    with within(source):
        front = walking.front(str(target)) if is_model(str(target)) else processor.front(str(target))
    return Recipe(source=source, steps=(*front.fed, *front.steps))
