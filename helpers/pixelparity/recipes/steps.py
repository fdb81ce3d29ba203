"""Preprocessing as declared: an ordered list of typed steps, each with all of its parameters.

A :class:`Recipe` is read from a training config, a DALI pipeline or a transform of another library. No parameter is left
to a library's default: whoever reads a recipe spells the default out and lists the field in ``defaulted``, so that a
person sees which choices nobody made.

Units: sizes and offsets are pixels, fill values and ``mean``/``std`` are in the units of the tensor they act on
(``0..255`` before a scale, ``0..1`` after it).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.fields import (
    ARGUMENTS,
    FLAG,
    MAPPING,
    NAMES,
    OBJECTS,
    PIXELS,
    TEXT,
    Rule,
    depth,
    number,
    optional,
    several,
    shown,
    spelled,
    word,
)

#: Resampling kernels. ``linear`` with ``antialias`` is what DALI calls triangular; ``area`` is OpenCV's, ``box`` Pillow's.
KERNELS = ("nearest", "linear", "cubic", "area", "lanczos", "box", "hamming", "gaussian")
#: What a resize aims at; see :class:`Resize`.
MODES = ("stretch", "shorter", "longer", "width", "height", "not_larger", "not_smaller")
#: How a fraction becomes a whole number. ``half_even`` is Python's ``round``, ``floor_plus_half`` is ``int(x + 0.5)``.
ROUNDINGS = ("none", "floor", "ceil", "round", "floor_plus_half", "half_even")
#: How many passes a resampling takes. ``one`` rounds once; Pillow takes one pass per axis and rounds to 8 bits in between:
#: ``horizontal_first`` up to Pillow 12; ``pillow_13`` goes vertically first when the height loses more than twice as many
#: pixels as the width, and horizontally first otherwise.
PASSES = ("one", "horizontal_first", "pillow_13")
#: Where the picture lies in a padded one; an odd pixel goes below and to the right of a centred picture.
POSITIONS = ("centre", "top_left")
#: What a crop window that leaves the picture does: fail, fill, or become smaller.
OUT_OF_BOUNDS = ("error", "pad", "trim")
#: Orders of channels; ``unknown`` where nobody says.
CHANNELS = ("RGB", "BGR", "GRAY", "RGBA", "BGRA", "YCbCr", "ANY_DATA", "unknown")
#: Types of numbers, by numpy's names; ``unknown`` where nobody says.
DTYPES = (
    "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "bool", "unknown",
)  # fmt: skip

_LIBRARY = spelled(r"[A-Za-z][A-Za-z0-9_.-]{0,31}", "the name of a library")
_AXES = spelled(r"[A-Za-z]{0,8}", "letters of axes, such as HWC")
_FINITE = number()
_MOST_NESTED = 64  # lists and objects in one another; a pipeline.json has about six


@dataclass(frozen=True, kw_only=True)
class Step:
    """One preprocessing step. ``origin`` is where it was declared; ``defaulted`` the fields that a library's default filled."""

    kind: ClassVar[str] = "other"
    #: What each field may hold; values are checked, and made plain, when a step is made.
    rules: ClassVar[Mapping[str, Rule]] = {}
    origin: str = field(default="", compare=False)
    defaulted: frozenset[str] = field(default=frozenset(), compare=False)

    def __post_init__(self) -> None:
        """Check every field; raise ``InputError`` that names the step, the field, its value and what is allowed."""
        for name, rule in {"origin": TEXT, "defaulted": NAMES, **self.rules}.items():
            object.__setattr__(self, name, rule(getattr(self, name), f"{self.kind}: {name}"))

    def parameters(self) -> dict[str, Any]:
        """Return the step's own parameters by name, without ``origin`` and ``defaulted``."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("origin", "defaulted")}


@dataclass(frozen=True, kw_only=True)
class Decode(Step):
    """Decode a compressed picture. ``channels`` is RGB, BGR, GRAY or unknown; ``library`` opencv, pillow, dali or nvjpeg."""

    kind: ClassVar[str] = "decode"
    rules: ClassVar[Mapping[str, Rule]] = {"library": _LIBRARY, "channels": word(*CHANNELS)}
    library: str
    channels: str


@dataclass(frozen=True, kw_only=True)
class Orient(Step):
    """Apply (or not) the EXIF orientation tag."""

    kind: ClassVar[str] = "orient"
    rules: ClassVar[Mapping[str, Rule]] = {"exif": FLAG}
    exif: bool


@dataclass(frozen=True, kw_only=True)
class Colour(Step):
    """Change the channels, for example from BGR to RGB."""

    kind: ClassVar[str] = "colour"
    rules: ClassVar[Mapping[str, Rule]] = {"source": word(*CHANNELS), "target": word(*CHANNELS)}
    source: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Resize(Step):
    """Resample to another size.

    ``mode`` is ``stretch`` (to height x width), ``shorter``, ``longer``, ``width`` or ``height`` (that edge becomes
    ``size``, the ratio is kept), ``not_larger`` (fit inside height x width) or ``not_smaller`` (cover it). ``oriented``
    means that height x width is turned to the picture's own orientation first, as mmcv does. ``kernel`` is one of
    :data:`KERNELS`; ``library`` whose resampling it is (opencv, pillow, dali, torch). ``rounding`` says how the other
    edge becomes a whole number. ``max_size`` caps the longer edge. ``passes`` is one of :data:`PASSES`, ``dtype`` what the
    resampling puts out.
    """

    kind: ClassVar[str] = "resize"
    rules: ClassVar[Mapping[str, Rule]] = {
        "mode": word(*MODES), **dict.fromkeys(("size", "height", "width", "max_size"), optional(PIXELS)),
        **dict.fromkeys(("oriented", "antialias", "subpixel"), FLAG), "kernel": word(*KERNELS), "library": _LIBRARY,
        "rounding": word(*ROUNDINGS), "passes": word(*PASSES), "dtype": word(*DTYPES),
    }  # fmt: skip
    mode: str
    size: int | None = None
    height: int | None = None
    width: int | None = None
    oriented: bool = False
    kernel: str
    antialias: bool
    subpixel: bool
    library: str
    rounding: str
    max_size: int | None = None
    passes: str = "one"
    dtype: str = "uint8"

    def __post_init__(self) -> None:
        super().__post_init__()
        boxed = self.mode in ("stretch", "not_larger", "not_smaller")
        if (self.height is None or self.width is None) if boxed else self.size is None:
            raise InputError(f"resize: mode {self.mode!r} needs {'height and width' if boxed else 'size'}")


@dataclass(frozen=True, kw_only=True)
class Crop(Step):
    """Cut out a window. ``anchor`` is (vertical, horizontal) from 0 to 1; ``rounding`` how the offset becomes a whole number.

    The window is height x width, or, with ``fraction`` (numerator, denominator), a square of that share of the picture's
    shorter edge, rounded down. ``out_of_bounds`` is error, pad or trim; ``fill`` the value used to pad, ``position``
    where the picture then lies.
    """

    kind: ClassVar[str] = "crop"
    rules: ClassVar[Mapping[str, Rule]] = {
        "height": optional(PIXELS), "width": optional(PIXELS), "fraction": optional(several(PIXELS, 2, 2)),
        "anchor": several(number(0, 1), 2, 2), "rounding": word(*ROUNDINGS), "out_of_bounds": word(*OUT_OF_BOUNDS),
        "fill": several(_FINITE), "position": word(*POSITIONS),
    }  # fmt: skip
    height: int | None = None
    width: int | None = None
    fraction: tuple[int, int] | None = None
    anchor: tuple[float, float] = (0.5, 0.5)
    rounding: str
    out_of_bounds: str
    fill: tuple[float, ...] = (0.0,)
    position: str = "centre"

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.fraction is None) == (self.height is None or self.width is None):
            raise InputError("crop: give height and width, or fraction")


@dataclass(frozen=True, kw_only=True)
class Pad(Step):
    """Fill up to height x width (or to a multiple of ``divisor``). ``position`` is where the picture lies: centre or top_left."""

    kind: ClassVar[str] = "pad"
    rules: ClassVar[Mapping[str, Rule]] = {
        "height": optional(PIXELS), "width": optional(PIXELS), "divisor": PIXELS, "position": word(*POSITIONS),
        "fill": several(_FINITE),
    }  # fmt: skip
    height: int | None = None
    width: int | None = None
    divisor: int = 1
    position: str
    fill: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Cast(Step):
    """Change the number type; ``rounding`` is how fractions become whole numbers, where the target has none."""

    kind: ClassVar[str] = "cast"
    rules: ClassVar[Mapping[str, Rule]] = {"dtype": word(*DTYPES), "rounding": word(*ROUNDINGS)}
    dtype: str
    rounding: str = "none"


@dataclass(frozen=True, kw_only=True)
class Normalize(Step):
    """Compute ``(x * scale - mean) / std`` per channel, in the channel order the tensor has at that point.

    ``per_image`` means that mean and std are computed from each image over ``axes`` instead of being constants.
    """

    kind: ClassVar[str] = "normalize"
    rules: ClassVar[Mapping[str, Rule]] = {
        "scale": number(zero=False), "mean": several(_FINITE), "std": several(_FINITE), "per_image": FLAG, "axes": _AXES,
    }  # fmt: skip
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    per_image: bool = False
    axes: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0.0 in self.std:
            raise InputError(f"normalize: std is {self.std}; a standard deviation of 0 divides by zero")


@dataclass(frozen=True, kw_only=True)
class Layout(Step):
    """Transpose, for example from HWC to CHW."""

    kind: ClassVar[str] = "layout"
    rules: ClassVar[Mapping[str, Rule]] = {"source": _AXES, "target": _AXES}
    source: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Unknown(Step):
    """A step without a known meaning, shown as it is."""

    rules: ClassVar[Mapping[str, Rule]] = {"operator": TEXT, "arguments": ARGUMENTS}
    operator: str
    arguments: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Preprocessing as declared. ``source`` names where it was read; ``batch`` what batching may add (padding), if anything."""

    source: str
    steps: tuple[Step, ...]
    batch: Pad | None = None

    def __post_init__(self) -> None:
        """Check the name of the source; the steps check themselves."""
        object.__setattr__(self, "source", TEXT(self.source, "recipe: source"))

    def of_kind(self, kind: str) -> tuple[Step, ...]:
        """Return the steps of one kind, in order."""
        return tuple(step for step in self.steps if step.kind == kind)


