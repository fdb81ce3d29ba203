"""DALI pipelines read as recipes: defaults spelled out, sizes computed in the graph put into words, source written back."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelparity.errors import InputError, PipelineFileError
from pixelparity.recipes import Cast, Colour, Crop, Decode, Layout, Normalize, Orient, Pad, Recipe, Resize, Unknown
from pixelparity.sources import dali
from pixelparity.sources.dali.functions import serialize
from pixelparity.sources.dali.graph import Origin
from pixelparity.sources.dali.sizes import Target

FILE = Path(__file__).with_name("dali_pipelines.py")
PIPELINES = FILE.parents[2] / "helpers" / "pixelparity" / "deploy" / "pipelines.py"


def recipe(name: str) -> Recipe:
    """Return the recipe of the first output of a pipeline of the tests."""
    return dali.recipe(f"{FILE}:{name}", output=0)


def lines(tmp_path: Path, *body: str) -> Recipe:
    """Return the recipe of a pipeline given by the lines of its function."""
    head = "from nvidia.dali import fn, math, pipeline_def, types\n\n@pipeline_def\ndef p():\n"
    head += '    images = fn.external_source(name="IN", layout="HWC")\n'
    file = tmp_path / "p.py"
    file.write_text(head + "".join(f"    {line}\n" for line in body) + "    return images\n")
    return dali.recipe(f"{file}:p")


def test_the_incidents_recipe() -> None:
    """Every step, every parameter; what nobody chose is listed as defaulted."""
    read = dali.recipe(f"{PIPELINES}:preprocess_shipped")
    assert read.steps == (
        Decode(library="client", channels="RGB"),
        Resize(
            mode="not_larger", height=512, width=384, kernel="linear", antialias=True, subpixel=True, library="dali",
            rounding="round",
        ),
        Crop(height=512, width=384, rounding="round", out_of_bounds="pad"),
        Cast(dtype="float32"),
        Layout(source="HWC", target="CHW"),
    )  # fmt: skip
    assert {"antialias", "subpixel", "kernel", "rounding"} <= read.steps[1].defaulted
    assert not {"mode", "height", "width"} & read.steps[1].defaulted
    assert "out_of_bounds" not in read.steps[2].defaulted
    assert 'mode="not_larger"' in read.steps[1].origin


def test_a_computed_size_is_put_into_words() -> None:
    """The parity pipeline's whole-number arithmetic is recognised: fit 512 x 384, halves up."""
    resize = dali.recipe(f"{PIPELINES}:preprocess_parity").of_kind("resize")[0]
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.height, resize.width, resize.rounding) == ("not_larger", 512, 384, "floor_plus_half")
    assert (resize.antialias, resize.subpixel) == (False, False)
    assert "rounding" not in resize.defaulted


def test_float32_that_misses_is_told() -> None:
    """floor(height * (24 / min)) is a pixel short for many pictures (256 / 166 * 166 is 255.99998): the words say so."""
    resize = recipe("computed").of_kind("resize")[0]
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.size, resize.rounding) == ("shorter", 24, "floor")
    assert "come out a pixel different" in resize.origin
    assert "min(height, width)" in resize.origin


def test_a_computed_window_is_put_into_words() -> None:
    """A slice of 20 x 20 from the middle, start rounded down, is a centred crop."""
    crop = recipe("sliced").of_kind("crop")[0]
    assert isinstance(crop, Crop)
    assert (crop.height, crop.width, crop.anchor, crop.rounding) == (20, 20, (0.5, 0.5), "floor")


def test_branches_are_one_resize() -> None:
    """An if on the orientation, with a resize in each branch, is a box turned to the picture."""
    resize, pad = recipe("conditional").steps[1:]
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.oriented, {resize.height, resize.width}) == ("stretch", True, {10, 20})
    assert pad == Pad(height=20, width=20, position="top_left", fill=(0.0,))


def test_decoder_letterbox_and_fused_operator() -> None:
    """Decoder, orientation, longer edge, paste on a canvas, and the parts of crop_mirror_normalize, in order."""
    read = recipe("encoded")
    assert [step.kind for step in read.steps] == ["decode", "orient", "resize", "pad", "normalize", "layout"]
    decode, orient, resize, pad, normalize, layout = read.steps
    assert decode == Decode(library="dali", channels="BGR")
    assert orient == Orient(exif=True)
    assert "exif" in orient.defaulted
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.size, resize.kernel) == ("longer", 40, "cubic")
    assert pad == Pad(height=40, width=40, position="centre", fill=(114.0, 114.0, 114.0))
    assert normalize == Normalize(mean=(0.0,) * 3, std=(255.0,) * 3)
    assert layout.defaulted == {"target"}


