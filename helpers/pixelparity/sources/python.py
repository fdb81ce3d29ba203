"""Capture any preprocessing that is a Python function: ``python:FILE.py:FUNCTION``.

The function takes the path of a picture file (a ``pathlib.Path``) and returns either the final tensor or a dict of stage
name to tensor, in the order in which the stages ran. A tensor is a numpy array, or anything that numpy reads without a
copy of its own making (a torch tensor on the CPU, a Pillow image), of one picture, without a batch axis.

What the values mean is declared, as attributes of the function or, for all functions of a file, as capitals in it::

    def preprocess(path): ...
    preprocess.layout = "CHW"                                 # or {"resize": "HWC", "final": "CHW"}
    preprocess.channels = "BGR"                               # RGB, BGR, RGBA, BGRA, GRAY
    preprocess.value_range = {"resize": (0, 255), "final": (0, 1)}
    preprocess.steps = {"my_resize": "resize"}                # only where the name does not say it
    LAYOUT = "CHW"; CHANNELS = "RGB"; VALUE_RANGE = None; STEPS = {}

A dict speaks of the stages it names. Without a declaration the layout is read from the *shape* when one end of it, and one
only, is 1, 3 or 4 long; otherwise a declaration is asked for. The channel order is then ``GRAY`` or ``unknown``: nothing is
read from the values. A one-dimensional array under the name ``outputs`` is the model's answer, not a stage.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from pixelparity import files
from pixelparity.errors import InputError, NotComparable, SideError
from pixelparity.sources.protocol import Form, Source, register
from pixelparity.stages import CHANNELS, LAYOUTS, STEPS, Capture, Stage, Tensor, check_finite

FINAL = "final"
OUTPUTS = "outputs"
#: Names that people give to stages, and what such a stage does.
SYNONYMS = {
    "image": "input", "raw": "input", "load": "decode", "read": "decode", "imread": "decode", "open": "decode",
    "exif": "orient", "rotate": "orient", "orientation": "orient", "color": "colour", "rgb": "colour", "bgr": "colour",
    "cvtcolor": "colour", "gray": "colour", "grey": "colour", "rescale": "resize", "letterbox": "resize",
    "resample": "resize", "centercrop": "crop", "center_crop": "crop", "centre_crop": "crop", "padding": "pad",
    "float": "cast", "float32": "cast", "astype": "cast", "scale": "normalize", "normalise": "normalize",
    "normalized": "normalize", "normalised": "normalize", "mean_std": "normalize", "standardize": "normalize",
    "totensor": "normalize", "to_tensor": "normalize", "transpose": "layout", "permute": "layout", "chw": "layout",
    "hwc": "layout", "to_chw": "layout", "reshape": "layout",
}  # fmt: skip


def load_function(file: str | Path, name: str) -> Callable[[Path], Any]:
    """Return the function ``name`` of a Python file, which is imported with its own folder on the path.

    Raises ``InputError`` when the file or the function is not there, ``SideError`` when importing the file fails.
    """
    path = Path(file).resolve()
    if not path.exists():
        raise InputError(f"{file} is not a file; give python:FILE.py:FUNCTION with a file that exists")
    files.check(path, "a Python file")
    found: Callable[[Path], Any] | None = getattr(_import_file(path), name, None)
    if not callable(found):
        raise InputError(f"{file} has no function {name!r}; {_known_functions(path)}")
    return found


def _import_file(path: Path) -> ModuleType:
    # The name carries the whole path: two sides may live in two files that are both called preprocess.py.
    module_name = "side_" + re.sub(r"\W", "_", str(path))
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} cannot be imported; give a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a script that exits must not end the diagnosis as if it had passed
        del sys.modules[module_name]
        raise SideError(f"importing {path} failed with {type(error).__name__}: {error}; mend the file") from error
    finally:
        sys.path.remove(str(path.parent))
    return module


def _known_functions(path: Path) -> str:
    names = re.findall(r"^def\s+([A-Za-z]\w*)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return f"it has {', '.join(names)}" if names else "it defines none"


def capture(function: Callable[[Path], Any] | str, images: Mapping[str, Path], *, source: str | None = None) -> Capture:
    """Run a preprocessing function on every picture and return what it did, stage by stage.

    ``function`` is a callable or ``FILE.py:FUNCTION`` (with or without ``python:`` before it); ``source`` is the side's
    name in messages. Raises ``SideError`` naming the side and the picture when the function raises, returns something
    that is not a finite tensor of rank 2 or 3, or puts out other stages for one picture than for another.
    """
    label = source or _label(function)
    call = _from_spec(function) if isinstance(function, str) else function
    if not images:
        raise NotComparable(f"{label}: there is no picture to preprocess; give at least one")
    results = {name: _run(call, name, path, label) for name, path in images.items()}
    answers = {name: stages.pop(OUTPUTS) for name, stages in results.items() if _has_outputs(stages)}
    _check_same_stages(results, label)
    first = next(iter(results.values()), {})
    tensors = {stage: {image: results[image][stage] for image in results} for stage in first}
    stages = tuple(_describe(call, stage, tensors[stage], label) for stage in first)
    found = Capture(source=label, stages=stages, images=tuple(images), tensors=tensors, outputs=answers)
    check_finite(found)
    return found


def _label(function: Callable[[Path], Any] | str) -> str:
    if isinstance(function, str):
        return function if function.startswith("python:") else f"python:{function}"
    return f"python:{getattr(function, '__name__', type(function).__name__)}"


def _from_spec(spec: str) -> Callable[[Path], Any]:
    file, colon, name = spec.removeprefix("python:").rpartition(":")
    if not colon or not file or not name:
        raise InputError(f"{spec!r} names no function; write python:FILE.py:FUNCTION")
    return load_function(file, name)


def _run(call: Callable[[Path], Any], image: str, path: Path, label: str) -> dict[str, Tensor]:
    try:
        result = call(Path(path))
    except (Exception, SystemExit) as error:
        raise SideError(
            f"{label} raised {type(error).__name__} on picture {image!r} ({path}): {error}; run the function on it alone"
        ) from error
    if not isinstance(result, Mapping):
        result = {FINAL: result}
    if not result:
        raise SideError(f"{label} returned an empty dict for {image!r}; return at least the final tensor")
    return {str(stage): _as_tensor(value, str(stage), image, label) for stage, value in result.items()}


def _as_tensor(value: Any, stage: str, image: str, label: str) -> Tensor:
    where = f"{label}: stage {stage!r} of picture {image!r}"
    if not isinstance(value, np.ndarray) and not any(hasattr(value, a) for a in ("__array__", "__array_interface__")):
        raise SideError(f"{where} is a {type(value).__name__}; return a numpy array")
    try:
        tensor = np.array(value)  # a copy: the function may fill the same buffer again for the next picture
    except Exception as error:
        raise SideError(f"{where} cannot be read as an array ({error}); return a numpy array") from error
    if not (np.issubdtype(tensor.dtype, np.number) or tensor.dtype == np.bool_) or np.iscomplexobj(tensor):
        raise SideError(f"{where} holds {tensor.dtype}, which is not a number type; return uint8 or float32")
    if tensor.ndim not in ((1,) if stage == OUTPUTS else (2, 3)):
        wanted = "one value per class" if stage == OUTPUTS else "one picture without a batch axis, HWC, CHW or HW"
        raise SideError(f"{where} has shape {tensor.shape}; return {wanted}")
    if tensor.size == 0:
        raise SideError(f"{where} is empty, its shape is {tensor.shape}; look at the crop or the slice before it")
    return tensor


def _has_outputs(stages: Mapping[str, Tensor]) -> bool:
    return OUTPUTS in stages


def _check_same_stages(results: Mapping[str, Mapping[str, Tensor]], label: str) -> None:
    names = list(results)
    for name in names[1:]:
        if list(results[name]) != list(results[names[0]]):
            raise SideError(
                f"{label} gave the stages {', '.join(results[names[0]])} for {names[0]!r} but "
                f"{', '.join(results[name])} for {name!r}; return the same stages for every picture"
            )


def _describe(call: Callable[[Path], Any], name: str, tensors: Mapping[str, Tensor], label: str) -> Stage:
    shapes = [tensor.shape for tensor in tensors.values()]
    layout = _declared(call, "layout", name) or _layout_of_shapes(shapes, name, label)
    if layout not in LAYOUTS:
        raise InputError(f"{label}: stage {name!r} declares layout {layout!r}; use one of {', '.join(LAYOUTS)}")
    _check_rank(layout, shapes, name, label)
    count = 1 if layout == "HW" else shapes[0][layout.index("C")]
    channels = _declared(call, "channels", name) or ("GRAY" if count == 1 else "unknown")
    if channels not in CHANNELS:
        raise InputError(f"{label}: stage {name!r} declares channels {channels!r}; use one of {', '.join(CHANNELS)}")
    return Stage(
        name=name,
        step=_declared(call, "steps", name) or step_of(name),
        layout=layout,
        channels=channels,
        dtype=_one_dtype(tensors, name, label),
        value_range=_range(_declared(call, "value_range", name), name, label),
        origin=f"{label} returned it as {name!r}",
    )


def _declared(call: Callable[[Path], Any], what: str, stage: str) -> Any:
    module = sys.modules.get(getattr(call, "__module__", None) or "")
    value = getattr(call, what, None)
    if value is None:
        value = getattr(module, what.upper(), None)
    return value.get(stage) if isinstance(value, Mapping) else value


def step_of(name: str) -> str:
    """Return what a stage of this name does, one of ``stages.STEPS``; ``other`` when the name says nothing known."""
    plain = re.sub(r"[\s.:-]+", "_", name.strip().lower())
    for word in (plain, re.sub(r"_?\d+$", "", plain), re.sub(r"^\d+_?", "", plain)):
        if word in STEPS:
            return word
        if word in SYNONYMS:
            return SYNONYMS[word]
    return "other"


def _layout_of_shapes(shapes: list[tuple[int, ...]], name: str, label: str) -> str:
    if all(len(shape) == 2 for shape in shapes):
        return "HW"
    fits = {
        layout
        for layout, axis in (("HWC", -1), ("CHW", 0))
        if all(len(shape) == 3 and shape[axis] in (1, 3, 4) for shape in shapes)
    }
    if len(fits) == 1:
        return fits.pop()
    raise SideError(
        f"{label}: the shape {shapes[0]} of stage {name!r} does not say which axis holds the channels; "
        "declare it: FUNCTION.layout = 'CHW' or 'HWC'"
    )


def _check_rank(layout: str, shapes: list[tuple[int, ...]], name: str, label: str) -> None:
    for shape in shapes:
        if len(shape) != len(layout):
            raise SideError(f"{label}: stage {name!r} is declared {layout} but has shape {shape}; correct the layout")


def _one_dtype(tensors: Mapping[str, Tensor], name: str, label: str) -> str:
    dtypes = {tensor.dtype.name: image for image, tensor in tensors.items()}
    if len(dtypes) > 1:
        seen = ", ".join(f"{dtype} for {image!r}" for dtype, image in sorted(dtypes.items()))
        raise SideError(f"{label}: stage {name!r} has {seen}; return one number type")
    return next(iter(dtypes))


def _range(value: Any, name: str, label: str) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        low, high = value
        return float(low), float(high)
    except (TypeError, ValueError) as error:
        raise InputError(f"{label}: value_range of stage {name!r} is {value!r}; give (lowest, highest)") from error


register(
    Source(
        kind="python",
        forms=(
            Form(
                text="python:FILE.py:FUNCTION",
                takes="a function from the path of a picture to its tensor, or to a dict of stages",
                example="python:service/preprocess.py:preprocess",
                executes=True,
                handling="the file is imported and the function called with each picture, with your rights",
            ),
        ),
        capture=capture,
    )
)
