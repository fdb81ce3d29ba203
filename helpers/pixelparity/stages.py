"""Preprocessing as it happened: the tensor after every stage of every image, saved and read back bit for bit.

A :class:`Capture` belongs to one side. Its stages are in the order in which they ran; the last one is the final tensor,
the one the model sees. Layout, channel order and value range are *declared* by the source that made the capture and
carried along; nothing here infers them from values. Tensors are kept per image and without a batch axis, because images
of different sizes have different shapes until the last resize, crop or pad.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import files
from pixelparity.errors import InputError, NotComparable, SideError

Tensor = NDArray[Any]

#: What a stage does, in the words that recipes use too. ``input`` is what is fed; ``other`` is a stage without a known meaning.
STEPS = ("input", "decode", "orient", "colour", "resize", "crop", "pad", "cast", "normalize", "layout", "other")
LAYOUTS = ("HWC", "CHW", "HW")
CHANNELS = ("RGB", "BGR", "RGBA", "BGRA", "GRAY", "unknown")
FORMAT = 1
#: What a capture says of itself, beside its tensors.
HEAD = "capture.json"
_HEAD_BYTES = 256 * files.MIB
_AGAIN = "capture it again"


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
    """Raise ``SideError`` naming the side, stage and image of the first tensor that holds a NaN or an infinity."""
    for stage in capture.stages:
        for image in capture.images:
            tensor = capture.tensors[stage.name][image]
            if np.issubdtype(tensor.dtype, np.inexact) and not _finite(tensor):
                raise SideError(
                    f"{capture.source}: stage {stage.name!r} holds NaN or infinity for image {image!r}; "
                    "look for a division by zero or a cast that overflows"
                )


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


def _told(folder: Path) -> str:
    """Return which side was captured in a folder, on how many pictures, and when."""
    when = datetime.fromtimestamp((folder / HEAD).stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    try:
        head = json.loads(files.read_text(folder / HEAD, "a capture", most=_HEAD_BYTES))
        return f"a capture of {head['source']} ({len(head['images'])} pictures, {when})"
    except (InputError, ValueError, KeyError, TypeError):
        return f"a capture that cannot be read ({when})"


def save(capture: Capture, folder: str | Path, *, replace: bool = False) -> Path:
    """Write a capture to a folder, whole or not at all, and return the folder.

    The folder gets ``capture.json`` and one uncompressed ``.npz`` per stage. A folder that holds something other than a
    capture is refused; one that holds a capture is too, and is named, unless ``replace``.
    """
    target = Path(folder)
    check_free(target, replace=replace)
    with files.written(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(capture, target)
    return target


def _write(capture: Capture, target: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        head = {
            "format": FORMAT,
            "source": capture.source,
            "images": list(capture.images),
            "stages": [asdict(stage) for stage in capture.stages],
            "facts": dict(capture.facts),
            "outputs": [image for image in capture.images if image in capture.outputs],
        }
        (scratch / HEAD).write_text(json.dumps(head, indent=1), encoding="utf-8")
        for number, stage in enumerate(capture.stages):
            _write_arrays(scratch / f"stage_{number:02d}.npz", capture.images, capture.tensors[stage.name])
        _write_arrays(scratch / "outputs.npz", capture.images, capture.outputs)
        os.chmod(scratch, 0o755)  # noqa: S103 - as mkdir does; mkdtemp made it for its owner alone
        _exchange(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _exchange(scratch: Path, target: Path) -> None:
    """Put a folder in the place of another, which is gone only once the new one stands there."""
    former = scratch.with_name(f"{scratch.name}.former")
    if target.exists():
        target.rename(former)
    try:
        scratch.rename(target)
    except BaseException:
        if former.exists():
            former.rename(target)
        raise
    shutil.rmtree(former, ignore_errors=True)


def load(folder: str | Path) -> Capture:
    """Read a capture that :func:`save` wrote; tensors come back bit for bit.

    Raises ``InputError`` when the folder is not a capture, was written by a newer version, or is damaged.
    """
    target = Path(folder)
    if not (target / HEAD).exists():
        raise InputError(f"{target} is not a readable capture (it holds no {HEAD}); capture it again")
    try:
        head = json.loads(files.read_text(target / HEAD, "a capture", most=_HEAD_BYTES, hint=_AGAIN))
        if head["format"] > FORMAT:
            raise InputError(f"{target} was written by a newer version (format {head['format']}); update pixelparity")
        images = tuple(head["images"])
        stages = tuple(_stage_from_json(entry) for entry in head["stages"])
        tensors = {
            stage.name: _read_arrays(target / f"stage_{number:02d}.npz", images) for number, stage in enumerate(stages)
        }
        outputs = _read_arrays(target / "outputs.npz", images)
        if list(outputs) != head.get("outputs", list(outputs)):  # an archive cut short may still open, and be empty
            raise InputError(f"{target / 'outputs.npz'} lacks outputs; capture it again")
        return Capture(
            source=head["source"], stages=stages, images=images, tensors=tensors, outputs=outputs, facts=head["facts"]
        )
    except InputError:
        raise
    except Exception as error:  # whatever a damaged file makes json, zipfile, numpy or Capture raise
        raise InputError(f"{target} is not a readable capture ({error}); capture it again") from error


def _stage_from_json(entry: Mapping[str, Any]) -> Stage:
    bounds = entry["value_range"]
    return Stage(**{**entry, "value_range": None if bounds is None else (bounds[0], bounds[1])})


def _write_arrays(path: Path, images: tuple[str, ...], arrays: Mapping[str, Tensor]) -> None:
    # Images are stored by number: their names may hold characters that an archive member must not.
    np.savez(path, **{f"i{number}": arrays[image] for number, image in enumerate(images) if image in arrays})


def _read_arrays(path: Path, images: tuple[str, ...]) -> dict[str, Tensor]:
    files.check(path, "part of a capture", most=sys.maxsize, hint=_AGAIN)
    with np.load(path, allow_pickle=False) as archive:
        return {image: archive[f"i{number}"] for number, image in enumerate(images) if f"i{number}" in archive.files}