def test_arithmetic_in_a_row_is_one_normalisation() -> None:
    """(x / 255 - mean) / std over three operators is one step with those constants."""
    normalize = recipe("on_gpu").of_kind("normalize")
    assert normalize == (Normalize(scale=0.003921569, mean=(0.5, 0.4, 0.25), std=(0.5, 0.5, 0.25)),)


def test_scale_and_shift_are_folded() -> None:
    """(x - m) / 2 * 0.5 + 1 is (x - (m - 4)) / 4."""
    read = recipe("swapped_by_conversion")
    assert read.steps[1] == Colour(source="RGB", target="BGR")
    assert read.steps[2] == Normalize(mean=(-3.0, -2.0, 0.0), std=(4.0,))


def test_channel_picking_is_a_colour_step() -> None:
    """Stacked planes are a swap and a transpose; a reshape stays what it is, because it is neither."""
    assert recipe("swapped_by_stack").steps[1:] == (
        Colour(source="RGB", target="BGR"),
        Layout(source="HWC", target="CHW"),
    )
    reshape = recipe("reshaped").steps[-1]
    assert isinstance(reshape, Unknown)
    assert reshape.operator == "fn.reshape"
    assert ("shape", "[3, 16, 12]") in reshape.arguments


def test_what_is_not_understood_is_shown() -> None:
    """A mean of each picture by hand, and a size from a second source, stay visible with their formula."""
    steps = recipe("computed").steps
    assert isinstance(steps[-1], Unknown)
    assert steps[-1].arguments == (("formula", "((picture - <fn.reductions.mean>) / [1, 2, 4])"),)
    resize = recipe("two_sources").steps[-1]
    assert isinstance(resize, Unknown)
    assert resize.operator == "fn.resize"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("images = fn.resize(images, resize_shorter=256, max_size=300)", ("shorter", 256, None, None, 300)),
        ("images = fn.resize(images, size=(7, 9))", ("stretch", None, 7, 9, None)),
        ("images = fn.resize(images, size=8)", ("stretch", None, 8, 8, None)),
        ("images = fn.resize(images, resize_x=9)", ("width", 9, None, None, None)),
        ("images = fn.resize(images, resize_y=9)", ("height", 9, None, None, None)),
        ("images = fn.resize(images, size=(0, 9))", ("width", 9, None, None, None)),
        ("images = fn.resize(images, size=(7, 9), mode='not_smaller')", ("not_smaller", None, 7, 9, None)),
    ],
)
def test_size_arguments(tmp_path: Path, line: str, words: tuple[object, ...]) -> None:
    """Each way of giving a size has its words."""
    resize = lines(tmp_path, line).steps[1]
    assert isinstance(resize, Resize)
    assert (resize.mode, resize.size, resize.height, resize.width, resize.max_size) == words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", ("linear", True, True)),
        (", antialias=False, subpixel_scale=False", ("linear", False, False)),
        (", interp_type=types.INTERP_TRIANGULAR", ("linear", True, True)),
        (", interp_type=types.INTERP_NN", ("nearest", False, True)),
        (", min_filter=types.INTERP_CUBIC, mag_filter=types.INTERP_CUBIC", ("cubic", True, True)),
    ],
)
def test_kernels(tmp_path: Path, arguments: str, words: tuple[object, ...]) -> None:
    """Kernel, antialias and grid; two kernels in one resize have no words."""
    resize = lines(tmp_path, f"images = fn.resize(images, size=(7, 9){arguments})").steps[1]
    assert isinstance(resize, Resize)
    assert (resize.kernel, resize.antialias, resize.subpixel) == words
    mixed = lines(tmp_path, "images = fn.resize(images, size=(7, 9), min_filter=types.INTERP_CUBIC)").steps[1]
    assert isinstance(mixed, Unknown)


