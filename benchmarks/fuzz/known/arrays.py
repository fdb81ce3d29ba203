"""Archives and captures: bombs, pickles, two arrays of one name, numbers that are none, heads that lie."""

from __future__ import annotations

import copy
import io
import json
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.fuzz import base
from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.changes import code
from benchmarks.fuzz.kinds.captures import HEAD

_SHAPE = (3, 24, 32)
_NEVER, _READ, _NO_MATCH = frozenset({0, 1}), frozenset({1}), frozenset({0})
_GOLDEN = base.diagnose("capture:golden", "capture:golden", images=False)


def attempts() -> Iterator[Attempt]:
    """Yield archives and captures."""
    yield from _odd_arrays()
    for name, data in (
        ("bomb", _bomb()), ("two members of one name", _twice("p0.npy")), ("p0 and p0.npy", _twice("p0")), ("pickle", _pickle()),
    ):  # fmt: skip
        yield _compared(name, data, "tensors:sound.npz", _NEVER)
    yield from _heads()
    yield from _members()


def _compared(name: str, data: bytes, reference: str, wrong: frozenset[int]) -> Attempt:
    files = {"sound.npz": base.npz(), "given.npz": data}
    command = base.diagnose(reference, "tensors:given.npz", images=False)
    return Attempt(kind="tensors", name=f"{name} beside {reference}", files=files, commands=(command,), wrong=wrong)


def _odd_arrays() -> Iterator[Attempt]:
    sound = base.tensors()
    picture = sound["p0"]
    for name, arrays, wrong in (
        ("NaN in outputs", {"p0.outputs": np.array([np.nan, 1])}, _NEVER),
        ("infinity in outputs", {"p0.outputs": np.array([np.inf, 1])}, _NEVER),
        ("no outputs", {"p0.outputs": np.array([])}, _NEVER),
        ("NaN in a picture", {"p0": np.full(_SHAPE, np.nan, np.float32)}, _NEVER),
        ("bool arrays", {"p0": picture > 0.5, "p1": picture > 0.5}, _NEVER),
        ("huge floats", {"p0": np.full(_SHAPE, 1.7e308), "p1": np.full(_SHAPE, -1.7e308)}, _NEVER),
        ("complex", {"p0": picture.astype(np.complex64)}, _NEVER),
        ("empty", {"p0": np.zeros((3, 0, 32), np.float32)}, _NEVER),
        (
            "large float32",
            {"p0": np.full(_SHAPE, 3e38, np.float32), "p1": np.full(_SHAPE, -3e38, np.float32)},
            _NO_MATCH,
        ),
        ("one output", {"p0.outputs": np.array([1.0])}, frozenset()),
        ("a way out of the folder", {"../p2": picture, "/p3": picture, "a/../../p4": picture}, frozenset()),
    ):
        data = base.npz({**sound, **arrays})
        yield _compared(name, data, "tensors:sound.npz", wrong)
        yield _compared(name, data, "tensors:given.npz", _READ if wrong == _NO_MATCH else wrong)


def _bomb() -> bytes:
    """Return 3 MiB that unpack to 3 GiB of zeros."""
    file, head = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "|u1", "fortran_order": False, "shape": (1024, 1024, 3 * 1024)}
    )
    archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with archive, archive.open("p0.npy", "w", force_zip64=True) as member:
        member.write(head.getvalue())
        for _ in range(3 * 64):
            member.write(bytes(2**24))
    return file.getvalue()


def _twice(name: str) -> bytes:
    file, other = io.BytesIO(base.npz()), io.BytesIO()
    np.save(other, np.zeros(_SHAPE, np.float32))
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(name, other.getvalue())
    return file.getvalue()


class _Hostile:
    def __reduce__(self) -> Any:
        return eval, (code(),)


def _pickle() -> bytes:
    file = io.BytesIO()
    np.savez(file, p0=np.array([_Hostile()], dtype=object), p1=base.tensors()["p1"])
    return file.getvalue()


def _heads() -> Iterator[Attempt]:
    sound = base.capture()
    head = json.loads(sound[HEAD])
    changes: dict[str, dict[str, Any]] = {
        "no facts": {"facts": None}, "images of a text": {"images": "ab"}, "source of a number": {"source": 5},
        "facts of a list": {"facts": [1]}, "format of a text": {"format": "1"}, "huge format": {"format": 10**30},
        "images of elsewhere": {"images": ["../../p0", "/p1"]},
        "images of numbers": {"images": [1, 2]}, "outputs of a number": {"outputs": 7}, "stages of a number": {"stages": 7},
        "many stages": {"stages": head["stages"] * 500}, "deep": {"facts": json.loads("[" * 500 + "]" * 500)},
    }  # fmt: skip
    for field, value in (
        ("name", 5), ("dtype", "nope"), ("dtype", "uint8"), ("value_range", ["a", "b"]), ("value_range", [float("nan"), 1]),
        ("origin", [1]), ("layout", "HW"), ("extra", 1),
    ):  # fmt: skip
        stages = copy.deepcopy(head["stages"])
        stages[1][field] = value
        changes[f"stage with {field} {value!r}"] = {"stages": stages}
    for name, change in changes.items():
        for version in (1, head["format"]):  # the first had no sums
            content = {**head, "format": version, **change}
            yield _captured(f"{name}, format {version}", {HEAD: json.dumps(content).encode()})
    honest = {**head, "stages": [{**head["stages"][0], "channels": "BGR"}, head["stages"][1]]}
    yield _captured("other channels", {HEAD: json.dumps(honest).encode()})


def _members() -> Iterator[Attempt]:
    for name in base.capture():
        if name != HEAD:
            yield _captured(f"other {name}", {name: base.npz({"i0": np.zeros(2), "i1": np.zeros(2)})})


def _captured(name: str, changed: dict[str, bytes]) -> Attempt:
    files = {f"golden/{file}": data for file, data in {**base.capture(), **changed}.items()}
    return Attempt(kind="capture", name=name, files=files, commands=(_GOLDEN,), wrong=_NEVER)
