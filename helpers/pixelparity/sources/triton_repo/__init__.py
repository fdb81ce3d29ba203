"""A Triton model repository on disk, without a server: ``triton-repo:FOLDER/MODEL``.

The configs are read as text, an ensemble is followed to its network, and what lies in each step's folder is read by the source
of its format, through the table of sources. What the network declares of its input is held against the recipe's end.
"""

from pixelparity.sources.protocol import Form, Source, register
from pixelparity.sources.triton_repo.recipes import listing, recipe
from pixelparity.sources.triton_repo.targets import RUN, runs_code

__all__ = ["recipe"]

register(
    Source(
        kind="triton-repo",
        forms=(
            Form(
                text="triton-repo:FOLDER/MODEL",
                takes="a model of a Triton repository on disk, an ensemble say; of several networks one is named, #STEP",
                example="triton-repo:model_repository/classifier",
                executes=False,
                handling="each config.pbtxt, the model.dali of each step, and what an ONNX or OpenVINO model does before its "
                "network; a step of the Python backend is code, and is named and not run",
            ),
            Form(
                text=f"triton-repo:FOLDER/MODEL{RUN}",
                takes="the same, where DALI's backend serializes a dali.py with @autoserialize when it loads it",
                example=f"triton-repo:model_repository/classifier{RUN}",
                executes=True,
                handling="each dali.py on the way to the network is imported as Python, with your rights",
                fits=runs_code,
            ),
        ),
        recipe=recipe,
        listing=listing,
    )
)
