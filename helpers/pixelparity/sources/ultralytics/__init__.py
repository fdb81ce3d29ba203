"""Ultralytics: what its own prediction does to a picture for a model that it exported, read from the export's metadata."""

from pixelparity.sources.protocol import Form, Source, register
from pixelparity.sources.ultralytics.recipes import recipe

__all__ = ["recipe"]

register(
    Source(
        kind="ultralytics",
        forms=(
            Form(
                text="ultralytics:FILE",
                takes="what Ultralytics exported: .onnx, .engine, metadata.yaml or its folder; #640 behind it is the imgsz that "
                "a model of open sizes is called with",
                example="ultralytics:best.onnx",
                executes=False,
                handling="the metadata of the export; ultralytics is not needed, and an engine is not loaded",
            ),
        ),
        recipe=recipe,
    )
)
