"""The families of faults, one module per family or close group: what each is called, and how it is found, named and undone.

``registry`` holds the table; importing this package fills it. ``python -m pixelparity.diagnosis.families docs/families.md``
writes the table into the document.
"""

from pixelparity.diagnosis.families import (  # noqa: I001 - the order of the table
    scale,
    statistics,
    channel_order,
    layout,
    kernel,
    size,
    rounding,
    padding,
    orientation,
    jpeg_chroma,
    colour_range,
    number_type,
    alpha_gray,
    batch_padding,
    inputs,
    outputs,
    unexplained,
)
from pixelparity.diagnosis.families.registry import Family, every, names, of

#: The public names of causes.
FAMILIES = names()

__all__ = [
    "FAMILIES",
    "Family",
    "alpha_gray",
    "batch_padding",
    "channel_order",
    "colour_range",
    "every",
    "inputs",
    "jpeg_chroma",
    "kernel",
    "layout",
    "names",
    "number_type",
    "of",
    "orientation",
    "outputs",
    "padding",
    "rounding",
    "scale",
    "size",
    "statistics",
    "unexplained",
]