def test_statistics_of_each_picture_and_batch_padding(tmp_path: Path) -> None:
    """fn.normalize computes its own statistics unless both are given; fn.pad without a shape pads to the batch."""
    read = lines(tmp_path, "images = fn.pad(images, axis_names='HW', align=[32, 32])", "images = fn.normalize(images)")
    pad, normalize = read.steps[1:]
    assert isinstance(normalize, Normalize)
    assert (normalize.per_image, normalize.axes) == (True, "HWC")
    assert pad == read.batch == Pad(divisor=32, position="top_left", fill=(0.0,))


def test_feed_is_checked_and_told() -> None:
    """Pictures fed as BGR start as BGR."""
    assert dali.recipe(f"{FILE}:identity", feed="bgr").steps == (Decode(library="client", channels="BGR"),)
    with pytest.raises(InputError, match="use auto"):
        dali.recipe(f"{FILE}:identity", feed="yuv")


SIZES = [(h, w) for h in (32, 47, 100, 333) for w in (33, 64, 166, 454)]


@pytest.mark.parametrize("arguments", ["resize_shorter=24", "resize_longer=40, max_size=30", "size=(48, 32), mode='not_larger'",
                                       "size=(48, 32), mode='not_smaller', max_size=60", "resize_x=31"])  # fmt: skip
