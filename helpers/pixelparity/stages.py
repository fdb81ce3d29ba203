"""Preprocessing as it happened: the tensor after every stage of every image, saved and read back bit for bit.

A :class:`Capture` belongs to one side. Its stages are in the order in which they ran; the last one is the final tensor,
the one the model sees. Layout, channel order and value range are *declared* by the source that made the capture and
carried along; nothing here infers them from values. Tensors are kept per image and without a batch axis, because images
of different sizes have different shapes until the last resize, crop or pad.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import archive
from pixelparity.errors import InputError, NotComparable, SideError
from pixelparity.fields import BOUND, MAPPING, OBJECTS, TEXT, Rule, optional, several, shown, spelled, whole

Tensor = NDArray[Any]

#: What a stage does, in the words that recipes use too. ``input`` is what is fed; ``other`` is a stage without a known meaning.
STEPS = ("input", "decode", "orient", "colour", "resize", "crop", "pad", "cast", "normalize", "layout", "other")
LAYOUTS = ("HWC", "CHW", "HW")
CHANNELS = ("RGB", "BGR", "RGBA", "BGRA", "GRAY", "unknown")
FORMAT = 2
#: What a capture says of itself, beside its tensors.
HEAD = "capture.json"
_OUTPUTS = "outputs.npz"
_NAME = spelled(r"(?s).+", "a text")
_RANGE = optional(several(BOUND, 2, 2))
_TEXTS = several(TEXT, least=0, most=10**7)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of one side, with what its source declares about the tensors it puts out.

    ``name`` is unique within a capture. ``step`` is one of :data:`STEPS`. ``layout`` is one of :data:`LAYOUTS` and
    ``channels`` one of :data:`CHANNELS`. ``dtype`` is a numpy dtype name. ``value_range`` is the declared lowest and
    highest value that the stage can put out, ``None`` where the source cannot know it. ``origin`` says where the stage
    comes from: an operator with its source line, a config entry, a step of an ensemble.
    """

    name: str
    step: str = "other"
    layout: str = "HWC"
    channels: str = "RGB"
    dtype: str = "uint8"
    value_range: tuple[float, float] | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        for value, known, what in (
            (self.step, STEPS, "step"),
            (self.layout, LAYOUTS, "layout"),
            (self.channels, CHANNELS, "channels"),
        ):
            if value not in known:
                raise InputError(f"stage {self.name!r}: {what} is {value!r}, use one of {', '.join(known)}")
        rules: tuple[tuple[str, Rule, Any], ...] = (
            ("name", _NAME, self.name), ("dtype", _DTYPE, self.dtype), ("origin", TEXT, self.origin),
            ("value_range", _RANGE, self.value_range),
        )  # fmt: skip
        for field_name, rule, value in rules:
            rule(value, f"stage {shown(self.name)}: {field_name}")


