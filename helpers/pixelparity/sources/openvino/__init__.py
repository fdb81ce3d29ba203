"""OpenVINO: the preprocessing of a model, as a program writes it with PrePostProcessor, and as a saved model holds it."""

from pixelparity.sources.openvino.recipes import is_model, recipe
from pixelparity.sources.protocol import Form, Source, register

__all__ = ["recipe"]

register(
    Source(
        kind="openvino",
        forms=(
            Form(
                text="openvino:MODEL.xml",
                takes="what an OpenVINO model does to a picture before its network begins; of several inputs one is named, #NAME",
                example="openvino:export/model.xml",
                executes=False,
                handling="the graph, and small constants of the .bin file beside it; OpenVINO is not needed",
                fits=is_model,
            ),
            Form(
                text="openvino:FILE.py",
                takes="the PrePostProcessor of a Python file; of several the function is named, FILE.py:FUNCTION",
                example="openvino:service/model.py",
                executes=False,
                handling="the text alone; values that only running it would tell are refused",
            ),
        ),
        recipe=recipe,
    )
)
