"""Hugging Face: the settings of image processors as recipes."""

from pixelparity.sources.huggingface.recipes import recipe
from pixelparity.sources.protocol import Form, Source, register

__all__ = ["recipe"]

register(
    Source(
        kind="huggingface",
        forms=(
            Form(
                text="huggingface:preprocessor_config.json",
                takes="the settings of a Hugging Face image processor, or their folder",
                example="huggingface:vit/preprocessor_config.json",
                executes=False,
                handling="JSON; transformers is not needed",
            ),
        ),
        recipe=recipe,
    )
)
