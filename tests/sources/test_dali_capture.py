"""The DALI source's captures: every operator tapped, whatever names the pipeline."""

import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pixelparity import stages
from pixelparity.errors import ImageError, InputError, MissingLibrary, NotComparable, SideError
from pixelparity.sources import dali
from pixelparity.sources.dali.functions import serialize

FILE = Path(__file__).with_name("dali_pipelines.py")


def spec(name: str) -> str:
    """Return a pipeline of the tests as FILE.py:FUNCTION."""
    return f"{FILE}:{name}"


def final(capture: stages.Capture, image: str) -> np.ndarray:
    """Return an image's final tensor."""
    return capture.tensor(capture.final.name, image)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Four smooth colour pictures of different sizes and orientations, one of them JPEG with an orientation tag."""
    folder, rng = tmp_path_factory.mktemp("drawn"), np.random.default_rng(5)
    files = {}
    for name, (height, width) in {"tall": (60, 41), "wide": (33, 80), "small": (20, 25)}.items():
        noise = rng.integers(0, 255, (7, 6, 3)).astype(np.uint8)
        files[name] = folder / f"{name}.png"
        PIL.Image.fromarray(noise).resize((width, height)).save(files[name])
    turned = PIL.Image.fromarray(rng.integers(0, 255, (6, 5, 3)).astype(np.uint8)).resize((50, 30))
    exif = turned.getexif()
    exif[0x0112] = 6
    files["turned"] = folder / "turned.jpg"
    turned.save(files["turned"], exif=exif, quality=95)
    return files


def test_every_operator_is_a_stage_with_what_it_declares(pictures: dict[str, Path]) -> None:
    """The incident's pipeline has one stage per operator, with step, layout, channels, type, range and source line."""
    capture = dali.capture(spec("shipped"), pictures)
    told = [(s.name, s.step, s.layout, s.channels, s.dtype, s.value_range) for s in capture.stages]
    assert told == [
        ("input", "input", "HWC", "RGB", "uint8", (0, 255)),
        ("resize", "resize", "HWC", "RGB", "uint8", (0, 255)),
        ("crop", "crop", "HWC", "RGB", "uint8", (0, 255)),
        ("cast", "cast", "HWC", "RGB", "float32", (0, 255)),
        ("transpose", "layout", "CHW", "RGB", "float32", (0, 255)),
    ]
    assert "dali_pipelines.py" in capture.stage("resize").origin
    assert 'fn.resize(images, size=(48, 32), mode="not_larger")' in capture.stage("resize").origin
    assert final(capture, "wide").shape == (3, 48, 32)
    assert capture.tensor("input", "wide").shape == (33, 80, 3)


def test_tapping_changes_nothing(pictures: dict[str, Path]) -> None:
    """The final tensor equals that of the pipeline run on its own, bit for bit."""
    from nvidia.dali import fn, pipeline_def, types

    @pipeline_def(batch_size=1, num_threads=1, device_id=None, prefetch_queue_depth=1)
    def plain():
        images = fn.external_source(name="IN")
        return fn.crop_mirror_normalize(fn.resize(images, size=(30, 20)), mean=[3.0], std=[7.0], dtype=types.FLOAT)

    pipeline = plain()
    pipeline.build()
    capture = dali.capture(plain, pictures)
    for name in pictures:
        pipeline.feed_input("IN", [capture.tensor("input", name)])
        assert np.array_equal(np.array(pipeline.run()[0].at(0)), final(capture, name))


def test_function_pipeline_file_and_bytes_are_captured_alike(pictures: dict[str, Path], tmp_path: Path) -> None:
    """A spec, a function, a built pipeline, a file and its bytes give the same tensors."""
    from pixelparity.sources.dali.functions import load_function

    function = load_function(spec("shipped"))
    built = function(batch_size=2, num_threads=1, device_id=None)
    built.build()
    data, _ = serialize(function)
    file = tmp_path / "model.dali"
    file.write_bytes(data)
    first = dali.capture(spec("shipped"), pictures)
    for given in (function, built, file, str(file), data):
        other = dali.capture(given, pictures)
        assert [s.name for s in other.stages] == [s.name for s in first.stages]
        assert all(np.array_equal(final(other, name), final(first, name)) for name in pictures)


def test_one_by_one_equals_a_batch(pictures: dict[str, Path]) -> None:
    """A picture's tensors do not depend on the batch it was in."""
    alone, together = (dali.capture(spec("computed"), pictures, batch_size=size) for size in (1, 3))
    for stage in alone.stages:
        for name in pictures:
            assert np.array_equal(alone.tensor(stage.name, name), together.tensor(stage.name, name))


def test_encoded_pictures_go_to_a_decoder(pictures: dict[str, Path]) -> None:
    """Bytes are fed where a decoder reads them; what it decodes, orientation included, is what OpenCV decodes."""
    capture = dali.capture(spec("encoded"), pictures, output=0)
    assert capture.facts["feed"] == "encoded"
    assert [s.step for s in capture.stages] == ["decode", "resize", "pad", "normalize"]
    assert capture.final.value_range == (0, 1)
    assert {s.channels for s in capture.stages} == {"BGR"}
    fed = dali.capture(spec("identity"), pictures, feed="bgr")
    assert capture.tensor("decoders.image", "turned").shape == (50, 30, 3)
    for name in pictures:
        assert np.array_equal(capture.tensor("decoders.image", name), final(fed, name))


