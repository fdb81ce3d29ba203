"""Repairs of a pipeline's text: the smallest change, its diff, and tensors that are equal again."""

import numpy as np
import pytest

from pixelparity import diagnosis
from pixelparity.diagnosis import FAMILIES
from pixelparity.diagnosis.results import Cause
from pixelparity.errors import InputError, SideError
from pixelparity.recipes import Cast, Crop, Decode, Layout, Normalize, Pad, Recipe, Resize
from pixelparity.repair import search
from tests.repair.texts import (
    CAST,
    CONSTANTS,
    FED,
    FIT,
    IMAGENET,
    INCIDENT,
    LETTERBOX,
    PAD,
    RAW,
    SCALE,
    SCALED,
    SHORT,
    SHORTER,
    SWAP,
    SWAPPED,
    TURN,
    Run,
    cause,
    distance,
    drawn,
    runner,
    text,
)  # fmt: skip


def changed(repaired: search.Repair) -> list[str]:
    """Return the lines that a diff takes out and puts in."""
    lines = repaired.diff.splitlines()
    return [line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---"))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A function that captures a text's ``preprocess`` on four drawn pictures of different sizes."""
    folder = tmp_path_factory.mktemp("repair")
    return runner(folder, drawn(folder, {"a": (90, 61), "b": (50, 130), "c": (75, 75), "d": (133, 57)}))


def test_the_incident_is_one_line() -> None:
    """The mend of the field: one line after the cast, the author's comment and everything else untouched."""
    repaired = search.repair_source(
        INCIDENT.replace(f"    {SCALE}\n", ""), "preprocess", [cause("scale_missing", factor=255.0)]
    )
    assert changed(repaired) == [f"+    {SCALE}"]
    assert repaired.after == INCIDENT
    assert repaired.mended == ("scale_missing",)
    assert repaired.is_complete
    assert repaired.distance is None
    assert "mended: scale_missing" in repaired.describe()


CASES: dict[str, tuple[str, str, list[Cause]]] = {
    "raw for ImageNet": (
        SHORTER,
        SHORTER.replace(f", {CONSTANTS}", ""),
        [
            cause("scale_missing", factor=255.0, reference=SCALED, deployed=RAW),
            cause("mean_std_missing", reference=IMAGENET, deployed=RAW),
        ],
    ),
    "scaled for ImageNet": (
        SHORTER,
        SHORTER.replace(CONSTANTS, "std=[255.0] * 3"),
        [cause("mean_std_missing", reference=IMAGENET, deployed=SCALED)],
    ),
    "0-1 statistics on 0-255": (
        SHORTER,
        SHORTER.replace(CONSTANTS, "mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]"),
        [cause("mean_std_wrong_range", reference=IMAGENET, deployed={**IMAGENET, "scale": 1.0})],
    ),
    "reversed constants": (
        SHORTER,
        SHORTER.replace(CONSTANTS, "mean=[103.53, 116.28, 123.675], std=[57.375, 57.12, 58.395]"),
        [
            cause(
                "mean_std_wrong",
                reference=IMAGENET,
                deployed={n: v[::-1] if n != "scale" else v for n, v in IMAGENET.items()},
            )
        ],
    ),
    "slope and offset only": (
        SHORTER,
        SHORTER.replace("    return images", "    images = images * 2.0\n    return images + 1.0"),
        [cause("mean_std_wrong", slope=[2.0, 2.0, 2.0], offset=[1.0, 1.0, 1.0])],
    ),
    "divided twice": (
        INCIDENT,
        INCIDENT.replace(TURN, "images = images / 255.0\n    " + TURN),
        [cause("scale_twice", factor=1 / 255)],
    ),
    "normalised twice": (
        INCIDENT,
        INCIDENT.replace(SCALE, f"{SCALE}\n    {SCALE}"),
        [cause("scale_twice", factor=1 / 255)],
    ),
    "per image": (
        INCIDENT,
        INCIDENT.replace(SCALE, "images = fn.normalize(images, axes=[0, 1])"),
        [cause("per_image_normalize", axes="HW", reference=SCALED, deployed=RAW)],
    ),
    "channels": (
        SHORTER,
        SHORTER.replace(f"    {SHORT}", f"    {SWAP}\n    {SHORT}"),
        [cause("channel_order", permutation=SWAPPED)],
    ),
    "channels to BGR": (
        SHORTER.replace(f"    {SHORT}", f"    {SWAP}\n    {SHORT}"),
        SHORTER,
        [cause("channel_order", permutation=SWAPPED)],
    ),
    "layout": (INCIDENT, INCIDENT.replace(TURN, "return fn.reshape(images, shape=[3, 48, 32])"), [cause("layout")]),
    "antialias": (
        SHORTER,
        SHORTER.replace("antialias=False, ", ""),
        [cause("antialias", reference=False, deployed=True)],
    ),
    "subpixel": (
        INCIDENT,
        INCIDENT.replace(", subpixel_scale=False", ""),
        [
            cause(
                "subpixel",
                reference={"centre": "half", "exact_scale": False},
                deployed={"centre": "half", "exact_scale": True},
            )
        ],
    ),
    "kernel": (
        SHORTER,
        SHORTER.replace("resize_shorter=40", "resize_shorter=40, interp_type=types.INTERP_NN"),
        [
            cause(
                "interpolation",
                reference={"kernel": "linear", "antialias": False},
                deployed={"kernel": "nearest", "antialias": False},
            )
        ],
    ),
    "levels": (
        SHORTER,
        SHORTER.replace("antialias", "dtype=types.FLOAT, antialias"),
        [cause("dtype", reference="round", deployed="none")],
    ),
    "no levels": (
        SHORTER.replace("antialias", "dtype=types.FLOAT, antialias"),
        SHORTER,
        [cause("dtype", reference="none", deployed="round")],
    ),
    "target size": (
        INCIDENT,
        INCIDENT.replace("HEIGHT, WIDTH = 48, 32", "HEIGHT, WIDTH = 40, 32"),
        [cause("target_size", reference=[48, 32], deployed=[40, 32])],
    ),
    "mode": (
        SHORTER,
        SHORTER.replace("resize_shorter=40", "size=(40, 40)"),
        [
            cause(
                "resize_mode",
                reference={"mode": "shorter", "size": [40]},
                deployed={"mode": "stretch", "size": [40, 40]},
            )
        ],
    ),
    "crop offset": (
        INCIDENT,
        INCIDENT.replace('policy="pad"', 'policy="pad", rounding="truncate"'),
        [cause("rounding", what="offset", offsets=[1])],
    ),
    "fill": (
        LETTERBOX,
        LETTERBOX.replace("114.0", "0.0"),
        [cause("padding_value", reference=[114.0] * 3, deployed=[0.0] * 3)],
    ),
    "top left": (
        LETTERBOX,
        LETTERBOX.replace("fill_values=114.0", "fill_values=114.0, crop_pos_x=0.0, crop_pos_y=0.0"),
        [cause("padding_position", reference="centre", deployed="start", offset=[0, 8])],
    ),
    "fn.pad": (
        LETTERBOX,
        LETTERBOX.replace(
            'fn.crop(images, crop=(HEIGHT, WIDTH), out_of_bounds_policy="pad", fill_values=114.0)',
            "fn.pad(images, shape=[HEIGHT, WIDTH, 3], fill_value=114.0)",
        ),
        [cause("padding_position", reference="centre", deployed="start", offset=[0, 8])],
    ),
    "three at once": (
        LETTERBOX,
        LETTERBOX.replace("114.0", "0.0").replace("antialias=False, ", "").replace(", std=[255.0] * 3", ""),
        [
            cause("scale_missing", factor=255.0, reference=SCALED, deployed=RAW),
            cause("padding_value", reference=[114.0] * 3, deployed=[0.0] * 3),
            cause("antialias", reference=False, deployed=True),
        ],
    ),
    "swap and constants": (
        SHORTER,
        SHORTER.replace(f"    {SHORT}", f"    {SWAP}\n    {SHORT}").replace(f", {CONSTANTS}", ""),
        [
            cause("mean_std_missing", reference=IMAGENET, deployed=RAW),
            cause("channel_order", permutation=SWAPPED),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_repaired_text_computes_what_the_reference_does(name: str, run: Run) -> None:
    """The fault moves the tensors; after the repair they are equal to float32's last digits, and every cause is mended."""
    reference, deployed, causes = CASES[name]
    check = distance(run, reference)
    assert check(deployed) > 1e-4
    repaired = search.repair_source(deployed, "preprocess", causes, check=check)
    assert repaired.mended
    assert not repaired.left
    assert repaired.distance == pytest.approx(0.0, abs=2e-6)
    assert check(repaired.after) == repaired.distance


@pytest.mark.parametrize("name", ["raw for ImageNet", "reversed constants", "fill", "antialias", "layout", "channels"])
def test_the_likeliest_text_needs_no_running(name: str, run: Run) -> None:
    """Without a check the first choice is taken, and it is the right one here."""
    reference, deployed, causes = CASES[name]
    repaired = search.repair_source(deployed, "preprocess", causes)
    assert repaired.tried == 0
    assert distance(run, reference)(repaired.after) == pytest.approx(0.0, abs=2e-6)


@pytest.mark.parametrize("name", ["channels", "normalised twice"])
def test_a_superfluous_line_goes(name: str) -> None:
    """What is too many is taken out with its line, and the text is the reference's again."""
    reference, deployed, causes = CASES[name]
    assert search.repair_source(deployed, "preprocess", causes).after == reference


def test_constants_are_changed_in_place() -> None:
    """A call that normalises keeps its place; only its numbers change, exact ones, in pixels."""
    reference, deployed, causes = CASES["0-1 statistics on 0-255"]
    repaired = search.repair_source(deployed, "preprocess", causes)
    assert repaired.after == reference
    assert len(changed(repaired)) == 2


def test_a_recipe_gives_exact_constants() -> None:
    """Measured constants have five digits; those of a recipe are used where there is one."""
    measured = {"scale": 0.0039216, "mean": [0.48501, 0.45602, 0.40598], "std": [0.22899, 0.22401, 0.22502]}
    reference = Recipe(
        source="training",
        steps=(
            Decode(library="opencv", channels="RGB"),
            Normalize(scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
            Layout(source="HWC", target="CHW"),
        ),
    )
    causes = [cause("mean_std_missing", reference=measured, deployed=RAW)]
    deployed = SHORTER.replace(f", {CONSTANTS}", "")
    assert search.repair_source(deployed, "preprocess", causes, reference=reference).after == SHORTER
    assert search.repair_source(deployed, "preprocess", causes).after != SHORTER


def test_values_are_mended_where_the_layout_fits(run: Run) -> None:
    """Per-channel constants broadcast over channels in HWC, before the transpose."""
    deployed = text(FED, FIT, PAD, CAST, TURN)
    repaired = search.repair_source(
        deployed, "preprocess", [cause("mean_std_missing", reference=IMAGENET, deployed=RAW)]
    )
    assert "shape=[1, 1, 3]" in repaired.after
    made, raw = run(repaired.after), run(deployed)
    for name, tensor in made.finals():
        pixels = raw.tensor(raw.final.name, name)
        wanted = (pixels / 255 - np.reshape(IMAGENET["mean"], (3, 1, 1))) / np.reshape(IMAGENET["std"], (3, 1, 1))
        assert np.abs(tensor - wanted).max() < 1e-5


def test_a_size_is_computed_in_whole_numbers(run: Run) -> None:
    """A size that is rounded otherwise is computed in the graph, in the training's arithmetic."""
    rule = Resize(
        mode="shorter", size=41, kernel="linear", antialias=False, subpixel=False, library="opencv", rounding="floor"
    )
    deployed = text(FED, SHORT.replace("40", "41"), "return images")
    repaired = search.repair_source(
        deployed, "preprocess", [cause("rounding", what="size", offsets=[1])],
        reference=Recipe(source="training", steps=(Decode(library="opencv", channels="RGB"), rule)),
    )  # fmt: skip
    made = run(repaired.after)
    for name, (height, width) in {"a": (90, 61), "b": (50, 130), "c": (75, 75), "d": (133, 57)}.items():
        shorter = min(height, width)
        assert made.tensor(made.final.name, name).shape == (height * 41 // shorter, width * 41 // shorter, 3)
    assert "from nvidia.dali import math" in repaired.after


def test_decoders_are_mended() -> None:
    """Orientation, channel order and alpha are arguments of the decoder."""
    deployed = text(
        "encoded = fn.external_source(name='E')", "return fn.decoders.image(encoded, adjust_orientation=False)"
    )
    for family, wanted in (
        ("exif_orientation", "fn.decoders.image(encoded)"),
        ("channel_order", "fn.decoders.image(encoded, adjust_orientation=False, output_type=types.BGR)"),
        ("alpha_gray", "fn.decoders.image(encoded, adjust_orientation=False, output_type=types.RGB)"),
    ):
        assert wanted in search.repair_source(deployed, "preprocess", [cause(family)]).after


def test_inputs_are_exchanged() -> None:
    """Two outputs in the wrong order change places."""
    deployed = text(FED, "other = fn.flip(images)", "return images, other")
    assert "return other, images" in search.repair_source(deployed, "preprocess", [cause("input_order")]).after


def test_what_no_edit_mends_is_said() -> None:
    """Causes outside of the text are left, each with the place where to mend it; the text stays as it was."""
    families = ["postprocess", "engine_numerics", "batch_padding", "unexplained", "exif_orientation"]
    repaired = search.repair_source(INCIDENT, "preprocess", [cause(family) for family in families])
    assert repaired.after == INCIDENT
    assert repaired.diff == ""
    assert [family for family, _ in repaired.left] == families
    assert "in the client that sends them" in dict(repaired.left)["exif_orientation"]
    assert "nothing was changed" in repaired.describe()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_answered(family: str) -> None:
    """A cause without any parameter is mended or left with a reason; the text always stays Python with the function."""
    for source in (INCIDENT, SHORTER, LETTERBOX):
        repaired = search.repair_source(source, "preprocess", [cause(family)])
        assert family in repaired.mended or dict(repaired.left)[family]
        compile(repaired.after, "pipeline.py", "exec")


def test_a_pipeline_is_written_anew_from_the_recipe(run: Run) -> None:
    """Where no edit is enough, the text comes from the reference's recipe, with the same function and input."""
    reference = Recipe(
        source="training",
        steps=(
            Decode(library="opencv", channels="RGB"),
            Resize(
                mode="not_larger", height=48, width=32, kernel="linear", antialias=False, subpixel=False, library="opencv",
                rounding="floor_plus_half",
            ),
            Pad(height=48, width=32, position="centre", fill=(0.0,)),
            Cast(dtype="float32"),
            Normalize(mean=(0.0,), std=(255.0,)),
            Layout(source="HWC", target="CHW"),
        ),
    )  # fmt: skip
    deployed = text(FED, "images = fn.resize(images, size=(48, 32))", CAST, TURN)
    check = distance(run, INCIDENT.replace('policy="pad"', 'policy="pad", rounding="truncate"'))
    repaired = search.rewrite_source(
        deployed, "preprocess", [cause("resize_mode"), cause("postprocess")], reference, check=check
    )
    assert repaired.distance == pytest.approx(0.0, abs=2e-3)
    assert 'external_source(name="IN"' in repaired.after
    assert repaired.mended == ("resize_mode",)
    assert repaired.left[0][0] == "postprocess"


def test_the_frame_behind_a_resize_comes_from_the_recipe(run: Run) -> None:
    """Stretched instead of shorter edge and crop: the resize is changed and the crop is put behind it."""
    steps = (
        Decode(library="dali", channels="RGB"),
        Resize(
            mode="shorter", size=40, kernel="linear", antialias=False, subpixel=False, library="dali", rounding="round"
        ),
        Crop(height=32, width=32, rounding="round", out_of_bounds="error"),
    )
    good = text(FED, SHORT, "images = fn.crop(images, crop=(32, 32))", CAST, "return images")
    bad = text(FED, SHORT.replace("resize_shorter=40", "size=(32, 32)"), CAST, "return images")
    told = {"mode": "shorter", "size": [40]}
    repaired = search.repair_source(
        bad, "preprocess", [cause("resize_mode", reference=told)], reference=Recipe(source="training", steps=steps),
        check=distance(run, good),
    )  # fmt: skip
    assert repaired.distance == 0
    assert repaired.after == good


def test_a_text_that_cannot_be_read(run: Run) -> None:
    """No Python, no function of that name, no return: one clear line. A repair that does not run is not taken."""
    with pytest.raises(InputError, match="not Python"):
        search.repair_source("def p(:", "p", [])
    with pytest.raises(InputError, match="no function 'other'"):
        search.repair_source(INCIDENT, "other", [])

    def failing(source: str) -> float:
        raise SideError("it does not run")

    with pytest.raises(SideError, match="does not run"):
        search.repair_source(INCIDENT, "preprocess", [cause("antialias", reference=True)], check=failing)


def test_diagnosed_repaired_and_diagnosed_again(run: Run) -> None:
    """The incident from end to end: the shipped text against the training's, repaired by text alone, matches."""
    reference = INCIDENT.replace('policy="pad"', 'policy="pad", rounding="truncate"')
    shipped = text(FED, FIT.replace(", antialias=False, subpixel_scale=False", ""), PAD, CAST, TURN)
    found = diagnosis.diagnose(run(reference), run(shipped))
    assert found.causes[0].family == "scale_missing"
    repaired = search.repair_source(shipped, "preprocess", found.causes, check=distance(run, reference))
    assert f"+    {SCALE}" in repaired.diff
    assert diagnosis.diagnose(run(reference), run(repaired.after)).verdict == "match"