@dataclass(frozen=True, kw_only=True)
class Capture:
    """What one side did to a set of images.

    ``tensors[stage name][image name]`` is the tensor that the stage put out for the image, without a batch axis.
    ``outputs[image name]`` is the model's answer, shape (classes,), where the side has a model. ``source`` names the
    side as a person would write it. ``facts`` carries what else the source knows (library versions, decoder, hash of a
    file), as JSON values.
    """

    source: str
    stages: tuple[Stage, ...]
    images: tuple[str, ...]
    tensors: Mapping[str, Mapping[str, Tensor]]
    outputs: Mapping[str, Tensor] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.stages:
            raise SideError(f"{self.source}: no stage was captured; a side has at least its final tensor")
        if not self.images:
            raise NotComparable(f"{self.source}: no image was captured; give at least one picture")
        names = [stage.name for stage in self.stages]
        if len(set(names)) != len(names):
            raise InputError(f"{self.source}: two stages share a name in {names}; give each stage its own")
        for name in names:
            lacking = [image for image in self.images if image not in self.tensors.get(name, {})]
            if lacking:
                raise SideError(
                    f"{self.source}: stage {name!r} has no tensor for {lacking[0]!r} ({len(lacking)} lacking)"
                )

    @property
    def final(self) -> Stage:
        """Return the last stage: the tensor that the model sees."""
        return self.stages[-1]

    def stage(self, name: str) -> Stage:
        """Return the stage called ``name``; raise ``InputError`` that lists the names if there is none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise InputError(f"{self.source}: no stage {name!r}, there are {', '.join(s.name for s in self.stages)}")

    def tensor(self, stage: str, image: str) -> Tensor:
        """Return the tensor of one stage and image."""
        self.stage(stage)
        try:
            return self.tensors[stage][image]
        except KeyError:
            raise InputError(f"{self.source}: no image {image!r}, there are {', '.join(self.images[:8])}") from None

    def finals(self) -> Iterator[tuple[str, Tensor]]:
        """Iterate over (image name, final tensor)."""
        for image in self.images:
            yield image, self.tensors[self.final.name][image]

    def only(self, *, stages: tuple[str, ...] | None = None, images: tuple[str, ...] | None = None) -> Capture:
        """Return the same capture with fewer stages or images; order is kept, tensors are shared, not copied."""
        keep = self.stages if stages is None else tuple(s for s in self.stages if s.name in stages)
        kept_images = self.images if images is None else tuple(i for i in self.images if i in images)
        return replace(
            self,
            stages=keep,
            images=kept_images,
            tensors={s.name: {i: self.tensors[s.name][i] for i in kept_images} for s in keep},
            outputs={i: self.outputs[i] for i in kept_images if i in self.outputs},
        )


def check_finite(capture: Capture) -> None:
    """Raise ``SideError`` that names side, stage and image where a tensor, or a model's answer, is not of finite numbers."""
    for stage in capture.stages:
        for image in capture.images:
            fault, hint = _fault(capture.tensors[stage.name][image], stage.layout)
            if fault:
                raise SideError(f"{capture.source}: stage {stage.name!r} {fault} for image {image!r}; {hint}")
    for image, answer in capture.outputs.items():
        if not answer.size or (np.issubdtype(answer.dtype, np.inexact) and not _finite(answer)):
            fault = "hold NaN or infinity" if answer.size else "are empty"
            raise SideError(
                f"{capture.source}: the model's outputs {fault} for image {image!r}; look at what it is fed, and for a "
                "float16 that overflows"
            )


def _fault(tensor: Tensor, layout: str) -> tuple[str, str]:
    """Return what keeps a tensor from being compared as a picture, and what to do; empty texts where nothing does."""
    if tensor.ndim != len(layout) or not tensor.size:
        return f"has the shape {tensor.shape}, which is no {layout} picture,", "correct the layout or the side"
    if tensor.dtype == np.bool_:
        return "holds truth values", "cast them to uint8"
    if not np.issubdtype(tensor.dtype, np.inexact):
        return "", ""
    if not _finite(tensor):
        return "holds NaN or infinity", "look for a division by zero or a cast that overflows"
    if tensor.dtype.itemsize > np.dtype(np.float32).itemsize and np.abs(tensor).max() > np.finfo(np.float32).max:
        return "holds numbers beyond the range of float32", "look for a division by almost zero"
    return "", ""


def _finite(tensor: Tensor) -> bool:
    # A finite sum has finite terms only, and is had in one reading; a sum that overflows says nothing.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(tensor.sum())) or bool(np.isfinite(tensor).all())


def check_free(folder: str | Path, *, replace: bool = False) -> None:
    """Raise ``InputError`` where a capture must not be written: over anything else, and over a capture without ``replace``."""
    target = Path(folder)
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target / HEAD).exists():
        raise InputError(f"{target} exists and is not a capture; choose another folder")
    if not replace:
        raise InputError(f"{target} holds {_told(target)} already; choose another folder, or replace it (--replace)")
    foreign = [path.name for path in sorted(target.iterdir()) if path.name != HEAD and not _MEMBER.fullmatch(path.name)]
    if foreign:
        raise InputError(
            f"{target} holds {foreign[0]} beside a capture, which would be lost; move it, then replace the rest"
        )


