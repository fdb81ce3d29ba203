"""Ascend's AIPP configs: worked-out recipes, each matrix by what it does to a colour, and refusals of what is not known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity.errors import InputError, SkewError, UnsupportedStep
from pixelparity.recipes import Cast, Colour, Crop, Decode, Normalize, Recipe, Unknown
from pixelparity.recipes.canonical import canonical
from pixelparity.sources import aipp

JPEG = (256, 0, 359, 256, -88, -183, 256, 454, 0)
PLAIN = "aipp_mode: static\ninput_format : RGB888_U8\n"


def matrix(entries: tuple[int, ...], luma: int) -> str:
    """Return the lines of a matrix and its biases."""
    names = (f"matrix_r{row}c{column}" for row in range(3) for column in range(3))
    lines = [f"{name}: {entry}" for name, entry in zip(names, entries, strict=True)]
    return "\n".join([*lines, f"input_bias_0: {luma}", "input_bias_1: 128", "input_bias_2: 128", ""])


def yuv(entries: tuple[int, ...] = JPEG, luma: int = 0) -> str:
    """Return the settings of a conversion from YUV."""
    return "aipp_mode: static\ninput_format: YUV420SP_U8\ncsc_switch: true\n" + matrix(entries, luma)


def read(tmp_path: Path, inside: str) -> Recipe:
    """Return the recipe of one aipp_op."""
    file = tmp_path / "insert_op.cfg"
    file.write_text("# ours\naipp_op {\n" + inside + "}\n")
    return aipp.recipe(str(file))


def test_means_and_reciprocals(tmp_path: Path) -> None:
    """ImageNet's constants, whole numbers as means and the rest as minima, are (x - 123.675) / 58.395 of the first channel."""
    constants = [("123", "0.675", "0.0171247538316637"), ("116", "0.28", "0.0175070028011204")]
    constants.append(("103", "0.53", "0.0174291938997821"))
    lines = "".join(
        f"mean_chn_{i} : {mean}\nmin_chn_{i}: {least}\nvar_reci_chn_{i}: {factor}  # 1 / std\n"
        for i, (mean, least, factor) in enumerate(constants)
    )
    whole = read(tmp_path, PLAIN + "src_image_size_w : 224\nsrc_image_size_h : 224\n" + lines)
    assert [type(step) for step in whole.steps] == [Decode, Cast, Normalize]
    plain = canonical(whole)
    assert plain.normalize.mean == pytest.approx((123.675, 116.28, 103.53))
    assert plain.normalize.std == pytest.approx((58.395, 57.12, 57.375))
    assert (plain.channels, plain.dtype) == ("RGB", "float16")
    assert "224 x 224" in whole.steps[0].origin


def test_nothing_said_is_nothing_done(tmp_path: Path) -> None:
    """Without constants the numbers stay levels, and the type is nobody's choice."""
    whole = read(tmp_path, PLAIN)
    assert [type(step) for step in whole.steps] == [Decode, Cast]
    assert whole.steps[1].defaulted == {"dtype", "rounding"}


@pytest.mark.parametrize(
    ("entries", "luma"), [(entries, luma) for entries, luma in aipp.MATRICES], ids=aipp.MATRICES.values()
)
def test_every_matrix_keeps_white_and_knows_red(entries: tuple[int, ...], luma: int) -> None:
    """A table entry is a conversion to RGB: full luma is white, and a surplus of V raises the first channel only."""
    grid = np.array(entries).reshape(3, 3)
    white = 235 if luma else 255
    assert (grid @ [white - luma, 0, 0] >> 8).tolist() == pytest.approx([255] * 3, abs=1)
    assert (grid[:, 2] > 0).tolist() == [True, False, False]
    assert (grid[:, 1] > 0).tolist() == [False, False, True]


@pytest.mark.parametrize(("order", "rows"), [("RGB", JPEG), ("BGR", JPEG[6:] + JPEG[3:6] + JPEG[:3])])
def test_the_order_of_rows_is_the_order_of_channels(tmp_path: Path, order: str, rows: tuple[int, ...]) -> None:
    """The row with the coefficient of V is red: first of all, or last."""
    (colour,) = read(tmp_path, yuv(rows)).of_kind("colour")
    assert isinstance(colour, Colour)
    assert (colour.source, colour.target) == ("YCbCr", order)


