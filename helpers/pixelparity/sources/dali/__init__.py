"""DALI pipelines: captured operator by operator, read from a file, declared as a recipe, written as source.

Reading (:func:`read`, :func:`describe`, :func:`recipe`, :func:`to_source`, :func:`origins`) runs nothing and needs no DALI for a
``model.dali``; :func:`capture` runs the pipeline on the CPU.
"""

from pixelparity.sources.dali.captures import capture
from pixelparity.sources.dali.describing import describe, listing
from pixelparity.sources.dali.recipes import recipe
from pixelparity.sources.dali.serialized import read
from pixelparity.sources.dali.source_text import origins, to_source
from pixelparity.sources.dali.specs import is_function_spec
from pixelparity.sources.protocol import Form, Source, register

__all__ = ["capture", "describe", "listing", "origins", "read", "recipe", "to_source"]

register(
    Source(
        kind="dali",
        forms=(
            Form(
                text="dali:FILE.py:FUNCTION",
                takes="a function with @pipeline_def in a Python file, with literals as its arguments where it needs some, "
                "'FILE.py:FUNCTION(size=224)'; or a method CLASS.METHOD, a class of pipelines, a function that returns one, a "
                "pipeline; of several outputs one is named behind it, #1 or #NAME",
                example="dali:service/pipelines.py:preprocess",
                executes=True,
                handling="the file is imported as Python, with your rights, without a GPU and without writing pipelines; "
                "captures run the pipeline on the CPU",
                fits=is_function_spec,
            ),
            Form(
                text="dali:model.dali",
                takes="a serialized pipeline, as Triton's DALI backend serves it; #1 or #NAME behind it names an output",
                example="dali:model_repository/preprocess/1/model.dali",
                executes=False,
                handling="by recipes; captures hand it to DALI, which runs its native operators and reads the files that "
                "they name; Python functions in it are refused",
            ),
        ),
        recipe=recipe,
        capture=capture,
        options=("feed",),
        recipe_options=("feed",),
        listing=listing,
    )
)
