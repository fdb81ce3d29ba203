"""What is named today on a fixed part of the fault bench: no rate can fall, and none can rise, unnoticed.

The whole bench takes an hour and is run by hand; these cases are its cheap ones, over all families, alone, in pairs and in
threes, with controls and incidents. An answer that changes is looked at by a person, who then changes the table.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks import cases, combinations, controls, faults, incidents, inject
from benchmarks.cases import Case
from benchmarks.scoring import SITUATIONS, Answer
from pixelparity.diagnosis import FAMILIES
from tests import family_tables

SEED = 0
#: A case, and below it what is named from all stages | from final tensors and decoded pictures | from final tensors alone;
#: ``-`` is not asked, being slow. ``!`` marks an answer that is known to be wrong, ``?`` one to what final tensors cannot tell.
#: A family's own test module may have more rows.
TABLE = """
clip_bicubic/scale_missing.before_statistics
    scale_missing | ?mean_std_wrong_range | ?mean_std_wrong_range
incident/scale_missing.left_out
    scale_missing | scale_missing | scale_missing
inception_stretch/scale_twice.normalised_twice
    scale_twice | scale_twice | scale_twice
clip_bicubic/scale_twice.before_statistics
    scale_twice | scale_twice | scale_twice
clip_bicubic/mean_std_missing.both
    mean_std_missing | mean_std_missing | mean_std_missing
clip_bicubic/mean_std_missing.std
    mean_std_missing | mean_std_missing | mean_std_missing
detector/mean_std_wrong.clip
    mean_std_wrong | mean_std_wrong | mean_std_wrong
detector/mean_std_wrong.one_std
    mean_std_wrong | mean_std_wrong | mean_std_wrong
grey_text/mean_std_wrong_range.forward
    mean_std_wrong_range | - | mean_std_wrong_range
clip_bicubic/mean_std_wrong_range.reverse
    mean_std_wrong_range | ?scale_twice | ?scale_twice
inception_stretch/channel_order.decoded
    channel_order | channel_order | channel_order
inception_stretch/channel_order.late
    channel_order | channel_order | channel_order
clip_bicubic/layout.reshape
    layout | - | layout
clip_bicubic/layout.swapped
    layout | - | layout
detector/interpolation.nearest
    interpolation | - | interpolation
detector/interpolation.cubic
    interpolation | interpolation | interpolation
grey_text/antialias.on
    antialias | - | !interpolation
clip_bicubic/antialias.off
    antialias | antialias | antialias
inception_stretch/subpixel.align_corners
    subpixel | subpixel | subpixel
clip_bicubic/resize_mode.stretch
    resize_mode | resize_mode | resize_mode
clip_bicubic/resize_mode.fit_and_pad
    resize_mode | resize_mode | -
grey_text/target_size.exchanged
    target_size | - | target_size
inception_stretch/target_size.larger
    target_size | target_size | target_size
clip_bicubic/rounding.size_ceil
    rounding | rounding | rounding, rounding
clip_bicubic/rounding.offset_floor
    rounding | rounding | rounding
incident/padding_value.grey
    padding_value | padding_value | padding_value
incident/padding_value.white
    padding_value | padding_value | padding_value
detector/padding_position.centre
    padding_position | padding_position | padding_position
incident/padding_position.top_left
    padding_position | padding_position | padding_position
detector/padding_order.before
    padding_order | padding_order | padding_order
letterbox_640/padding_order.after
    padding_order | padding_order | padding_order
detector/batch_padding.largest
    batch_padding | batch_padding | batch_padding
inception_stretch/exif_orientation.ignored
    exif_orientation | - | exif_orientation
clip_bicubic/jpeg_chroma.nearest_chroma
    jpeg_chroma | - | jpeg_chroma
detector/colour_range.studio_expanded
    colour_range | - | colour_range
detector/colour_range.studio_left
    colour_range | - | colour_range
grey_text/alpha_gray.grey_mean
    alpha_gray | - | ?nothing
grey_text/alpha_gray.grey_bt709
    alpha_gray | - | ?interpolation
inception_stretch/dtype.float16
    dtype | dtype | dtype
