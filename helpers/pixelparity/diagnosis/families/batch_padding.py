"""Tensors that depend on what they were batched with."""

from __future__ import annotations

from pixelparity.diagnosis.families.registry import Family, register

register(
    Family(
        name="batch_padding",
        title="Padded to the largest picture of the batch",
        words="padded to the largest picture of the batch",
        differs="tensors padded to the largest of a batch",
        with_stages="canvas of some pictures",
        from_finals="yes",
        steps=("pad", "other"),
        elsewhere="it lies in how requests are batched: send pictures of one size per batch, or pad each to its own size",
    ),
)
