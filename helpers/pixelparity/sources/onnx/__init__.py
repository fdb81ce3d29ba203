"""ONNX: the preprocessing that a model does itself, before its network begins.

The graph is walked from an input while its operators are known preprocessing, up to the first operator of the network. What
is fed to the model is the caller's, and stands in no model; a scale or a swap that was folded into the weights of the first
convolution cannot be told from the network.
"""

from pixelparity.sources.onnx.walking import recipe
from pixelparity.sources.protocol import Form, Source, register

__all__ = ["recipe"]

register(
    Source(
        kind="onnx",
        forms=(
            Form(
                text="onnx:FILE.onnx",
                takes="what an ONNX model does to a picture before its network begins; of several inputs one is named, #NAME",
                example="onnx:export/model.onnx",
                executes=False,
                handling="the graph and its small constants; nothing is run; what was folded into the network is not seen",
            ),
        ),
        recipe=recipe,
    )
)
