"""The fault gallery: ten deployments, each broken as one of a public thread was, from loud to quiet.

An exercise says which two sides to run and which families are worth a thought; what is right is found by running them and
by the diagnosis. Run ``ask(1)`` to ``ask(10)`` in a notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import diagnosis, pictures, sources
from pixelparity.deploy import cache
from pixelparity.errors import InputError
from pixelparity.stages import Capture
from pixelparity.workbook import records, shows

if TYPE_CHECKING:
    from pixelparity.views.quiz import Case, Quiz
    from pixelparity.views.table import Table

SECTION = "gallery"
CLASSES = ("bright", "dark")
#: Height and width of the pictures: upright, lying, square; every resize of the gallery gives them whole numbers.
SIZES = ((240, 320), (320, 240), (288, 192), (192, 288), (240, 240), (180, 240), (240, 180), (360, 240))
TURNED = 3  # in the folder of turned pictures every third one carries an EXIF tag that says to turn it
_BLOCK = 12  # side of the blocks whose means the stand-in model looks at


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """Two sides by the names of their functions, the reference's DALI twin, and the families that one may think of."""

    title: str
    story: str
    thread: str
    reference: str
    deployed: str
    twin: str
    choices: tuple[str, ...]
    turned: bool = False


EXERCISES = (
    Exercise(
        title="The same answer for everyone",
        story="A classifier moved from its training script to a server. Converting changed nothing, the server is healthy.",
        thread="https://github.com/triton-inference-server/server/issues/7631",
        reference="stretched_to_one", deployed="raw_pixels", twin="twin_to_one",
        choices=("scale_missing", "mean_std_wrong", "channel_order", "layout", "resize_mode"),
    ),
    Exercise(
        title="Statistics from the documentation",
        story="The converter was given the mean and deviation that everybody uses; a sample program feeds it pictures.",
        thread="https://github.com/open-edge-platform/geti/issues/281",
        reference="cropped_with_opencv", deployed="statistics_of_zero_to_one", twin="twin_cropped",
        choices=("mean_std_missing", "mean_std_wrong_range", "channel_order", "layout", "resize_mode"),
    ),
    Exercise(
        title="A careful porter",
        story="Someone ported every step of the training to the pipeline. The converted model was said to hold some too.",
        thread="https://github.com/PINTO0309/onnx2tf/issues/610",
        reference="cropped_with_opencv", deployed="normalised_again", twin="twin_cropped",
        choices=("scale_missing", "scale_twice", "mean_std_missing", "channel_order", "antialias"),
    ),
    Exercise(
        title="A letterbox of one's own",
        story="Pictures are fitted into a square, as in training. Square ones give equal tensors on both sides, others do not.",
        thread="https://github.com/marcoslucianops/DeepStream-Yolo/issues/216",
        reference="letterboxed", deployed="black_corner", twin="twin_letterboxed",
        choices=("padding_value", "padding_position", "padding_order", "resize_mode", "rounding"),
    ),
    Exercise(
        title="The right numbers, all of them",
        story="Minimum, maximum, mean and deviation of the input agree with the training's. The tensors do not.",
        thread="https://github.com/NVIDIA/DALI/issues/1417",
        reference="stretched_to_two", deployed="bytes_in_a_row", twin="twin_to_two",
        choices=("mean_std_wrong", "channel_order", "layout", "exif_orientation", "resize_mode"),
    ),
    Exercise(
        title="Just make it the right size",
        story="The model wants 96x96 floats, and that is what it gets. Its zoo's page speaks of a few steps more.",
        thread="https://github.com/onnx/models/issues/64",
        reference="cropped_with_opencv", deployed="stretched_without_statistics", twin="twin_cropped",
        choices=("scale_missing", "mean_std_missing", "resize_mode", "interpolation", "channel_order"),
    ),
    Exercise(
        title="Another library opens the file",
        story="Shapes, ranges and sizes agree, and pictures of grey things are answered as they should be.",
        thread="https://github.com/timesler/facenet-pytorch/issues/174",
        reference="stretched_to_one", deployed="blue_first", twin="twin_to_one",
        choices=("channel_order", "colour_range", "jpeg_chroma", "layout", "mean_std_wrong"),
    ),
    Exercise(
        title="Only some pictures",
        story="Most pictures give the same tensors on both sides. Those taken with a telephone held upright do not.",
        thread="https://github.com/NVIDIA/DALI/issues/2660",
        reference="cropped_with_opencv", deployed="as_stored", twin="twin_cropped", turned=True,
        choices=("exif_orientation", "alpha_gray", "rounding", "target_size", "batch_padding"),
    ),
    Exercise(
        title="A little worse",
        story="Same size, same crop, same constants, and the input looks right to the eye.",
        thread="https://github.com/NVIDIA/DALI/issues/1111",
        reference="cropped_with_pillow", deployed="narrow_filter", twin="twin_pillow",
        choices=("antialias", "subpixel", "rounding", "dtype", "jpeg_chroma"),
    ),
    Exercise(
        title="One number for three",
        story="The runtime's image input has a single scale. Nobody could see a difference on a screen.",
        thread="https://github.com/apple/coremltools/issues/244",
        reference="cropped_with_opencv", deployed="one_deviation", twin="twin_cropped",
        choices=("mean_std_wrong", "dtype", "antialias", "colour_range", "engine_numerics"),
    ),
)  # fmt: skip


