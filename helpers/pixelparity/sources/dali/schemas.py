"""The defaults of DALI's operators, asked of the installed DALI; a file is described without them where there is none."""

from __future__ import annotations

import ast
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pixelparity.errors import MissingLibrary
from pixelparity.sources.dali.functions import dali
from pixelparity.sources.dali.graph import BOOKKEEPING, Node
from pixelparity.sources.dali.spelling import installed_name

#: Tuning of memory and caches: no effect on a single value that comes out.
TUNING = frozenset(
    {
        "temp_buffer_hint", "minibatch_size", "cache_batch_copy", "cache_debug", "cache_size", "cache_threshold",
        "cache_type", "device_memory_padding", "device_memory_padding_jpeg2k", "host_memory_padding",
        "host_memory_padding_jpeg2k", "hw_decoder_load", "hybrid_huffman_threshold", "memory_stats",
        "preallocate_height_hint", "preallocate_width_hint", "split_stages", "use_chunk_allocator", "save_attrs",
        "affine", "blocking", "no_copy", "repeat_last", "crop_d", "crop_pos_z", "resize_z",
    }
)  # fmt: skip


@lru_cache(maxsize=256)
def defaults(operator: str) -> MappingProxyType[str, Any]:
    """Return an operator's arguments that have a default, by name; empty for an operator that the installed DALI lacks.

    Raises ``MissingLibrary`` without DALI.
    """
    backend = dali().backend
    name = installed_name(operator, lambda known: backend.TryGetSchema(known) is not None)
    if name is None:
        return MappingProxyType({})
    schema = backend.GetSchema(name)
    found = {}
    for name in schema.GetArgumentNames():
        hidden = name in BOOKKEEPING or name in TUNING or name.startswith("_") or schema.IsDeprecatedArg(name)
        if not hidden and schema.HasArgumentDefaultValue(name):
            found[name] = _parsed(schema.GetArgumentDefaultValueString(name))
    return MappingProxyType(found)


def defaulted(node: Node) -> dict[str, Any]:
    """Return the arguments that the author of a node left to DALI, by name; empty where no DALI is installed to ask."""
    try:
        known = defaults(node.operator)
    except MissingLibrary:
        return {}
    given = {*node.arguments, *node.argument_inputs}
    return {name: value for name, value in known.items() if name not in given}


def _parsed(text: str) -> Any:
    """Return the value behind DALI's printed default: a number, a text in quotes, or a list of them."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return tuple(value) if isinstance(value, list) else value
