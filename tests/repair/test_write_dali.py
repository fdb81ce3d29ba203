"""Recipes written as DALI pipelines and run on the CPU, against OpenCV and Pillow themselves."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import (
    Cast,
    Colour,
    Crop,
    Decode,
    Layout,
    Normalize,
    Orient,
    Pad,
    Recipe,
    Resize,
    Step,
    Unknown,
    pillow_passes,
)
from pixelparity.repair.write_dali import write_dali

SIZES = ((37, 91), (120, 64), (233, 311), (311, 233), (256, 256), (61, 400))
KERNELS = {
    "linear": (cv2.INTER_LINEAR, Image.Resampling.BILINEAR),
    "cubic": (cv2.INTER_CUBIC, Image.Resampling.BICUBIC),
    "lanczos": (cv2.INTER_LANCZOS4, Image.Resampling.LANCZOS),
    "nearest": (cv2.INTER_NEAREST, Image.Resampling.NEAREST),
}


def drawn(height: int, width: int) -> NDArray[np.uint8]:
    """Return a picture of waves, an edge and noise, HWC RGB."""
    random = np.random.default_rng(height * 7919 + width)
    rows, columns = np.mgrid[0:height, 0:width]
    waves = 128 + 80 * np.sin(rows[..., None] / (5, 9, 14) + columns[..., None] / (11, 6, 8))
    waves[height // 3 :, width // 2 :] += 60
    return (waves + random.normal(0, 30, waves.shape)).clip(0, 255).astype(np.uint8)


PICTURES = [drawn(*size) for size in SIZES]


def run(text: str, pictures: Sequence[NDArray[np.uint8]]) -> list[NDArray[Any]]:
    """Run a written pipeline on the CPU, all pictures in one batch."""
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    pipeline = namespace["preprocess"](batch_size=len(pictures), num_threads=2, device_id=None, prefetch_queue_depth=1)
    pipeline.build()
    pipeline.feed_input("images", list(pictures))
    (output,) = pipeline.run()
    return [np.array(output.at(number)) for number in range(len(pictures))]


def recipe_of(*steps: Step, channels: str = "RGB") -> Recipe:
    """Return a recipe that decodes and takes these steps."""
    return Recipe(source="test", steps=(Decode(library="opencv", channels=channels), Orient(exif=True), *steps))


def resize(kernel: str, library: str, **values: Any) -> Resize:
    """Return a resize to 96 x 112 as a library does it."""
    filters = library == "pillow" and kernel != "nearest"
    values = {
        "mode": "stretch", "height": 96, "width": 112, "rounding": "none", "antialias": filters,
        "passes": pillow_passes(Image.__version__) if filters else "one", **values,
    }  # fmt: skip
    return Resize(kernel=kernel, subpixel=False, library=library, **values)


@pytest.mark.parametrize("kernel", ["linear", "cubic", "lanczos"])
def test_opencv_resize_within_one_level(kernel: str) -> None:
    """The written resize is OpenCV's, at most 1 level away, although DALI has no such cubic or Lanczos kernel."""
    outputs = run(write_dali(recipe_of(resize(kernel, "opencv")), feed="rgb"), PICTURES)
    for picture, output in zip(PICTURES, outputs, strict=True):
        expected = cv2.resize(picture, (112, 96), interpolation=KERNELS[kernel][0])
        assert np.abs(output.astype(int) - expected).max() <= 1


def test_nearest_pixels_but_for_ties() -> None:
    """The written nearest resize takes OpenCV's and Pillow's pixels, except where a position is exactly a whole number."""
    rows, columns = np.arange(96), np.arange(112)
    for library, ties in (
        ("opencv", lambda x, old, new: x * old % new),
        ("pillow", lambda x, old, new: (2 * x + 1) * old % (2 * new)),
    ):
        outputs = run(write_dali(recipe_of(resize("nearest", library)), feed="rgb"), PICTURES)
        for picture, output in zip(PICTURES, outputs, strict=True):
            resized = cv2.resize(picture, (112, 96), interpolation=cv2.INTER_NEAREST)
            if library == "pillow":
                resized = np.asarray(Image.fromarray(picture).resize((112, 96), Image.Resampling.NEAREST))
            sure = np.ix_(ties(rows, picture.shape[0], 96) != 0, ties(columns, picture.shape[1], 112) != 0)
            np.testing.assert_array_equal(output[sure], resized[sure])


def test_dalis_own_cubic_is_far_from_opencvs() -> None:
    """The taps are written out for a reason: DALI's cubic kernel with the same switches is more than 5 levels away."""
    outputs = run(write_dali(recipe_of(resize("cubic", "dali")), feed="rgb"), PICTURES)
    expected = cv2.resize(PICTURES[2], (112, 96), interpolation=cv2.INTER_CUBIC)
    assert np.abs(outputs[2].astype(int) - expected).max() > 5


