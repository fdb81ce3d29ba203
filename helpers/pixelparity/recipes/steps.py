"""Preprocessing as declared: an ordered list of typed steps, each with all of its parameters.

A :class:`Recipe` is read from a training config, a DALI pipeline or a transform of another library. No parameter is left
to a library's default: whoever reads a recipe spells the default out and lists the field in ``defaulted``, so that a
person sees which choices nobody made.

Units: sizes and offsets are pixels, fill values and ``mean``/``std`` are in the units of the tensor they act on
(``0..255`` before a scale, ``0..1`` after it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

from pixelparity.errors import InputError
from pixelparity.fields import (
    ARGUMENTS,
    FLAG,
    NAMES,
    PIXELS,
    TEXT,
    Rule,
    number,
    optional,
    several,
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
    shorter edge, rounded down; the offset is that of the share before it is rounded, as in MMPretrain. ``out_of_bounds`` is
    error, pad or trim; ``fill`` the value used to pad, ``position`` where the picture then lies.
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
    """Preprocessing as declared. ``source`` names where it was read; ``batch`` what batching may add (padding), if anything.

    ``undeclared`` are the kinds of steps that the format of the source does not tell of, or left to its caller: where there
    is none of them, somebody else may take it.
    """

    source: str
    steps: tuple[Step, ...]
    batch: Pad | None = None
    undeclared: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Check the name of the source and the kinds of steps; the steps check themselves."""
        object.__setattr__(self, "source", TEXT(self.source, "recipe: source"))
        object.__setattr__(self, "undeclared", NAMES(self.undeclared, "recipe: undeclared"))
        foreign = sorted(self.undeclared - set(STEPS))
        if foreign:
            raise InputError(f"recipe: undeclared names {foreign[0]!r}, which is no kind of step")

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
