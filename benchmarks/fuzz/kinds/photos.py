"""Picture files: damaged bytes of every format that is read."""

from __future__ import annotations

from hypothesis import strategies as st

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt

KIND = "picture"
_FORMATS = {"PNG": "png", "JPEG": "jpg", "BMP": "bmp", "TIFF": "tif", "WEBP": "webp"}


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """Return a damaged picture beside a sound one, prepared by one pipeline on both sides."""
    kind = draw(st.sampled_from(("PNG", "PNG", "JPEG", "JPEG", "BMP", "TIFF", "WEBP")))
    content = draw(changes.changed_bytes(base.picture(kind)))
    model = draw(st.sampled_from(("shipped", "encoded")))
    pictures = {f"{base.PICTURES}/damaged.{_FORMATS[kind]}": content, f"{base.PICTURES}/sound.png": base.picture()}
    command = base.diagnose("dali:model.dali", "dali:model.dali")
    files = {**pictures, "model.dali": base.model(model)}
    return Attempt(kind=KIND, name=kind, files=files, commands=(command,), wrong=frozenset({1}))
