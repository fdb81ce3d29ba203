"""torchvision: recipes and captures of ``Compose`` (transforms v1 and v2) and of the presets of ``torchvision.models`` weights.

Pictures are opened as torchvision's own loader does it: Pillow, converted to RGB, EXIF orientation not applied.
"""

from pixelparity.sources.protocol import Form, Source, register
from pixelparity.sources.torchvision.captures import capture
from pixelparity.sources.torchvision.recipes import recipe
from pixelparity.sources.torchvision.transforms import is_file_spec, load

__all__ = ["capture", "load", "recipe"]

register(
    Source(
        kind="torchvision",
        forms=(
            Form(
                text="torchvision:WEIGHTS",
                takes="the preset of a model's weights, by their name",
                example="torchvision:ResNet50_Weights.IMAGENET1K_V2",
                executes=False,
                handling="the name alone; captures run torchvision's own preset",
            ),
            Form(
                text="torchvision:FILE.py:NAME",
                takes="a transform that stands in a Python file",
                example="torchvision:train/transforms.py:evaluation",
                executes=True,
                handling="the file is run as Python, and the transform that it names is called",
                fits=is_file_spec,
            ),
        ),
        recipe=recipe,
        capture=capture,
    )
)
