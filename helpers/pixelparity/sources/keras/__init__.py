"""Keras: what a script loads pictures with and feeds to ``preprocess_input``, and the first layers of a model's config.

Nothing is run, and neither Keras nor TensorFlow is needed.
"""

from __future__ import annotations

from pathlib import Path

from pixelparity.errors import InputError
from pixelparity.fields import within
from pixelparity.recipes import Recipe, read_settings
from pixelparity.sources.keras import models, programs
from pixelparity.sources.protocol import Form, Source, register

__all__ = ["recipe"]


def recipe(file: str | Path) -> Recipe:
    """Read the recipe of a script (``.py``), or of a model's config (``.json``).

    Raises ``InputError`` when it is neither, ``UnsupportedStep`` for what the file alone does not tell.
    """
    source = f"keras:{file}"
    suffix = Path(file).suffix
    if suffix not in (".py", ".json"):
        raise InputError(f"{file} is no .py or .json; give a script, or the config.json of a .keras file (unzip it)")
    with within(source):
        if suffix == ".py":
            return Recipe(source=source, steps=programs.steps(file))
        return Recipe(source=source, steps=models.steps(read_settings(Path(file), "Keras config")))


register(
    Source(
        kind="keras",
        forms=(
            Form(
                text="keras:FILE",
                takes="a script that loads pictures and calls preprocess_input (.py), or a model's config (.json)",
                example="keras:serve/predict.py",
                executes=False,
                handling="Python as a syntax tree, or JSON; nothing is run, Keras is not needed",
            ),
        ),
        recipe=recipe,
    )
)