def test_feed_decides_the_channel_order(pictures: dict[str, Path]) -> None:
    """Fed as BGR the same picture has its channels reversed, and says so."""
    rgb, bgr = (dali.capture(spec("identity"), pictures, feed=feed) for feed in ("auto", "bgr"))
    assert (rgb.final.channels, bgr.final.channels) == ("RGB", "BGR")
    assert np.array_equal(final(rgb, "tall"), final(bgr, "tall")[..., ::-1])
    assert "IMREAD_COLOR" in rgb.facts["decoder"]


def test_tensors_can_be_fed_in_place_of_files(pictures: dict[str, Path]) -> None:
    """Given tensors are fed as they are; an image without one is an error."""
    given = {name: np.full((60, 44, 3), 7, np.uint8) for name in pictures}
    assert final(dali.capture(spec("shipped"), pictures, raw=given), "wide").max() == 7
    with pytest.raises(InputError, match="'small'"):
        dali.capture(spec("shipped"), pictures, raw={n: t for n, t in given.items() if n != "small"})


def test_gpu_operators_run_as_their_cpu_twins(pictures: dict[str, Path]) -> None:
    """A pipeline for a GPU is captured without one; the facts name what was moved; ranges follow the constants."""
    capture = dali.capture(spec("on_gpu"), pictures)
    assert "__Resize_1" in capture.facts["moved_to_cpu"]
    assert [s.name for s in capture.stages] == ["decoders.image", "resize", "cast", "divide", "subtract", "divide_2"]
    assert [s.value_range for s in capture.stages[3:]] == [(0, 1), (-0.5, 0.75), (-1.0, 3.0)]


def test_branches_are_joined(pictures: dict[str, Path]) -> None:
    """An if in the graph is one stage, and pictures that take different branches are captured together."""
    capture = dali.capture(spec("conditional"), pictures)
    assert [(s.name, s.step) for s in capture.stages] == [("input", "input"), ("merge", "resize"), ("pad", "pad")]
    assert capture.tensor("merge", "tall").shape == (20, 10, 3)
    assert capture.tensor("merge", "wide").shape == (10, 20, 3)


@pytest.mark.parametrize(
    ("name", "layout"), [("swapped_by_cat", "HWC"), ("swapped_by_stack", "CHW"), ("swapped_by_conversion", "HWC")]
)
def test_channel_swaps_are_declared(pictures: dict[str, Path], name: str, layout: str) -> None:
    """However the channels are swapped, the stage says that it is a colour step and that BGR comes out."""
    capture = dali.capture(spec(name), pictures)
    stage = capture.stages[1]
    assert (stage.step, stage.channels, stage.layout) == ("colour", "BGR", layout)
    swapped = capture.tensor("input", "tall")[..., ::-1]
    assert np.array_equal(
        capture.tensor(stage.name, "tall"), swapped if layout == "HWC" else swapped.transpose(2, 0, 1)
    )


def test_range_follows_scale_and_shift(pictures: dict[str, Path]) -> None:
    """(x - mean) / 2 * 0.5 + 1 with means 1, 2, 4 takes 0..255 to 0..64.5; a mean of each picture has no known range."""
    assert dali.capture(spec("swapped_by_conversion"), pictures).final.value_range == (0.0, 64.5)
    assert dali.capture(spec("computed"), pictures).final.value_range is None


@pytest.mark.parametrize(
    ("arguments", "bounds"),
    [
        ("", (0.0, 255.0)),
        (", dtype=types.FLOAT", (0.0, 255.0)),
        (", interp_type=types.INTERP_CUBIC", (0.0, 255.0)),
        (", interp_type=types.INTERP_CUBIC, dtype=types.FLOAT", None),
        (", min_filter=types.INTERP_LANCZOS3, dtype=types.FLOAT", None),
        (", interp_type=types.INTERP_NN, dtype=types.FLOAT", (0.0, 255.0)),
    ],
)
def test_range_after_kernels_that_overshoot(
    pictures: dict[str, Path], tmp_path: Path, arguments: str, bounds: tuple[float, float] | None
) -> None:
    """Cubic and Lanczos go beyond the pixels' range where nothing cuts it off: in floats, not in bytes."""
    file = tmp_path / "p.py"
    head = "from nvidia.dali import fn, pipeline_def, types\n\n@pipeline_def\ndef p():\n"
    file.write_text(
        f"{head}    images = fn.external_source(name='IN', layout='HWC')\n"
        f"    return fn.resize(images, size=(9, 9){arguments})\n"
    )
    assert dali.capture(f"{file}:p", {"small": pictures["small"]}).final.value_range == bounds


