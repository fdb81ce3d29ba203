"""Draw photograph-like pictures: detail at all scales, hard edges, fine texture, colour, detail up to the border.

Pictures are seeded, so the same everywhere, and are kept in the system's temporary folder between runs, never in git.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

VERSION = 3  # raise when a drawing changes, so that an old cache is not used
POOL = 24
#: Height and width of the drawn pictures: portrait, landscape, square, smaller and larger than the networks' inputs.
SIZES = (
    (480, 640), (640, 480), (375, 500), (500, 333), (427, 640), (600, 800), (768, 512), (333, 500),
    (512, 683), (900, 675), (281, 500), (450, 301), (540, 811), (719, 486), (391, 587), (613, 457),
    (303, 404), (861, 575), (500, 500), (463, 617), (577, 770), (701, 521), (359, 640), (640, 427),
)  # fmt: skip
ORIENTATIONS = (1, 6, 3, 8, 1, 6, 2, 8)
KINDS = ("plain", "exif", "grey", "alpha")


def draw(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """Return one drawn picture, (height, width, 3) uint8 RGB."""
    rng = np.random.default_rng(seed)
    canvas = _clouds(rng, height, width)
    for _ in range(int(rng.integers(10, 18))):
        _shape(rng, canvas)
    _gratings(rng, canvas)
    _strokes(rng, canvas)
    canvas += rng.normal(0, 3, (height, width, 1)) + rng.normal(0, 1.5, canvas.shape)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _clouds(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float64]:
    # Natural pictures have an amplitude spectrum of about 1/f; colour is correlated with, and smoother than, brightness.
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    frequency = np.maximum(np.hypot(fy, fx), 1 / max(height, width))

    def field(exponent: float) -> NDArray[np.float64]:
        phase = rng.normal(size=frequency.shape) + 1j * rng.normal(size=frequency.shape)
        plane = np.fft.irfft2(phase / frequency**exponent, s=(height, width))
        return (plane - plane.mean()) / plane.std()

    light = field(1.1)
    colour = rng.uniform(70, 180, 3)
    gains = rng.uniform(30, 48, 3)
    return np.stack([colour[c] + gains[c] * light + 16 * field(1.5) for c in range(3)], axis=-1)


def _shape(rng: np.random.Generator, canvas: NDArray[np.float64]) -> None:
    height, width = canvas.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
    extent = max(6, int(min(height, width) * rng.uniform(0.03, 0.22)))
    if rng.random() < 0.5:
        cv2.ellipse(mask, centre, (extent, max(3, extent // 2)), float(rng.uniform(0, 180)), 0, 360, 255, -1)
    else:
        points = np.array(centre) + rng.integers(-extent, extent + 1, (int(rng.integers(3, 7)), 2))
        cv2.fillPoly(mask, [points.astype(np.int32)], 255)
    colour = rng.uniform(0, 255, 3)
    inside = mask > 0
    canvas[inside] = 0.35 * canvas[inside] + 0.65 * colour


def _gratings(rng: np.random.Generator, canvas: NDArray[np.float64]) -> None:
    # Stripes near the sampling limit: what one filter keeps and another folds.
    height, width = canvas.shape[:2]
    for _ in range(3):
        h, w = int(height * rng.uniform(0.1, 0.25)), int(width * rng.uniform(0.1, 0.25))
        top, left = int(rng.integers(0, height - h)), int(rng.integers(0, width - w))
        yy, xx = np.mgrid[0:h, 0:w]
        angle, period = rng.uniform(0, np.pi), rng.uniform(2.5, 9)
        wave = np.sin(2 * np.pi * (xx * np.cos(angle) + yy * np.sin(angle)) / period)
        canvas[top : top + h, left : left + w] += wave[..., None] * rng.uniform(15, 60, 3)


def _strokes(rng: np.random.Generator, canvas: NDArray[np.float64]) -> None:
    height, width = canvas.shape[:2]
    for _ in range(int(rng.integers(25, 45))):
        start = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        end = (start[0] + int(rng.integers(-60, 61)), start[1] + int(rng.integers(-60, 61)))
        cv2.line(canvas, start, end, rng.uniform(0, 255, 3).tolist(), int(rng.integers(1, 4)), cv2.LINE_AA)
    word = "".join(chr(int(c)) for c in rng.integers(65, 91, 7))
    cv2.putText(canvas, word, (width // 8, height // 2), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (245.0, 245.0, 240.0), 2)


def pool(kind: str) -> dict[str, Path]:
    """Return the cached pictures of a kind by name, drawing them first if need be.

    ``plain`` are JPEG files, a quarter of them 4:4:4; ``exif`` the same with orientation tags on most; ``grey`` mixes JPEG
    files of one channel in; ``alpha`` is PNG files, most of them with a transparent part.
    """
    folder = _cache_root() / kind
    if not folder.is_dir():
        _fill(folder, kind)
    return {path.stem: path for path in sorted(folder.iterdir())}


def pick(kind: str, seed: int, count: int) -> dict[str, Path]:
    """Return ``count`` pictures of a kind, drawn with a seed; orientation and size are mixed by the pool's order."""
    files = pool(kind)
    names = np.random.default_rng(seed).permutation(sorted(files))[:count]
    return {str(name): files[str(name)] for name in sorted(names)}


def many(count: int) -> dict[str, Path]:
    """Return ``count`` plain pictures, each file as often as it takes, under names of their own."""
    files = list(pool("plain").values())
    return {f"picture_{number:03d}": files[number % len(files)] for number in range(count)}


def size(path: Path) -> tuple[int, int]:
    """Return height and width of a picture as stored, read from its header."""
    with Image.open(path) as file:
        return file.size[1], file.size[0]


def _cache_root() -> Path:
    key = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"preprocessing-skew-bench-{os.getuid()}-{VERSION}-{key}"


def _fill(folder: Path, kind: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{kind}.", dir=folder.parent))
    try:
        for number in range(POOL):
            _write(scratch, kind, number)
        try:
            scratch.rename(folder)
        except OSError:  # another process was first
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(folder: Path, kind: str, number: int) -> None:
    height, width = SIZES[number % len(SIZES)]
    picture = Image.fromarray(draw(1000 + number, height, width))
    path = folder / f"{kind}_{number:02d}"
    if kind == "alpha":
        rgba = np.dstack([np.asarray(picture), _veil(number, height, width)])
        Image.fromarray(rgba if number % 3 else rgba[..., :3]).save(path.with_suffix(".png"))
        return
    if kind == "grey" and number % 2:
        picture = picture.convert("L")
    exif = Image.Exif()
    if kind == "exif":
        exif[0x0112] = ORIENTATIONS[number % len(ORIENTATIONS)]
    picture.save(path.with_suffix(".jpg"), quality=93, subsampling=0 if number % 4 == 3 else 2, exif=exif)


def _veil(number: int, height: int, width: int) -> NDArray[np.uint8]:
    yy, xx = np.mgrid[0:height, 0:width]
    distance = np.hypot(yy / height - 0.5, xx / width - 0.5) * (1.6 + 0.1 * (number % 4))
    return np.clip(510 - 510 * distance, 0, 255).astype(np.uint8)
