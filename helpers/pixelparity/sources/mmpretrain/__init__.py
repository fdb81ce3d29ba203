"""MMPretrain: recipes and captures of a config's test pipeline and the model's ``data_preprocessor``.

The ``data_preprocessor`` sits in the model, not in the pipeline, and holds the colour order and the normalisation:
whoever ports only the pipeline loses both.
"""

from pixelparity.sources.mmpretrain.captures import capture
from pixelparity.sources.mmpretrain.configs import load_config, zoo
from pixelparity.sources.mmpretrain.recipes import recipe

__all__ = ["capture", "load_config", "recipe", "zoo"]