def _told(folder: Path) -> str:
    """Return which side was captured in a folder, on how many pictures, and when."""
    when = datetime.fromtimestamp((folder / HEAD).stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    try:
        head = archive.read_head(folder, HEAD)
        return f"a capture of {TEXT(head.get('source'), 'source')} ({len(_TEXTS(head.get('images'), 'images'))} pictures, {when})"
    except InputError:
        return f"a capture that cannot be read ({when})"


def save(capture: Capture, folder: str | Path, *, replace: bool = False) -> Path:
    """Write a capture to a folder, whole or not at all, and return the folder.

    The folder gets ``capture.json``, with the SHA-256 of every file, and one uncompressed ``.npz`` per stage. A folder that
    holds something other than a capture is refused; one that holds a capture is too, and is named, unless ``replace``.
    """
    target = Path(folder)
    check_free(target, replace=replace)
    head = {
        "format": FORMAT,
        "source": capture.source,
        "images": list(capture.images),
        "stages": [asdict(stage) for stage in capture.stages],
        "facts": dict(capture.facts),
        "outputs": [image for image in capture.images if image in capture.outputs],
    }
    # Images are stored by number: their names may hold characters that an archive member must not.
    numbers = {image: f"i{number}" for number, image in enumerate(capture.images)}
    parts = [capture.tensors[stage.name] for stage in capture.stages]
    members = {
        name: {number: arrays[image] for image, number in numbers.items() if image in arrays}
        for name, arrays in zip(_members(len(parts)), (*parts, capture.outputs), strict=True)
    }
    archive.write(target, HEAD, head, members)
    return target


def load(folder: str | Path) -> Capture:
    """Read a capture that :func:`save` wrote; tensors come back bit for bit.

    Raises ``InputError`` when the folder is not a capture, was written by a newer version, is damaged, or was changed.
    """
    target = Path(folder)
    if not (target / HEAD).exists():
        raise InputError(f"{target} is not a readable capture (it holds no {HEAD}); capture it again")
    try:
        return _loaded(target)
    except InputError as error:
        if str(target) in str(error):
            raise
        raise InputError(f"{target} is not a readable capture ({error}); capture it again") from error
    except Exception as error:  # whatever a damaged file makes zipfile, numpy or Capture raise
        raise InputError(f"{target} is not a readable capture ({error}); capture it again") from error


def _loaded(target: Path) -> Capture:
    head = archive.read_head(target, HEAD)
    version = whole(1, 10**9)(head.get("format"), "format")
    if version > FORMAT:
        raise InputError(f"{target} was written by a newer version (format {version}); update pixelparity")
    stages = tuple(_stage_from_json(entry) for entry in OBJECTS(head.get("stages"), "stages"))
    images, answered = (_TEXTS(head.get(name), name) for name in ("images", "outputs"))
    names = _members(len(stages))
    if version > 1:  # the first format had no sums
        archive.check_sums(target, HEAD, head, names)
    wanted = {f"i{number}": image for number, image in enumerate(images)}
    *parts, outputs = (archive.read(target / name, wanted) for name in names)
    if list(outputs) != list(answered):  # an archive cut short may still open, and be empty
        raise InputError(f"{target / _OUTPUTS} has other outputs than {HEAD} lists; capture it again")
    for stage, part in zip(stages, parts, strict=True):
        other = [array.dtype.name for array in part.values() if array.dtype.name != stage.dtype]
        if other:
            raise InputError(f"stage {stage.name!r} declares {stage.dtype} and holds {other[0]}")
    return Capture(
        source=TEXT(head.get("source"), "source"),
        stages=stages,
        images=images,
        tensors={stage.name: part for stage, part in zip(stages, parts, strict=True)},
        outputs=outputs,
        facts=MAPPING(head.get("facts"), "facts"),
    )


def _members(stages: int) -> tuple[str, ...]:
    """Return the files of a capture of so many stages: one for each, and the outputs."""
    return (*(f"stage_{number:02d}.npz" for number in range(stages)), _OUTPUTS)


def _stage_from_json(entry: Mapping[str, Any]) -> Stage:
    known = {known.name for known in fields(Stage)}
    if set(entry) != known:
        raise InputError(f"a stage in {HEAD} has the fields {shown(sorted(entry))}, use {', '.join(sorted(known))}")
    return Stage(**{**entry, "value_range": _RANGE(entry["value_range"], "value_range")})


def _dtype(value: Any) -> str:
    if not isinstance(value, str) or np.dtype(value).name != value or np.dtype(value).kind not in "buif":
        raise ValueError(value)
    return value


_DTYPE = Rule(allowed="a number type by numpy's name, such as uint8 or float32", read=_dtype)
_MEMBER = re.compile(r"stage_\d{2,}\.npz|outputs\.npz")
