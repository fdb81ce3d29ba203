"""Preprocessing as declared: an ordered list of typed steps, each with all of its parameters.

A :class:`Recipe` is read from a training config, a DALI pipeline or a transform of another library. No parameter is left
to a library's default: whoever reads a recipe spells the default out and lists the field in ``defaulted``, so that a
person sees which choices nobody made.

Units: sizes and offsets are pixels, fill values and ``mean``/``std`` are in the units of the tensor they act on
(``0..255`` before a scale, ``0..1`` after it).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Step:
    """One preprocessing step. ``origin`` is where it was declared; ``defaulted`` the fields that a library's default filled."""

    kind: ClassVar[str] = "other"
    origin: str = field(default="", compare=False)
    defaulted: frozenset[str] = field(default=frozenset(), compare=False)

    def parameters(self) -> dict[str, Any]:
        """Return the step's own parameters by name, without ``origin`` and ``defaulted``."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("origin", "defaulted")}


@dataclass(frozen=True, kw_only=True)
class Decode(Step):
    """Decode a compressed picture. ``channels`` is RGB, BGR or GRAY; ``library`` opencv, pillow, dali or nvjpeg."""

    kind: ClassVar[str] = "decode"
    library: str
    channels: str


@dataclass(frozen=True, kw_only=True)
class Orient(Step):
    """Apply (or not) the EXIF orientation tag."""

    kind: ClassVar[str] = "orient"
    exif: bool


@dataclass(frozen=True, kw_only=True)
class Colour(Step):
    """Change the channels, for example from BGR to RGB."""

    kind: ClassVar[str] = "colour"
    source: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Resize(Step):
    """Resample to another size.

    ``mode`` is ``stretch`` (to height x width), ``shorter`` or ``longer`` (that edge becomes ``size``), ``not_larger``
    (fit inside height x width) or ``not_smaller`` (cover it). ``kernel`` is nearest, linear, cubic, area or lanczos;
    ``library`` whose resampling it is (opencv, pillow, dali, torch). ``rounding`` says how the other edge becomes a whole
    number: floor, round, ceil, floor_plus_half. ``max_size`` caps the longer edge.
    """

    kind: ClassVar[str] = "resize"
    mode: str
    size: int | None = None
    height: int | None = None
    width: int | None = None
    kernel: str
    antialias: bool
    subpixel: bool
    library: str
    rounding: str
    max_size: int | None = None
    dtype: str = "uint8"


@dataclass(frozen=True, kw_only=True)
class Crop(Step):
    """Cut out a window. ``anchor`` is (vertical, horizontal) from 0 to 1; ``rounding`` how the offset becomes a whole number.

    ``out_of_bounds`` is error, pad or trim; ``fill`` the value used to pad.
    """

    kind: ClassVar[str] = "crop"
    height: int
    width: int
    anchor: tuple[float, float] = (0.5, 0.5)
    rounding: str
    out_of_bounds: str
    fill: tuple[float, ...] = (0.0,)


@dataclass(frozen=True, kw_only=True)
class Pad(Step):
    """Fill up to height x width (or to a multiple of ``divisor``). ``position`` is where the picture lies: centre or top_left."""

    kind: ClassVar[str] = "pad"
    height: int | None = None
    width: int | None = None
    divisor: int = 1
    position: str
    fill: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Cast(Step):
    """Change the number type; ``rounding`` is how fractions become whole numbers, where the target has none."""

    kind: ClassVar[str] = "cast"
    dtype: str
    rounding: str = "none"


@dataclass(frozen=True, kw_only=True)
class Normalize(Step):
    """Compute ``(x * scale - mean) / std`` per channel, in the channel order the tensor has at that point.

    ``per_image`` means that mean and std are computed from each image over ``axes`` instead of being constants.
    """

    kind: ClassVar[str] = "normalize"
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    per_image: bool = False
    axes: str = ""


@dataclass(frozen=True, kw_only=True)
class Layout(Step):
    """Transpose, for example from HWC to CHW."""

    kind: ClassVar[str] = "layout"
    source: str
    target: str


@dataclass(frozen=True, kw_only=True)
class Unknown(Step):
    """A step without a known meaning, shown as it is."""

    operator: str
    arguments: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Preprocessing as declared. ``source`` names where it was read; ``batch`` what batching may add (padding), if anything."""

    source: str
    steps: tuple[Step, ...]
    batch: Pad | None = None