def test_the_words_give_dalis_sizes(tmp_path: Path, arguments: str) -> None:
    """A resize with constant arguments makes the sizes that its words say, on pictures of many sizes."""
    text = f"""
from nvidia.dali import fn, pipeline_def
@pipeline_def
def p():
    return fn.resize(fn.external_source(name="IN", layout="HWC"), {arguments})
"""
    (tmp_path / "p.py").write_text(text)
    step = dali.recipe(f"{tmp_path / 'p.py'}:p").steps[1]
    assert isinstance(step, Resize)
    target = Target(
        mode=step.mode, size=step.size, height=step.height, width=step.width, rounding=step.rounding,
        max_size=step.max_size,
    )  # fmt: skip
    raw = {f"{h}x{w}": np.zeros((h, w, 3), np.uint8) for h, w in SIZES}
    capture = dali.capture(f"{tmp_path / 'p.py'}:p", dict.fromkeys(raw, Path("unused")), raw=raw)
    high, wide = target.sizes(np.array([h for h, _ in SIZES]), np.array([w for _, w in SIZES]))
    made = [tensor.shape[:2] for _, tensor in capture.finals()]
    assert made == list(zip(high.tolist(), wide.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(2, 300),
    height=st.integers(1, 2000),
    width=st.integers(1, 2000),
    mode=st.sampled_from(["shorter", "longer", "height", "width"]),
)
def test_sizes_keep_the_ratio(size: int, height: int, width: int, mode: str) -> None:
    """The aimed edge gets its size exactly; the other is within one pixel of the ratio; floor <= round <= ceil."""
    aimed = {"shorter": min, "longer": max, "height": lambda h, w: h, "width": lambda h, w: w}[mode]
    made = {}
    for rounding in ("floor", "round", "half_even", "ceil"):
        high, wide = Target(mode=mode, size=size, rounding=rounding).sizes(np.array([height]), np.array([width]))
        made[rounding] = int(high[0]), int(wide[0])
        exact = height * size / aimed(height, width), width * size / aimed(height, width)
        assert all(abs(m - e) < 1 or m == 1 for m, e in zip(made[rounding], exact, strict=True))
        assert size in made[rounding]
    for axis in (0, 1):
        assert made["floor"][axis] <= made["half_even"][axis] <= made["round"][axis] <= made["ceil"][axis]


@pytest.mark.parametrize(
    "name",
    ["shipped", "encoded", "on_gpu", "computed", "conditional", "swapped_by_cat", "swapped_by_stack",
     "swapped_by_conversion", "reshaped", "sliced", "identity"],
)  # fmt: skip
def test_source_written_from_a_file_is_the_same_pipeline(name: str, tmp_path: Path) -> None:
    """The Python text written from a file computes every stage bit for bit, and has the same recipe."""
    data, _ = serialize(f"{FILE}:{name}")
    text = dali.to_source(dali.read(data), name="again")
    file = tmp_path / "again.py"
    file.write_text(text)
    rng = np.random.default_rng(3)
    pictures = {"a": tmp_path / "a.png", "b": tmp_path / "b.png"}
    PIL.Image.fromarray(rng.integers(0, 255, (61, 40, 3)).astype(np.uint8)).save(pictures["a"])
    PIL.Image.fromarray(rng.integers(0, 255, (30, 57, 3)).astype(np.uint8)).save(pictures["b"])
    one, other = dali.capture(data, pictures, output=0), dali.capture(f"{file}:again#0", pictures)
    assert [(s.name, s.step, s.layout, s.value_range) for s in one.stages] == [
        (s.name, s.step, s.layout, s.value_range) for s in other.stages
    ]
    for stage in one.stages:
        for image in pictures:
            assert np.array_equal(one.tensor(stage.name, image), other.tensor(stage.name, image))
    assert dali.recipe(data, output=0).steps == dali.recipe(f"{file}:again#0").steps


def test_the_incident_reads_like_its_source() -> None:
    """Without its source, the shipped pipeline comes out as a person would write it."""
    text = dali.to_source(dali.read(serialize(f"{PIPELINES}:preprocess_shipped")[0]))
    assert '    images = fn.resize(images, size=[512, 384], mode="not_larger")\n' in text
    assert "    images = fn.cast(images, dtype=types.FLOAT)\n" in text
    assert text.endswith("    images = fn.transpose(images, perm=[2, 0, 1])\n    return images\n")


@pytest.mark.parametrize("name", ["shipped", "computed", "sliced"])
def test_written_lines_name_the_lines_that_they_come_from(name: str) -> None:
    """Each line of the written text has the line of the author's file that made its operator, and no line has another's."""
    graph = dali.read(serialize(f"{FILE}:{name}")[0])
    written, made = dali.to_source(graph).splitlines(), dali.origins(graph)
    author = Path(FILE).read_text(encoding="utf-8").splitlines()
    assert set(made) <= set(range(1, len(written) + 1))
    assert made
    for number, origin in made.items():
        operator = re.search(r"= fn\.(?:\w+\.)*(\w+)\(", written[number - 1])
        assert operator is None or operator[1] in author[origin.line - 1].lower()  # types.Constant is fn.constant


def test_a_file_without_origins_names_none() -> None:
    """Nodes that do not say where they come from have no line."""
    graph = dali.read(serialize(f"{FILE}:shipped")[0])
    bare = replace(graph, nodes=tuple(replace(node, origin=Origin()) for node in graph.nodes))
    assert dali.origins(bare) == {}


def test_an_input_that_decodes_is_where_the_picture_begins(tmp_path: Path) -> None:
    """A video's frames go through the remap, not the map that is fed beside them."""
    read = lines(
        tmp_path,
        'frames = fn.experimental.inputs.video(name="V", sequence_length=2, device="cpu")',
        'moved = fn.external_source(name="MAP", ndim=2, dtype=types.FLOAT) - 960.0',
        "frames = fn.experimental.remap(fn.resize(frames, size=[20, 30]).gpu(), moved.gpu(), moved.gpu())",
        "return fn.resize(frames, size=[10, 15])",
    )
    assert [step.kind for step in read.steps] == ["other", "resize", "other", "resize"]
    assert "inputs.video" in read.steps[0].operator


def test_an_align_that_dali_cannot_run_is_said(tmp_path: Path) -> None:
    """Half a pixel of align is kept as nothing: the pipeline fails when it runs, and no recipe says otherwise."""
    with pytest.raises(PipelineFileError, match=r"fn\.pad has align=0"):
        lines(
            tmp_path,
            'images = fn.external_source(name="IN", layout="HWC")',
            "return fn.pad(images, align=0.5, shape=[9, 9, 3])",
        )


def test_a_file_with_the_sign_in_its_name_is_taken_as_it_is(tmp_path: Path) -> None:
    """Only where no such file is does what follows the sign name an output."""
    file = tmp_path / "model#1.dali"
    file.write_bytes(serialize(f"{FILE}:shipped")[0])
    assert dali.recipe(str(file)).steps == dali.recipe(f"{FILE}:shipped").steps
    with pytest.raises(InputError, match="no output 3"):
        dali.recipe(f"{file}#3")


def test_an_alignment_with_a_shape_of_one_pixel_is_each_pictures_own(tmp_path: Path) -> None:
    """Where a shape is given, DALI pads picture by picture; one pixel leaves nothing but the alignment."""
    read = lines(tmp_path, "images = fn.pad(images, axis_names='HW', shape=[1, 1], align=[32, 32])")
    assert read.of_kind("pad")[0].divisor == 32
    assert read.of_kind("pad")[0].height is None
    assert read.batch is None
