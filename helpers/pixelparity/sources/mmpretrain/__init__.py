"""MMPretrain: recipes and captures of a config's test pipeline and the model's ``data_preprocessor``.

The ``data_preprocessor`` sits in the model, not in the pipeline, and holds the colour order and the normalisation:
whoever ports only the pipeline loses both.
"""

from pixelparity.sources.mmpretrain.bases import read_files
from pixelparity.sources.mmpretrain.captures import capture
from pixelparity.sources.mmpretrain.configs import is_file_name, load_config, zoo
from pixelparity.sources.mmpretrain.recipes import recipe
from pixelparity.sources.protocol import Form, Source, register

__all__ = ["capture", "load_config", "recipe", "zoo"]

register(
    Source(
        kind="mmpretrain",
        forms=(
            Form(
                text="mmpretrain:CONFIG.py",
                takes="a config file of MMPretrain",
                example="mmpretrain:configs/hrnet.py",
                executes=True,
                handling="MMEngine runs the config as Python, and builds the transforms that it names",
                fits=is_file_name,
            ),
            Form(
                text="mmpretrain:MODEL-NAME",
                takes="a model of MMPretrain's zoo, by its name",
                example="mmpretrain:resnet50_8xb32_in1k",
                executes=False,
                handling="the name alone; the config is one that the installed MMPretrain carries",
            ),
        ),
        recipe=recipe,
        capture=capture,
        read_files=read_files,
        libraries=("mmpretrain", "mmengine", "mmcv"),
    )
)
