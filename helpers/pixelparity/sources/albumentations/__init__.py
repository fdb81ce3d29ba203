"""albumentations: a ``Compose`` as it stands in Python source, or as ``A.save`` and ``A.to_dict`` write it.

Neither runs anything. Defaults that changed between releases are never filled in: a file that leaves them open is refused.
"""

from pixelparity.sources.albumentations.recipes import recipe
from pixelparity.sources.protocol import Form, Source, register

__all__ = ["recipe"]

register(
    Source(
        kind="albumentations",
        forms=(
            Form(
                text="albumentations:FILE",
                takes="a Compose: in a .py file (of several one is named behind it, #NAME), or saved as .json or .yml",
                example="albumentations:train/transforms.py#val_transform",
                executes=False,
                handling="Python as a syntax tree, JSON or YAML; nothing is run, albumentations is not needed",
            ),
        ),
        recipe=recipe,
    )
)
