"""Capture tensors that someone saved: ``tensors:FILE.npz``.

The file holds one array per picture, named as the picture's file name without its suffix, and two optional strings:
``layout`` (HWC, CHW or HW) and ``channels`` (RGB, BGR, RGBA, BGRA, GRAY). Written with numpy::

    np.savez("served.npz", cat_01=tensor, cat_02=tensor, layout="CHW", channels="RGB")

Model answers may be added as ``PICTURE.outputs``, one value per class. Nothing in the file is ever executed: arrays of
Python objects are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import archive, files
from pixelparity.errors import InputError, NotComparable, SideError
from pixelparity.sources.protocol import Form, Source, register
from pixelparity.stages import CHANNELS, LAYOUTS, Capture, Stage, Tensor, check_finite

FINAL = "final"
DECLARED = {"layout": LAYOUTS, "channels": CHANNELS}
ANSWER = ".outputs"
_MOST_BYTES = 2048 * files.MIB


def capture(file: str | Path, images: Mapping[str, Any] | Iterable[str] | None = None) -> Capture:
    """Read final tensors from an ``.npz`` file, for the pictures named in ``images`` or for all that it holds.

    Raises ``InputError`` when the file is missing, truncated, not an ``.npz`` or holds pickled objects,
    ``NotComparable`` when a picture of ``images`` is not in it, ``SideError`` when an array is not a finite tensor.
    """
    path = Path(str(file).removeprefix("tensors:"))
    source = f"tensors:{path}"
    wanted = None if images is None else tuple(images)
    arrays, known = _read(path, wanted)
    declared = {what: _take_text(arrays, what, known, source) for what, known in DECLARED.items()}
    answers = {name.removesuffix(ANSWER): arrays.pop(name) for name in list(arrays) if name.endswith(ANSWER)}
    names = tuple(arrays) if wanted is None else wanted
    _check_names(names, arrays, known, source)
    tensors = {name: _checked(arrays[name], name, source) for name in names}
    stage = _describe(tensors, declared["layout"], declared["channels"], source)
    found = Capture(
        source=source,
        stages=(stage,),
        images=names,
        tensors={FINAL: tensors},
        outputs={name: _answer(answers[name], name, source) for name in names if name in answers},
    )
    check_finite(found)
    return found


def _read(path: Path, wanted: tuple[str, ...] | None) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the arrays of the wanted pictures, or all, with what is declared, and the names of all that the file holds."""
    if not path.exists():
        raise InputError(f"{path} is not a file; give tensors:FILE.npz with a file that exists")
    files.check(path, "tensors", most=_MOST_BYTES)
    try:
        with archive.opened(path, most=_MOST_BYTES, wanted=lambda name: _is_wanted(name, wanted)) as opened:
            names = tuple(opened.files)
            return {name: np.asarray(opened[name]) for name in names if _is_wanted(name, wanted)}, names
    except InputError:
        raise
    except ValueError as error:
        if "pickle" in str(error):
            raise InputError(f"{path} holds Python objects, which are never loaded; save plain arrays") from error
        raise _unreadable(path, error) from error
    except Exception as error:  # whatever a damaged archive makes zipfile, zlib or numpy raise
        raise _unreadable(path, error) from error


def _is_wanted(name: str, wanted: tuple[str, ...] | None) -> bool:
    return wanted is None or name in DECLARED or name.removesuffix(ANSWER) in wanted


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} is truncated or not an .npz file ({error}); save it again with np.savez")


def _take_text(arrays: dict[str, Tensor], what: str, known: tuple[str, ...], source: str) -> str | None:
    # An array that is no text is a picture that happens to be called "layout".
    if what not in arrays or arrays[what].dtype.kind not in "US":
        return None
    raw = arrays.pop(what)
    value = raw.item() if raw.size == 1 else raw.tolist()
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if text not in known:
        raise InputError(f"{source} declares {what} {text!r}; use one of {', '.join(known)}")
    return text


def _check_names(names: tuple[str, ...], arrays: Mapping[str, Tensor], known: tuple[str, ...], source: str) -> None:
    if not names:
        raise NotComparable(f"{source} holds no tensor or none was asked for; save one array per picture")
    lacking = [name for name in names if name not in arrays]
    if lacking:
        raise NotComparable(
            f"{source} has no tensor for {lacking[0]!r} ({len(lacking)} of {len(names)} lacking); "
            f"it holds {', '.join(_pictures(known)[:8]) or 'none'}: name each array as the picture's file without its suffix"
        )


def _pictures(known: tuple[str, ...]) -> list[str]:
    return sorted(name for name in known if name not in DECLARED and not name.endswith(ANSWER))


def _checked(tensor: Tensor, name: str, source: str) -> Tensor:
    where = f"{source}: the array of {name!r}"
    if not np.issubdtype(tensor.dtype, np.number) or np.iscomplexobj(tensor):
        raise SideError(
            f"{where} holds {tensor.dtype}, which is not a number type that a picture has; save uint8 or float32"
        )
    if tensor.ndim not in (2, 3):
        raise SideError(f"{where} has shape {tensor.shape}; save one picture without a batch axis, HWC, CHW or HW")
    if tensor.size == 0:
        raise SideError(f"{where} is empty, its shape is {tensor.shape}; save it again")
    return tensor


def _answer(answer: Tensor, name: str, source: str) -> Tensor:
    if answer.ndim != 1 or not answer.size or not np.issubdtype(answer.dtype, np.number) or np.iscomplexobj(answer):
        raise SideError(f"{source}: {name + ANSWER!r} has shape {answer.shape}; save one number per class")
    return answer


def _describe(tensors: Mapping[str, Tensor], layout: str | None, channels: str | None, source: str) -> Stage:
    shapes = [tensor.shape for tensor in tensors.values()]
    dtypes = sorted({tensor.dtype.name for tensor in tensors.values()})
    if len(dtypes) > 1:
        raise SideError(f"{source} mixes the number types {', '.join(dtypes)}; save all tensors in one")
    layout = layout or _layout_of_shapes(shapes, source)
    for name, tensor in tensors.items():
        if tensor.ndim != len(layout):
            raise SideError(f"{source}: {name!r} has shape {tensor.shape}, which is not {layout}; correct the layout")
    count = 1 if layout == "HW" else shapes[0][layout.index("C")]
    return Stage(
        name=FINAL,
        layout=layout,
        channels=channels or ("GRAY" if count == 1 else "unknown"),
        dtype=dtypes[0],
        origin=source,
    )


def _layout_of_shapes(shapes: list[tuple[int, ...]], source: str) -> str:
    if all(len(shape) == 2 for shape in shapes):
        return "HW"
    fits = [
        layout
        for layout, axis in (("HWC", -1), ("CHW", 0))
        if all(len(shape) == 3 and shape[axis] in (1, 3, 4) for shape in shapes)
    ]
    if len(fits) == 1:
        return fits[0]
    raise SideError(
        f"{source} does not say its layout and the shape {shapes[0]} leaves it open; add layout='CHW' or 'HWC' to the file"
    )


register(
    Source(
        kind="tensors",
        forms=(
            Form(
                text="tensors:FILE.npz",
                takes="final tensors that you saved with numpy, one per picture",
                example="tensors:served.npz",
                executes=False,
                handling="arrays; pickled objects are refused",
            ),
        ),
        capture=capture,
        needs_images=False,
    )
)