inception_stretch/dtype.truncated
    dtype | dtype | dtype
clip_bicubic/per_image_normalize.all_axes
    per_image_normalize | per_image_normalize | per_image_normalize
clip_bicubic/per_image_normalize.spatial
    per_image_normalize | - | per_image_normalize
clip_bicubic/postprocess.softmax_twice
    postprocess | postprocess | postprocess
clip_bicubic/postprocess.logits
    postprocess | postprocess | postprocess
clip_bicubic/engine_numerics.int8
    engine_numerics | engine_numerics | engine_numerics
clip_bicubic/engine_numerics.plugin
    engine_numerics | engine_numerics | engine_numerics
inception_stretch/input_order.exchanged
    input_order | input_order | input_order
clip_bicubic/control.equal_plain.0
    nothing | nothing | nothing
clip_bicubic/control.equal_alpha.0
    nothing | nothing | nothing
clip_bicubic/control.pillow_decoder.0
    nothing | nothing | nothing
inception_stretch/control.equal_exif.0
    nothing | - | nothing
inception_stretch/control.rewritten.0
    nothing | nothing | nothing
detector/control.equal_plain.0
    nothing | nothing | nothing
detector/control.equal_alpha.0
    nothing | nothing | nothing
detector/control.pillow_decoder.0
    nothing | nothing | nothing
grey_text/control.equal_grey.0
    nothing | nothing | nothing
inception_stretch/control.two_inputs.0
    nothing | nothing | nothing
clip_bicubic/jpeg_chroma.nearest_chroma+scale_twice.normalised_twice
    jpeg_chroma, scale_twice | - | jpeg_chroma, scale_twice
clip_bicubic/per_image_normalize.spatial+resize_mode.fit_and_pad
    per_image_normalize, resize_mode | - | -
clip_bicubic/jpeg_chroma.nearest_chroma+target_size.larger
    jpeg_chroma, target_size | - | !target_size
inception_stretch/exif_orientation.ignored+mean_std_wrong_range.forward
    exif_orientation, mean_std_wrong_range | - | exif_orientation, mean_std_wrong_range
inception_stretch/colour_range.studio_left+layout.swapped
    colour_range, layout | - | colour_range, layout
clip_bicubic/antialias.off+channel_order.with_constants
    antialias, channel_order | antialias, channel_order | antialias, channel_order
inception_stretch/exif_orientation.ignored+mean_std_wrong.unit
    exif_orientation, mean_std_wrong | - | exif_orientation, mean_std_wrong
detector/colour_range.studio_left+mean_std_wrong_range.forward
    colour_range, mean_std_wrong_range | - | colour_range, mean_std_wrong_range
detector/rounding.size_floor+subpixel.asymmetric
    rounding, subpixel | - | !subpixel
inception_stretch/channel_order.late+layout.swapped
    channel_order, layout | - | channel_order, layout
clip_bicubic/antialias.off+interpolation.triangular+jpeg_chroma.nearest_chroma
    antialias, interpolation, jpeg_chroma | - | !interpolation
inception_stretch/exif_orientation.ignored+layout.reshape+scale_twice.normalised_twice
    exif_orientation, layout, scale_twice | - | !nothing
inception_stretch/channel_order.decoded+per_image_normalize.all_axes+resize_mode.fit_and_pad
    channel_order, per_image_normalize, resize_mode | - | !per_image_normalize, resize_mode
clip_bicubic/channel_order.late+jpeg_chroma.nearest_chroma+resize_mode.stretch
    channel_order, jpeg_chroma, resize_mode | - | !channel_order, resize_mode
detector/exif_orientation.ignored+layout.reshape+padding_position.centre
    exif_orientation, layout, padding_position | - | -
inception_stretch/colour_range.studio_expanded+resize_mode.cover+subpixel.align_corners
    colour_range, resize_mode, subpixel | - | -
clip_bicubic/colour_range.studio_expanded+interpolation.nearest+mean_std_missing.mean
    colour_range, interpolation, mean_std_missing | - | !interpolation, mean_std_wrong
