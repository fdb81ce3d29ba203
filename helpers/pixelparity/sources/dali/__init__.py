"""DALI pipelines: captured operator by operator, read from a file, declared as a recipe, written as source.

Reading (:func:`read`, :func:`describe`, :func:`recipe`, :func:`to_source`) runs nothing and needs no DALI for a
``model.dali``; :func:`capture` runs the pipeline on the CPU.
"""

from pixelparity.sources.dali.captures import capture
from pixelparity.sources.dali.describing import describe
from pixelparity.sources.dali.recipes import recipe
from pixelparity.sources.dali.serialized import read
from pixelparity.sources.dali.source_text import to_source

__all__ = ["capture", "describe", "read", "recipe", "to_source"]
