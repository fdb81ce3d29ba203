"""torchvision: recipes and captures of ``Compose`` (transforms v1 and v2) and of the presets of ``torchvision.models`` weights.

Pictures are opened as torchvision's own loader does it: Pillow, converted to RGB, EXIF orientation not applied.
"""

from pixelparity.sources.torchvision.captures import capture
from pixelparity.sources.torchvision.recipes import recipe
from pixelparity.sources.torchvision.transforms import load

__all__ = ["capture", "load", "recipe"]