def test_a_reshape_declares_what_its_author_meant(pictures: dict[str, Path]) -> None:
    """A shape of three planes is declared CHW; the values lie where the bytes were."""
    capture = dali.capture(spec("reshaped"), pictures)
    assert capture.final.layout == "CHW"
    assert np.array_equal(final(capture, "tall").ravel(), capture.tensor("resize", "tall").ravel())


def test_a_second_source_gets_a_constant(pictures: dict[str, Path]) -> None:
    """Pictures are fed to the one source that is left."""
    capture = dali.capture(spec("two_sources"), pictures, extra={"b": np.array([9, 7], np.float32)})
    assert final(capture, "tall").shape == (9, 7, 3)
    with pytest.raises(InputError, match=r"2 external sources \(a, b\)"):
        dali.capture(spec("two_sources"), pictures)
    with pytest.raises(InputError, match="no external source 'c'"):
        dali.capture(spec("two_sources"), pictures, extra={"c": np.zeros(2)})


def test_another_output_can_be_chosen(pictures: dict[str, Path]) -> None:
    """By number or by name; one that does not exist is named with those that do."""
    capture = dali.capture(spec("encoded"), pictures, output=1)
    assert capture.final.step == "pad"
    assert dali.capture(spec("encoded"), pictures, output=capture.facts["output"]).final == capture.final
    with pytest.raises(InputError, match="no output 5"):
        dali.capture(spec("encoded"), pictures, output=5)
    for which in ("1", capture.facts["output"]):
        assert dali.capture(f"{spec('encoded')}#{which}", pictures).final == capture.final


def test_of_several_pictures_one_has_to_be_chosen(pictures: dict[str, Path]) -> None:
    """Nobody guesses which of two outputs the model gets: both are listed, with the way to name one."""
    for read in (dali.recipe, lambda target: dali.capture(target, pictures)):
        with pytest.raises(InputError, match=r"2 of its outputs hold pictures \(#0 .*, #1 .*encoded#0"):
            read(spec("encoded"))


def test_pictures_that_are_none(pictures: dict[str, Path], tmp_path: Path) -> None:
    """What is no picture, truncated or CMYK is refused by name, decoded or encoded; a grey one gets three channels."""
    data = pictures["turned"].read_bytes()
    with PIL.Image.open(pictures["tall"]) as opened:
        grey = opened.convert("L")
        opened.convert("CMYK").save(tmp_path / "cmyk.jpg")
    grey.save(tmp_path / "grey.png")
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) * 3 // 4])
    for name in ("cmyk", "text", "cut", "missing"):
        for pipeline in ("shipped", "encoded"):
            with pytest.raises(ImageError, match=rf"{name}\.jpg"):
                dali.capture(spec(pipeline), {**pictures, name: tmp_path / f"{name}.jpg"}, output=0)
    picture = final(dali.capture(spec("identity"), {"grey": tmp_path / "grey.png"}), "grey")
    assert picture.shape == (60, 41, 3)
    assert np.array_equal(picture, np.repeat(np.asarray(grey)[..., None], 3, axis=2))


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("reads_itself", InputError, "no external source"),
        ("measures", InputError, "is no picture; it is the only output"),
        ("crops_too_much", SideError, "fails on image 'tall'.*out of bounds"),
        ("dumps", InputError, "writes files"),
        ("calls_python", SideError, "python_function"),
        ("raises", SideError, "boom"),
        ("undecorated", InputError, "decorate it with @pipeline_def"),
        ("nothing", InputError, "no function 'nothing'; its pipeline functions are .*shipped"),
    ],
)
def test_pipelines_that_cannot_be_captured(
    pictures: dict[str, Path], name: str, error: type[Exception], text: str
) -> None:
    """Each gets one line that says what is wrong."""
    with pytest.raises(error, match=text) as raised:
        dali.capture(spec(name), pictures)
    assert "\n" not in str(raised.value)


def test_arguments_are_checked(pictures: dict[str, Path], tmp_path: Path) -> None:
    """No pictures, no batch, an unknown feed, a file that fails on import."""
    with pytest.raises(NotComparable):
        dali.capture(spec("shipped"), {})
    with pytest.raises(InputError, match="batch size is 0"):
        dali.capture(spec("shipped"), pictures, batch_size=0)
    with pytest.raises(InputError, match="use auto, encoded, rgb, bgr"):
        dali.capture(spec("shipped"), pictures, feed="yuv")
    (tmp_path / "broken.py").write_text("import nothing_of_that_name")
    with pytest.raises(SideError, match=r"broken\.py fails while it is run: ModuleNotFoundError"):
        dali.capture(f"{tmp_path / 'broken.py'}:f", pictures)
    with pytest.raises(InputError, match="does not exist"):
        dali.capture(f"{tmp_path / 'none.py'}:f", pictures)


def test_without_dali_the_install_line_is_given(pictures: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Running a pipeline without DALI says how to install it."""
    data, _ = serialize(spec("shipped"))
    monkeypatch.setitem(sys.modules, "nvidia.dali", None)
    with pytest.raises(MissingLibrary, match=r'run: pip install "pixelparity\[dali\]"'):
        dali.capture(data, pictures)