def ask(number: int) -> Quiz:
    """Return exercise ``number`` (1 is the loudest) as a quiz for a notebook; what is solved is kept in the run's folder."""
    from pixelparity.views import busy, quiz

    with busy(f"running exercise {number}"):
        case = work_out(number)
    return quiz.ask(case, solved=number in solved(), keep=lambda: _keep(number))


@lru_cache(maxsize=len(EXERCISES))
def work_out(number: int) -> Case:
    """Run both sides of an exercise and the mended one, diagnose them, and return everything that the quiz shows."""
    from pixelparity.views.quiz import Case
    from pixelparity.workbook import gallery_sides

    exercise = _exercise(number)
    files = drawn(turned=exercise.turned)
    reference = sources.python.capture(getattr(gallery_sides, exercise.reference), files)
    broken, twin = getattr(gallery_sides, exercise.deployed), getattr(gallery_sides, exercise.twin)
    deployed, mended = (sources.dali.capture(pipeline, files) for pipeline in (broken, twin))
    model = stand_in(reference)
    return Case(
        number=number,
        title=exercise.title,
        story=exercise.story,
        thread=exercise.thread,
        choices=exercise.choices,
        reference=reference,
        deployed=deployed,
        found=diagnosis.diagnose(reference, deployed, model=model),
        after=diagnosis.diagnose(reference, mended),
        answers={
            name: model(_stacked(side))
            for name, side in (("reference", reference), ("deployed", deployed), ("mended", mended))
        },
        classes=CLASSES,
        mend=shows.show_difference(broken, twin)._repr_html_(),
    )


def stand_in(reference: Capture) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return a tiny model that tells the two kinds of pictures apart, as a classifier trained on the reference would.

    It is ridge regression on the means of blocks of the reference's final tensors (CHW). It maps a batch (n, 3, height,
    width) to probabilities (n, 2).
    """
    seen = _blocks(_stacked(reference))
    centre, spread = seen.mean(axis=0), float(seen.std())
    known = (seen - centre) / spread
    wanted = np.array([1.0 if _kind(name) == 0 else -1.0 for name in reference.images])
    weights = known.T @ np.linalg.solve(known @ known.T + 10.0 * np.eye(len(known)), wanted)

    def probabilities(batch: NDArray[Any]) -> NDArray[Any]:
        margin = np.clip(3.0 * ((_blocks(batch) - centre) / spread) @ weights, -700, 700)
        first = 1 / (1 + np.exp(-margin))
        return np.stack([first, 1 - first], axis=1)

    return probabilities


def drawn(*, turned: bool = False) -> Mapping[str, Path]:
    """Return the gallery's pictures by name, drawn on first use; ``turned`` ones are stored as a telephone stores them."""
    folder = cache.build(SECTION, cache.key(Path(__file__)), write)
    return pictures.find([folder / ("turned" if turned else "plain")])


