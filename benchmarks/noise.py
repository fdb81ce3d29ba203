"""Measure how far equal preprocessing lies apart between libraries: the noise floor of docs/noise.md.

``python -m benchmarks.noise [FOLDER OF PICTURES]`` prints the table, in levels of 1/255 of the pixel range. Without a folder
it draws pictures.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import nvidia.dali.fn as fn
from nvidia.dali import pipeline_def, types
from PIL import Image

from pixelparity.diagnosis.model.resampling import Resampling, matrix, resample
from pixelparity.pictures import find

Picture = np.ndarray
EDGE = 200


def drawn() -> list[bytes]:
    """Return drawn pictures with detail at all scales, as JPEG files."""
    rng, files = np.random.default_rng(0), []
    for height, width in ((375, 500), (500, 333), (480, 640), (427, 640), (512, 512), (360, 480)):
        image = np.full((height, width, 3), 120.0)
        for cells in (3, 9, 27, 81, 200):
            coarse = rng.normal(0, 70 / cells**0.5, (cells, cells, 3))
            image += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        picture = np.clip(image, 0, 255).astype(np.uint8)
        files.append(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    return files


def _decode_opencv(data: bytes) -> Picture:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _decode_pillow(data: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def _dali(values: Sequence[np.ndarray], graph: Callable[[Any], Any]) -> list[Picture]:
    out = []
    for value in values:

        @pipeline_def(batch_size=1, num_threads=1, device_id=None, prefetch_queue_depth=1)
        def one(value: np.ndarray = value) -> Any:
            return graph(
                fn.external_source(
                    source=lambda: [np.ascontiguousarray(value)], layout="HWC" if value.ndim == 3 else None
                )
            )

        pipeline = one()
        pipeline.build()
        out.append(np.asarray(pipeline.run()[0].at(0)))
    return out


def _goal(picture: Picture) -> tuple[int, int]:
    ratio = EDGE / min(picture.shape[:2])
    return round(picture.shape[0] * ratio), round(picture.shape[1] * ratio)


def _opencv(pictures: Sequence[Picture], flag: int) -> list[Picture]:
    return [cv2.resize(p, _goal(p)[::-1], interpolation=flag) for p in pictures]


def _pillow(pictures: Sequence[Picture], how: Image.Resampling) -> list[Picture]:
    return [np.asarray(Image.fromarray(p).resize(_goal(p)[::-1], how)) for p in pictures]


def _resized_dali(pictures: Sequence[Picture], kernel: Any, antialias: bool) -> list[Picture]:
    more = {"interp_type": kernel, "antialias": antialias, "subpixel_scale": False}
    return [_dali([p], lambda x, p=p: fn.resize(x, size=_goal(p), **more))[0] for p in pictures]


def _numpy(pictures: Sequence[Picture], how: Resampling) -> list[Picture]:
    out = []
    for p in pictures:
        rows, columns = (matrix(p.shape[k], _goal(p)[k], how) for k in (0, 1))
        out.append(np.clip(np.floor(resample(p, rows, columns) + 0.5), 0, 255))
    return out


def row(name: str, ours: Sequence[Picture], theirs: Sequence[Picture]) -> str:
    """Return one line of the table: mean, largest, largest away from the border, share of values more than 1.5 levels apart."""
    offs = [np.abs(a.astype(float) - b.astype(float)) for a, b in zip(ours, theirs, strict=True)]
    mean = np.mean([o.mean() for o in offs])
    inner = max(o[6:-6, 6:-6].max() for o in offs)
    share = np.mean([(o > 1.5).mean() for o in offs])
    return f"| {name} | {mean:.3f} | {max(o.max() for o in offs):.2f} | {inner:.2f} | {share:.2%} |"


def table(pictures: Sequence[Picture], files: Sequence[bytes]) -> list[str]:
    """Return the lines of the table."""
    bilinear, bicubic = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC
    linear, cubic = types.INTERP_LINEAR, types.INTERP_CUBIC
    normal = [(p / np.float32(255) - np.float32(0.45)) / np.float32(0.225) * np.float32(57.375) for p in pictures]
    other = [(p - np.float32(114.75)) * np.float32(1 / 57.375) * np.float32(57.375) for p in pictures]
    decoded = [_decode_opencv(f) for f in files]
    return [
        "| pair | mean | largest | largest inside | over 1.5 levels |",
        "|---|---|---|---|---|",
        row("decoders: OpenCV, Pillow", decoded, [_decode_pillow(f) for f in files]),
        row("decoders: OpenCV, DALI", decoded, _dali([np.frombuffer(f, np.uint8) for f in files], _dali_decoder)),
        row(
            "linear: OpenCV, DALI without antialias and sub-pixel scale",
            _opencv(pictures, cv2.INTER_LINEAR),
            _resized_dali(pictures, linear, False),
        ),
        row(
            "bilinear: Pillow, DALI with antialias", _pillow(pictures, bilinear), _resized_dali(pictures, linear, True)
        ),
        row("bicubic: Pillow, DALI with antialias", _pillow(pictures, bicubic), _resized_dali(pictures, cubic, True)),
        row(
            "linear: OpenCV, pixelparity.diagnosis.model.resampling",
            _opencv(pictures, cv2.INTER_LINEAR),
            _numpy(pictures, Resampling()),
        ),
        row(
            "bicubic: Pillow, pixelparity.diagnosis.model.resampling",
            _pillow(pictures, bicubic),
            _numpy(pictures, Resampling(shape="cubic", antialias=True, border="cut")),
        ),
        row("float32: (x / 255 - m) / s, (x - 255 m) / (255 s)", normal, other),
        row(
            "quiet fault for scale: antialias on and off (DALI, linear)",
            _resized_dali(pictures, linear, False),
            _resized_dali(pictures, linear, True),
        ),
    ]


def _dali_decoder(data: Any) -> Any:
    return fn.decoders.image(data, device="cpu", output_type=types.RGB)


def main(arguments: Sequence[str]) -> None:
    """Print the table for a folder of pictures, or for drawn ones."""
    files = [path.read_bytes() for path in find(arguments).values()] if arguments else drawn()
    pictures = [_decode_opencv(f) for f in files]
    print(f"{len(pictures)} pictures, short edge {EDGE}; levels of 1/255")
    print("\n".join(table(pictures, files)))


if __name__ == "__main__":
    main(sys.argv[1:])