@pytest.mark.parametrize("kernel", ["linear", "cubic", "lanczos"])
def test_pillow_resize_border_included(kernel: str) -> None:
    """The written resize is Pillow's in both passes: a mean of 0.05 levels, 1 level on 99.9 % of the values, 2 at the border."""
    outputs = run(write_dali(recipe_of(resize(kernel, "pillow")), feed="rgb"), PICTURES)
    for picture, output in zip(PICTURES, outputs, strict=True):
        expected = np.asarray(Image.fromarray(picture).resize((112, 96), KERNELS[kernel][1]))
        levels = np.abs(output.astype(int) - expected)
        assert levels.mean() <= 0.05
        assert (levels <= 1).mean() >= 0.999
        assert levels.max() <= 2


def test_pillow_order_of_passes_matters() -> None:
    """A tall picture resized in the other Pillow's order of passes differs in more than 5 % of the values."""
    tall = [drawn(400, 90)]
    first, second = (
        run(write_dali(recipe_of(resize("cubic", "pillow", passes=passes)), feed="rgb"), tall)[0]
        for passes in ("pillow_13", "horizontal_first")
    )
    assert (first != second).mean() > 0.05


def test_short_edge_and_centre_crop_written() -> None:
    """Short edge and centre crop give mmcv's window, in the shape and at the place of the training's, for odd sizes too."""
    steps = (
        resize("linear", "opencv", mode="shorter", size=97, height=None, width=None, rounding="floor"),
        Crop(height=64, width=80, rounding="half_even", out_of_bounds="trim"),
    )
    for picture, output in zip(PICTURES, run(write_dali(recipe_of(*steps), feed="rgb"), PICTURES), strict=True):
        height, width = (97 * edge // min(picture.shape[:2]) for edge in picture.shape[:2])
        whole = cv2.resize(picture, (width, height))
        top, left = round((height - 64) / 2), round((width - 80) / 2)
        expected = whole[top : top + 64, left : left + 80]
        assert output.shape == expected.shape
        assert np.abs(output.astype(int) - expected).max() <= 1


def test_channel_swap_moves_into_the_decoder_and_fills_are_turned() -> None:
    """A BGR recipe that swaps at the end is written as RGB, with the fill of the pad turned around and the statistics kept."""
    steps = (
        Pad(height=400, width=400, position="centre", fill=(10.0, 20.0, 30.0)),
        Colour(source="BGR", target="RGB"),
        Layout(source="HWC", target="CHW"),
        Cast(dtype="float32"),
        Normalize(mean=(1.0, 2.0, 3.0), std=(2.0, 4.0, 8.0)),
    )
    text = write_dali(recipe_of(*steps, channels="BGR"), feed="rgb")
    (output,) = run(text, PICTURES[:1])
    assert output.dtype == np.float32
    np.testing.assert_allclose(output[:, 0, 0], [(30 - 1) / 2, (20 - 2) / 4, (10 - 3) / 8], rtol=1e-5)
    np.testing.assert_allclose(
        output[:, 181 + 5, 154 + 9], (PICTURES[0][5, 9] - (1.0, 2.0, 3.0)) / (2, 4, 8), rtol=1e-5
    )
    assert "output_type=types.RGB" in write_dali(recipe_of(*steps, channels="BGR"))


def test_padding_behind_the_normalisation_stays_behind_it() -> None:
    """A fill of 0 after the normalisation is 0 in the tensor, not the normalised 0."""
    steps = (
        Layout(source="HWC", target="CHW"),
        Normalize(mean=(100.0,), std=(50.0,)),
        Pad(divisor=128, position="top_left", fill=(0.0,)),
    )
    (output,) = run(write_dali(recipe_of(*steps), feed="rgb"), PICTURES[:1])
    assert output.shape == (3, 128, 128)
    assert (output[:, 40:, :] == 0).all()
    np.testing.assert_allclose(output[:, :37, :91], (PICTURES[0].transpose(2, 0, 1) - 100.0) / 50, atol=1e-5)


def test_scale_and_statistics_become_one_normalisation() -> None:
    """(x / 255 - m) / s is written as (x - 255 m) / (255 s), with the digits a person would write."""
    steps = (Normalize(scale=1 / 255), Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)))
    assert "mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]" in write_dali(recipe_of(*steps))


@pytest.mark.parametrize(("dtype", "written"), [("uint8", False), ("float32", True)])
def test_a_resize_rounds_as_the_recipe_does(dtype: str, written: bool) -> None:
    """Bytes are DALI's own output for bytes; floats are asked for."""
    step = resize("linear", "dali", mode="stretch", height=9, width=9, rounding="none", dtype=dtype)
    assert ("subpixel_scale=False, dtype=types.FLOAT," in write_dali(recipe_of(step))) == written