def write(folder: Path) -> None:
    """Draw the pictures and write them into two folders: the same pixels, in one of them some with an EXIF tag."""
    from PIL import Image

    for name, every in (("plain", 0), ("turned", TURNED)):
        (folder / name).mkdir()
        for number, size in enumerate(SIZES):
            tags = Image.Exif()
            tags[0x0112] = 6 if every and number % every == 1 else 1  # 6: turn a quarter to the right
            target = folder / name / f"drawn_{number}.jpg"
            _draw(number, *size).save(target, quality=95, subsampling=0, exif=tags)


def solved() -> tuple[int, ...]:
    """Return the numbers of the exercises that have been solved in this run's folder."""
    known: list[int] = records.read_result().get(SECTION, {}).get("solved", [])
    return tuple(known)


def progress() -> Table:
    """Return how far one has come: a row per exercise; what was wrong stands there once it is solved."""
    from pixelparity.views.table import Table

    done = solved()
    rows = tuple(_row(number, number in done) for number in range(1, len(EXERCISES) + 1))
    caption = f"{len(done)} of {len(EXERCISES)} exercises solved"
    return Table(columns=("exercise", "what was wrong", "levels off, on average"), rows=rows, caption=caption)


def start(*, again: bool = False) -> Table:
    """Return how far one has come; ``again`` forgets it first, so that no exercise is solved."""
    if again:
        records.record(SECTION, {"solved": []})
    return progress()


def _row(number: int, done: bool) -> tuple[str, str, str]:
    from pixelparity.views.quiz import levels_off
    from pixelparity.views.style import number as written

    name = f"{number}. {EXERCISES[number - 1].title}"
    if not done:
        return name, "not solved yet", "\N{EN DASH}"
    case = work_out(number)
    return name, ", ".join(case.right), written(levels_off(case.found.comparison))


def _keep(number: int) -> None:
    records.record(SECTION, {"solved": sorted({*solved(), number})})


def _exercise(number: int) -> Exercise:
    if not 1 <= number <= len(EXERCISES):
        raise InputError(f"there is no exercise {number}; choose one of 1 to {len(EXERCISES)}")
    return EXERCISES[number - 1]


def _stacked(side: Capture) -> NDArray[np.float32]:
    return np.stack([tensor for _, tensor in side.finals()]).astype(np.float32)


def _blocks(batch: NDArray[Any]) -> NDArray[np.float64]:
    count, channels, height, width = batch.shape
    split = batch.reshape(count, channels, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    means: NDArray[np.float64] = split.mean(axis=(3, 5), dtype=np.float64)
    return means.reshape(count, -1)


def _kind(name: str) -> int:
    return int(Path(name).stem.rsplit("_", 1)[1]) % len(CLASSES)


def _draw(number: int, height: int, width: int) -> Any:
    """Draw a picture with detail at several scales: bright with discs (even numbers), or dark with boxes (odd ones)."""
    from PIL import Image, ImageDraw

    rng = np.random.default_rng(number)
    ground = np.array([[150, 122, 96], [104, 98, 102]][number % len(CLASSES)], np.float64)
    pixels = np.zeros((height, width, 3)) + ground
    for cells, strength in ((4, 40), (12, 28), (40, 22), (90, 16)):
        for channel in range(3):
            coarse = Image.fromarray(rng.normal(0, strength, (cells, cells)).astype(np.float32))
            pixels[:, :, channel] += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(10):
        top, left, extent = (int(rng.integers(0, limit)) for limit in (height, width, min(height, width) // 4))
        red, green, blue = (int(value) for value in (ground + rng.normal(0, 60, 3)).clip(0, 255))
        shape = pen.rectangle if number % len(CLASSES) else pen.ellipse
        shape((left, top, left + extent, top + extent), fill=(red, green, blue))
    return picture