detector/antialias.on+interpolation.cubic+rounding.size_floor
    antialias, interpolation, rounding | antialias, interpolation, rounding | !interpolation, rounding
triton-inference-server/server#7631
    antialias, scale_missing, subpixel | antialias, scale_missing, subpixel | !antialias, scale_missing
open-edge-platform/geti#281
    channel_order, mean_std_wrong_range | channel_order, mean_std_wrong_range | channel_order, mean_std_wrong_range
dusty-nv/jetson-inference#107
    mean_std_wrong | mean_std_wrong | mean_std_wrong
NVIDIA/DALI#3610
    antialias, jpeg_chroma, subpixel | - | !antialias
NVIDIA/DALI#916
    rounding | rounding | !target_size
huggingface/transformers#PR46262
    dtype | dtype | !nothing
ultralytics/ultralytics#1656
    padding_position, padding_value | padding_position, padding_value | padding_position, padding_value
NVIDIA/DL4AGX#PR127
    input_order | input_order | input_order
"""

Row = dict[str, str]


def _rows() -> dict[str, Row]:
    """Return the expected answer by case and situation, only those that are asked for."""
    lines = [line for table in (TABLE, *family_tables.added("BENCH")) for line in table.strip().splitlines()]
    answers = [[said.strip() for said in line.split(" | ")] for line in lines[1::2]]
    return {
        name: {s: said for s, said in zip(SITUATIONS, row, strict=True) if said != "-"}
        for name, row in zip(lines[::2], answers, strict=True)
    }


ROWS = _rows()


def _cases() -> Iterator[Case]:
    yield from cases.singles()
    yield from controls.controls()
    yield from combinations.combinations(2, 120, SEED)
    yield from combinations.combinations(3, 80, SEED)
    yield from incidents.cases()


def _said(answer: Answer) -> str:
    """Return an answer as the table has it."""
    named = ", ".join(sorted(answer.named)) or "nothing"
    return ("" if answer.right else "!" if answer.counted else "?") + named


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Answer]]:
    """Return the answers to all cases of the table; two processes, started afresh as the bench does."""
    jobs = [(case, SEED, list(ROWS[case.name])) for case in _cases() if case.name in ROWS]
    with multiprocessing.get_context("spawn").Pool(2) as workers:
        return {found[0].case: found for found in workers.imap_unordered(faults.ask, jobs)}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_named_stays_named(name: str, answers: dict[str, list[Answer]]) -> None:
    """Exactly the families of the table, right where it is right and wrong where it is known to be wrong."""
    found = {answer.situation: _said(answer) for answer in answers[name]}
    assert [(a.error, a.void) for a in answers[name] if a.error or a.void] == []
    row = " | ".join(found.get(situation, "-") for situation in SITUATIONS)
    assert found == ROWS[name], f"if this is what should be said, the answers are now\n    {row}"


def test_no_printed_fix_is_a_template(answers: dict[str, list[Answer]]) -> None:
    """What is printed to mend a cause names every argument with its value: three dots are nothing to paste."""
    fixes = [(answer.case, fix) for given in answers.values() for answer in given for fix in answer.fixes]
    assert len(fixes) > 200
    assert [(case, fix) for case, fix in fixes if "..." in fix or not fix.strip()] == []


def test_the_table_is_spread_over_the_bench() -> None:
    """At least sixty cases of every kind, in all three situations, over all families; most answers are right."""
    chosen = [case for case in _cases() if case.name in ROWS]
    assert sorted(case.name for case in chosen) == sorted(ROWS)
    assert len(chosen) >= 60
    kinds = Counter(case.kind for case in chosen)
    assert min(kinds[kind] for kind in ("single", "control", "pair", "triple", "incident")) >= 4
    asked_for = {family for case in chosen for names in case.expected for family in names}
    assert asked_for == set(FAMILIES) - {"unexplained"} - set(inject.NOT_INJECTED)
    asked = Counter(situation for row in ROWS.values() for situation in row)
    assert min(asked[situation] for situation in SITUATIONS) >= 40
    wrong = [said for row in ROWS.values() for said in row.values() if said[0] in "!?"]
    assert 0 < len(wrong) < 0.2 * asked.total()