def test_statistics_of_each_picture() -> None:
    """A recipe that normalises by each picture's own statistics gives mean 0 and deviation 1 per channel."""
    steps = (Layout(source="HWC", target="CHW"), Normalize(per_image=True, axes="HW"))
    (output,) = run(write_dali(recipe_of(*steps), feed="rgb"), PICTURES[:1])
    np.testing.assert_allclose(output.mean((1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(output.std((1, 2)), 1, atol=1e-3)


def test_bgr_pictures_can_be_fed() -> None:
    """Pictures fed as BGR come out in the recipe's RGB."""
    (output,) = run(write_dali(recipe_of(), feed="bgr"), [np.ascontiguousarray(PICTURES[0][..., ::-1])])
    np.testing.assert_array_equal(output, PICTURES[0])


def test_encoded_pictures_are_decoded_like_opencv() -> None:
    """A JPEG fed as bytes comes out as OpenCV decodes it, bit for bit, EXIF orientation applied."""
    exif = Image.Exif()
    exif[0x0112] = 6
    import io

    buffer = io.BytesIO()
    Image.fromarray(PICTURES[2]).save(buffer, "JPEG", quality=90, exif=exif)
    encoded = np.frombuffer(buffer.getvalue(), np.uint8)
    (output,) = run(write_dali(recipe_of()), [encoded])
    np.testing.assert_array_equal(output, cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1])
    (plain,) = run(
        write_dali(Recipe(source="x", steps=(Decode(library="pillow", channels="RGB"), Orient(exif=False)))), [encoded]
    )
    assert plain.shape == PICTURES[2].shape


def test_text_is_a_module_with_reasons() -> None:
    """The text is valid Python with one pipeline function, ``device`` as argument, and a comment at the resampling."""
    text = write_dali(recipe_of(resize("linear", "pillow")), name="serve_me")
    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert [argument.arg for argument in functions["serve_me"].args.args] == ["device"]
    assert 'device="mixed" if device == "gpu" else "cpu"' in text
    assert "# pillow widens the linear filter when it shrinks" in text
    assert all(ast.get_docstring(node) for node in functions.values())


@pytest.mark.parametrize("feed", ["encoded", "rgb"])
@pytest.mark.parametrize(("kernel", "library"), [("linear", "opencv"), ("cubic", "opencv"), ("linear", "pillow")])
def test_gpu_variant_stays_on_the_gpu(feed: str, kernel: str, library: str) -> None:
    """With ``device="gpu"`` the graph can be defined (DALI refuses operands on two devices) and its output is on the GPU."""
    from nvidia.dali import Pipeline

    steps = (
        resize(kernel, library),
        Crop(height=8, width=8, rounding="floor", out_of_bounds="trim"),
        Normalize(std=(255.0,)),
    )
    namespace: dict[str, Any] = {}
    exec(write_dali(recipe_of(*steps), feed=feed).replace("@pipeline_def\n", ""), namespace)
    with Pipeline(batch_size=1, num_threads=1, device_id=0):
        assert namespace["preprocess"](device="gpu").device == "gpu"


def test_two_resizes_get_functions_of_their_own() -> None:
    """Two resizes of other sizes are two functions; equal ones share theirs."""
    steps = [resize("linear", "opencv", height=size, width=size) for size in (50, 60, 50)]
    text = write_dali(recipe_of(*steps), feed="rgb")
    assert text.count("def resized") == 2
    (output,) = run(text, PICTURES[:1])
    assert output.shape == (50, 50, 3)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (recipe_of(Unknown(operator="fn.mystery")), "fn.mystery"),
        (recipe_of(channels="unknown"), "unknown"),
        (recipe_of(resize("hamming", "pillow")), "hamming"),
    ],
)
def test_what_dali_cannot_do_is_named(recipe: Recipe, message: str) -> None:
    """A step without a meaning, an unknown channel order and a kernel far from all of DALI's are refused by name."""
    with pytest.raises(UnsupportedStep, match=message):
        write_dali(recipe)


@pytest.mark.parametrize("arguments", [{"feed": "yuv"}, {"name": "not a name"}])
def test_bad_arguments_are_refused(arguments: dict[str, str]) -> None:
    """A feed or function name that cannot be is refused."""
    with pytest.raises(InputError):
        write_dali(recipe_of(), **arguments)


def test_area_says_how_far_it_is() -> None:
    """Where DALI has no equal, the text says so with the measured distance, and the closest kernel keeps to it."""
    text = write_dali(recipe_of(resize("area", "opencv")), feed="rgb")
    assert "DALI has no box filter" in text
    (output,) = run(text, [PICTURES[2]])
    expected = cv2.resize(PICTURES[2], (112, 96), interpolation=cv2.INTER_AREA)
    assert np.abs(output.astype(int) - expected).mean() < 12