#: Every step class by its kind.
STEPS: Mapping[str, type[Step]] = {
    cls.kind: cls for cls in (Decode, Orient, Colour, Resize, Crop, Pad, Cast, Normalize, Layout, Unknown)
}


def with_defaults(step: Step, given: set[str] | frozenset[str]) -> Step:
    """Return the step with every parameter that is not in ``given`` listed in ``defaulted``."""
    return replace(step, defaulted=frozenset(step.parameters()) - given)


def pillow_passes(version: str) -> str:
    """Return how a Pillow version takes its passes; see :data:`PASSES` (checked with Pillow 12.3 and 13.0)."""
    return "pillow_13" if int(version.partition(".")[0]) >= 13 else "horizontal_first"


def pillow_decode(origin: str) -> tuple[Step, ...]:
    """Return what ``Image.open(file).convert("RGB")`` does, none of it chosen by the settings: RGB, EXIF tag not applied."""
    steps = (Decode(library="pillow", channels="RGB", origin=origin), Orient(exif=False, origin=origin))
    return tuple(with_defaults(step, frozenset()) for step in steps)


def read_settings(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON file that holds one object; raise ``InputError`` that says which file is not ``what``."""
    try:
        content = json.loads(files.read_text(path, what))
        if depth(content, _MOST_NESTED) > _MOST_NESTED:
            raise RecursionError
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # no JSON, a number of thousands of digits, too deep
        raise InputError(f"{path} is not a readable {what} ({_one_line(error)})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a {what}: it holds no object")
    return content


def _one_line(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as JSON values; :func:`from_dict` reads it back equal, origins and defaults included."""
    return {
        "source": recipe.source,
        "steps": [_step_to_dict(step) for step in recipe.steps],
        "batch": None if recipe.batch is None else _step_to_dict(recipe.batch),
    }


def from_dict(data: Mapping[str, Any]) -> Recipe:
    """Read a recipe that :func:`to_dict` wrote; raise ``InputError`` for anything else."""
    try:
        steps = tuple(_step_from_dict(entry) for entry in OBJECTS(data["steps"], "this is not a recipe: steps"))
        batch = None if data.get("batch") is None else _step_from_dict(MAPPING(data["batch"], "recipe: batch"))
        if batch is not None and not isinstance(batch, Pad):
            raise InputError(f"a recipe's batch is a pad step, not {batch.kind}")
        return Recipe(source=data["source"], steps=steps, batch=batch)
    except (KeyError, TypeError, RecursionError) as error:
        raise InputError(f"this is not a recipe ({error}); write it with recipes.to_dict") from error


def describe(recipe: Recipe) -> str:
    """Return the recipe as text for a person: a line per step, each parameter, a ``*`` on what a default filled."""
    lines = [f"Recipe of {recipe.source}"]
    for position, step in enumerate(recipe.steps, 1):
        lines.append(f"{position:3d} {step.kind:<10}{parameters_text(step)}")
        if step.origin:
            lines.append(f"{'':14}from {step.origin}")
    if recipe.batch is not None:
        lines.append(f"  + {'batch pad':<10}{parameters_text(recipe.batch)}")
    if any(step.defaulted for step in _all_steps(recipe)):
        lines.append("    * nobody chose this value: it is a default of the library")
    return "\n".join(lines)


def parameters_text(step: Step) -> str:
    """Return a step's parameters as ``name=value`` words; unused ones are left out, defaulted ones carry a ``*``."""
    words = []
    for name, value in step.parameters().items():
        if value is None or value == "" or (value is False and name in ("oriented", "per_image")):
            continue
        words.append(f"{name}={value_text(value)}{'*' if name in step.defaulted else ''}")
    return "  ".join(words)


def value_text(value: Any) -> str:
    """Return a parameter's value as a person writes it: whole numbers without a point, equal channels once."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, tuple):
        same = len(set(value)) == 1 and len(value) in (1, 3)
        return value_text(value[0]) if same else "(" + ", ".join(map(value_text, value)) + ")"
    return str(value)


def _all_steps(recipe: Recipe) -> Iterator[Step]:
    yield from recipe.steps
    if recipe.batch is not None:
        yield recipe.batch


def _step_to_dict(step: Step) -> dict[str, Any]:
    values = {name: _listed(value) for name, value in step.parameters().items()}
    return {"kind": step.kind, **values, "origin": step.origin, "defaulted": sorted(step.defaulted)}


def _step_from_dict(entry: Mapping[str, Any]) -> Step:
    kind = entry["kind"]
    if not isinstance(kind, str) or kind not in STEPS:
        raise InputError(f"{shown(entry['kind'])} is not a kind of step, use one of {', '.join(STEPS)}")
    return STEPS[kind](**{name: value for name, value in entry.items() if name != "kind"})


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