def test_video_is_not_a_jpeg(tmp_path: Path) -> None:
    """A matrix of video is told apart from that of a JPEG by a step without a meaning, which a comparison names."""
    found = read(tmp_path, yuv((298, 0, 409, 298, -100, -208, 298, 516, 0), 16)).steps
    (told,) = [step for step in found if isinstance(step, Unknown)]
    assert told.operator == "YUV of BT.601 narrow, not of JPEG"
    assert not any(isinstance(step, Unknown) for step in read(tmp_path, yuv()).steps)


def test_swap_and_grey(tmp_path: Path) -> None:
    """A swap turns what is called RGB into BGR; one channel is grey and has one constant."""
    assert canonical(read(tmp_path, PLAIN + "rbuv_swap_switch: true\n")).channels == "BGR"
    grey = read(tmp_path, "aipp_mode: static\ninput_format: YUV400_U8\nmean_chn_0: 128\nvar_reci_chn_0: 0.00390625\n")
    plain = canonical(grey)
    assert (plain.channels, plain.normalize.mean, plain.normalize.std) == ("GRAY", (128.0,), (256.0,))


def test_window(tmp_path: Path) -> None:
    """A window of 224 x 200 from (13, 50) of 250 x 300: 13 of 26 and 50 of 100 pixels of room are halves; the whole is none."""
    size = PLAIN + "src_image_size_h: 250\nsrc_image_size_w: 300\ncrop: true\n"
    (crop,) = read(
        tmp_path, size + "load_start_pos_h: 13\nload_start_pos_w: 50\ncrop_size_h: 224\ncrop_size_w: 200\n"
    ).of_kind("crop")
    assert isinstance(crop, Crop)
    assert (crop.height, crop.width, crop.anchor) == (224, 200, (0.5, 0.5))
    assert not read(tmp_path, size + "crop_size_h: 250\ncrop_size_w: 300\n").of_kind("crop")


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("aipp_mode: dynamic\nmax_src_image_size: 752640\n", "while the model runs"),
        ("aipp_mode: static\ninput_format: XRGB8888_U8\n", "XRGB8888_U8"),
        (PLAIN + "padding: true\ntop_padding_size: 3\n", "padding: true"),
        (PLAIN + "crop: true\ncrop_size_w: 3\n", "no crop_size"),
        (PLAIN + "crop: true\ncrop_size_w: 3\ncrop_size_h: 3\n", "no src_image_size"),
        (PLAIN + "csc_switch: true\n", "csc_switch from RGB"),
        (yuv((298, 0, 409, 298, -100, -208, 298, 517, 0), 16), "none of JPEG"),
        (yuv(JPEG, 16), "none of JPEG"),
        (yuv().replace("matrix_r1c1: -88\n", ""), "lacks matrix_r1c1"),
        (PLAIN + "var_reci_switch: true\n", "var_reci_switch"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, inside: str, message: str) -> None:
    """Dynamic modes, formats, borders and matrices without a known meaning are named."""
    with pytest.raises(UnsupportedStep, match=message) as raised:
        read(tmp_path, inside)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no aipp_op"),
        ("layer { name: 1 }", "aipp_op"),
        ("aipp_op { aipp_mode: static", "not closed"),
        ("aipp_op { aipp_mode }", "no value"),
        ("aipp_op { aipp_mode: static crop: maybe input_format: RGB888_U8 }", "true or false"),
        ("aipp_op { aipp_mode: static crop: true crop: true }", "twice"),
        ("aipp_op { aipp_mode: static mean_chn_0: 0.5 }", "mean_chn_0 is 0.5"),
        ("aipp_op { aipp_mode: static var_reci_chn_0: 0.0 }", "var_reci_chn_0 is 0.0"),
        ("aipp_op { aipp_mode: static } aipp_op { aipp_mode: static }", "2 aipp_op"),
        ("aipp_op { aipp_mode: st\u00e4tic }", "line 1"),
        ("aipp_op { aipp_mode: static src_image_size_h: 1-2 }", "src_image_size_h"),
    ],
)
def test_damage_is_named(tmp_path: Path, text: str, message: str) -> None:
    """What is no such file, or a damaged one, is one sentence that names the file."""
    file = tmp_path / "insert_op.cfg"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SkewError, match=message) as raised:
        aipp.recipe(str(file))
    assert str(file) in str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    """A path to nothing says so."""
    with pytest.raises(InputError, match="does not exist"):
        aipp.recipe(str(tmp_path / "none.cfg"))
