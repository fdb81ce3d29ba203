"""MMPretrain: recipes and captures of a config's test pipeline and the model's ``data_preprocessor``.

The ``data_preprocessor`` sits in the model, not in the pipeline, and holds the colour order and the normalisation:
whoever ports only the pipeline loses both.
"""

from helpers.sources.mmpretrain.captures import capture
from helpers.sources.mmpretrain.configs import load_config, zoo
from helpers.sources.mmpretrain.recipes import recipe

__all__ = ["capture", "load_config", "recipe", "zoo"]
