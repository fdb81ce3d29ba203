"""``.npz`` files: damaged archives, damaged headers in sound archives, arrays of odd types and values."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from hypothesis import strategies as st

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt

KIND = "tensors"
_DTYPES = ("bool", "int8", "uint8", "int64", "uint64", "float16", "float64", "complex64", "U3", "S2", "M8[D]", "V4")
_FILLS = (0, 1, -1, 255, 1e30, 1.7e308, float("nan"), float("inf"))
_SHAPES = ((3, 24, 32), (24, 32, 3), (0,), (), (1, 3, 24, 32), (24, 32), (2,), (3, 0, 32), (1, 1, 1))
_NAMES = ("p0", "p1", "p0.outputs", "layout", "channels", "p2", changes.CODES[0].replace("'", ""))


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """Return a changed archive, compared with the sound one or with itself."""
    data = draw(st.one_of(changes.changed_bytes(base.npz()), _headers(), _arrays()))
    itself = draw(st.booleans())
    command = base.diagnose("tensors:given.npz" if itself else "tensors:sound.npz", "tensors:given.npz", images=False)
    wrong = frozenset({1} if itself else {0} if _differs(data) else ())
    files = {"sound.npz": base.npz(), "given.npz": data}
    return Attempt(kind=KIND, name="drawn", files=files, commands=(command,), wrong=wrong)


@st.composite
def _headers(draw: st.DrawFn) -> bytes:
    """Return a sound archive with a damaged array in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in base.tensors().items():
            inner = io.BytesIO()
            np.save(inner, np.asarray(array))
            content = inner.getvalue()
            if name == "p1":
                content = draw(changes.changed_bytes(content[:200])) + content[200:]
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


@st.composite
def _arrays(draw: st.DrawFn) -> bytes:
    """Return a sound archive of odd arrays."""
    arrays = dict(base.tensors())
    for _ in range(draw(st.integers(1, 3))):
        arrays[draw(st.sampled_from(_NAMES))] = draw(_array())
    return base.npz(arrays)


@st.composite
def _array(draw: st.DrawFn) -> Any:
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(("HWC", "CHW", "BGR", "", *changes.CODES[:3])))
    made = np.full(draw(st.sampled_from(_SHAPES)), draw(st.sampled_from(_FILLS)))
    try:
        with np.errstate(all="ignore"):
            return made.astype(draw(st.sampled_from(_DTYPES)))
    except (TypeError, ValueError):
        return made


def _differs(data: bytes) -> bool:
    """Tell whether an archive surely holds other pictures than the sound one, with the same declarations."""
    sound = base.tensors()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            found = {name: np.asarray(archive[name]) for name in archive.files}
    except Exception:  # not readable: then no verdict can be asked for
        return False
    if set(found) != set(sound) or any(str(found[name]) != sound[name] for name in ("layout", "channels")):
        return False
    pairs = [(found[name], sound[name]) for name in ("p0", "p1")]
    if any(a.shape != b.shape or a.dtype.kind not in "fiu" for a, b in pairs):
        return False
    return any(float(np.abs(a.astype(np.float64) - b).mean()) > 0.05 for a, b in pairs)
