"""The explorer without a browser: each control changes what is shown, and what is shown is right."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixelparity.diagnosis import Cause, Comparison, Diagnosis, Mends, examine
from pixelparity.errors import ImageError, InputError, NotComparable
from pixelparity.stages import Capture, Stage, Tensor
from pixelparity.views.explorer import Explorer, explore
from pixelparity.views.mended import MendedSide, labelled

CLASSES = ["bright", "dark"]


@pytest.fixture
def mends(causes: tuple[Cause, ...], reference: Capture, deployed: Capture) -> Mends:
    """The mends of both causes, made by hand: the division, and the reference's resize, at every stage but the cast."""

    def rebuild(places: frozenset[int], image: str) -> dict[str, Tensor]:
        names = {"decode": "decode", "Resize": "fn.resize", "final": "final"}
        shown = {other: deployed.tensors[other][image] for other in names.values()}
        if 1 in places:
            shown["fn.resize"] = reference.tensors["Resize"][image]
            shown["final"] = reference.tensors["final"][image] * np.float32(255)
        else:
            shown["cast"] = deployed.tensors["cast"][image]
        if 0 in places:
            shown["final"] = shown["final"] / np.float32(255)
        return shown

    return Mends(causes=causes, images=reference.images, rebuild=rebuild)


@pytest.fixture
def open_explorer(reference: Capture, deployed: Capture, diagnosis: Diagnosis) -> Callable[..., Explorer]:
    """Return a function that opens an explorer on the two sides."""

    def opened(**given: Any) -> Explorer:
        return explore(reference, deployed, diagnosis=diagnosis, classes=CLASSES, **given)

    return opened


def test_it_opens_at_the_final_tensor_and_shows_the_saturation(open_explorer: Callable[..., Explorer]) -> None:
    """The tensor that the model sees comes first; 0..255 on 0..1 is said to be outside."""
    shown = open_explorer()
    assert "final" in shown.controls.stage.label
    assert re.search(r"<strong>\d+ % outside</strong>", shown.screens.shots.value)
    assert shown.screens.shots.value.count("<img ") == 3
    assert shown.screens.shots.value.count('alt="') == 3


def test_choosing_another_picture_stage_or_channel_changes_what_is_shown(
    open_explorer: Callable[..., Explorer],
) -> None:
    """Each control redraws, and an unknown choice is refused by name."""
    shown = open_explorer()
    seen = {shown.screens.shots.value}
    for choice in ({"image": "field_03"}, {"stage": "1. decode"}, {"channel": "G"}):
        shown.choose(**choice)
        assert shown.screens.shots.value not in seen
        seen.add(shown.screens.shots.value)
    assert shown.screens.histograms.value.count("<svg") == 1
    with pytest.raises(InputError, match="field_00"):
        shown.choose(image="nothing")


def test_the_first_divergence_is_pointed_out(open_explorer: Callable[..., Explorer], comparison: Comparison) -> None:
    """The note under the guilty stage says so, and no other stage's does."""
    shown = open_explorer()
    shown.choose(stage="2. Resize ↔ fn.resize")
    assert comparison.first_divergence == "Resize"
    assert "first stage at which the sides differ" in shown.screens.note.value
    shown.choose(stage="1. decode")
    assert "first stage" not in shown.screens.note.value


def test_a_pixel_is_followed_along_all_stages(open_explorer: Callable[..., Explorer], reference: Capture) -> None:
    """The table holds the very values of the chosen pixel, and the slider moves with the box."""
    shown = open_explorer()
    shown.controls.row.value, shown.controls.column.value = 10, 20
    values = reference.tensor("cast", "field_00")[10, 20]
    assert ", ".join(f"{value:.3g}" for value in values) in shown.screens.pixel.value
    assert "10, 20" in shown.screens.pixel.value
    assert "no such" not in shown.screens.pixel.value
    assert shown.screens.pixel.value.count("<tr") == 6


def test_counts_are_linear_or_logarithmic(open_explorer: Callable[..., Explorer]) -> None:
    """The switch changes the histograms and says which it is."""
    shown = open_explorer()
    before = shown.screens.histograms.value
    shown.controls.log.value = False
    assert "logarithmic" in before
    assert "linear" in shown.screens.histograms.value


def test_a_mend_changes_tensor_and_answer_and_the_model_is_asked_once(
    open_explorer: Callable[..., Explorer], mends: Mends
) -> None:
    """Mended by division the tensor lies inside the range again; the answer follows, and is remembered."""
    asked: list[float] = []  # the largest value of each tensor that the model was given

    def model(tensor: Tensor) -> np.ndarray:
        asked.append(float(tensor.max()))
        return np.array([0.25, 0.75])

    shown = open_explorer(model=model, mends=mends)
    shown.choose(stage="1. decode")
    shown.controls.switches["scale_missing"].value = True
    assert "final" in shown.controls.stage.label
    assert "deployed, mended" in shown.screens.shots.value
    assert "outside" not in shown.screens.shots.value
    assert "dark 0.7500" in shown.screens.answer.value
    assert "with scale_missing mended" in shown.screens.note.value
    shown.controls.switches["scale_missing"].value = False
    assert "mended" not in shown.screens.answer.value
    shown.controls.switches["scale_missing"].value = True
    assert len(asked) == 1
    assert asked[0] <= 1.0


def test_the_model_s_work_is_announced_while_it_runs(open_explorer: Callable[..., Explorer], mends: Mends) -> None:
    """The busy mark is there while the model is asked, the mended tensor already shown."""
    seen: list[str] = []

    def model(tensor: Tensor) -> np.ndarray:
        seen.append(shown.screens.answer.value)
        seen.append(shown.screens.shots.value)
        return np.array([1.0, 0.0])

    shown = open_explorer(model=model, mends=mends)
    shown.controls.switches["scale_missing"].value = True
    assert "the model is running" in seen[0]
    assert "deployed, mended" in seen[1]
    assert "running" not in shown.screens.answer.value


def test_mends_can_be_switched_on_together_and_show_at_every_stage(
    open_explorer: Callable[..., Explorer], mends: Mends, reference: Capture
) -> None:
    """Both give the reference's tensor; the resize shows its own mend, and what nothing tells is said to be unknown."""
    shown = open_explorer(mends=mends)
    for switch in shown.controls.switches.values():
        switch.value = True
    assert "scale_missing and interpolation mended" in shown.screens.note.value
    assert ">equal<" in shown.screens.shots.value
    shown.choose(stage="2. Resize ↔ fn.resize")
    assert ">equal<" in shown.screens.shots.value
    assert "deployed, mended" in shown.screens.shots.value
    shown.choose(stage="3. cast")
    assert "not known with these mends" in shown.screens.shots.value
    shown.controls.switches["interpolation"].value = False
    assert "stays as it was captured" in shown.screens.note.value
    assert "mended</h4>" not in shown.screens.shots.value


def test_a_stage_that_a_mend_changes_stays_in_view(open_explorer: Callable[..., Explorer], mends: Mends) -> None:
    """Only from a stage that lies before all that is mended the view moves on to the last one."""
    shown = open_explorer(mends=mends)
    shown.choose(stage="2. Resize ↔ fn.resize")
    shown.controls.switches["interpolation"].value = True
    assert shown.controls.stage.label.startswith("2.")
    shown.choose(stage="1. decode")
    shown.controls.switches["scale_missing"].value = True
    assert "final" in shown.controls.stage.label


def test_a_stage_that_only_the_deployed_side_has_may_be_unknown_with_a_mend(
    reference: Capture, deployed: Capture, mends: Mends
) -> None:
    """Nothing is shown of it then, neither tensor nor histogram, and the way back is open."""
    shown = explore(reference.only(stages=("decode", "Resize", "final")), deployed, mends=mends)
    shown.choose(stage="3. cast")
    before = shown.screens.histograms.value
    shown.controls.switches["interpolation"].value = True
    shown.choose(stage="3. cast")
    assert "not known with these mends" in shown.screens.shots.value
    assert shown.screens.histograms.value == ""
    shown.controls.switches["interpolation"].value = False
    assert shown.screens.histograms.value == before


def test_a_mend_without_effect_on_a_picture_is_said_so(open_explorer: Callable[..., Explorer], mends: Mends) -> None:
    """Two switches, one of them idle: its name stands in the note, the other's does not."""
    shown = open_explorer(mends=replace(mends, rebuild=lambda places, image: mends.rebuild(places & {0}, image)))
    for switch in shown.controls.switches.values():
        switch.value = True
    assert "On this picture interpolation makes no difference." in shown.screens.note.value


def test_causes_of_one_family_are_told_apart_by_their_stage(causes: tuple[Cause, ...]) -> None:
    """Two switches never share a name."""
    twins = (causes[0], replace(causes[0], stage="cast"), causes[1])
    assert list(labelled(twins)) == ["scale_missing at final", "scale_missing at cast", "interpolation"]


def test_a_picture_of_one_s_own_can_be_mended_too(reference: Capture, deployed: Capture) -> None:
    """It is diagnosed together with the others; the mend of the division makes its tensor lie in the range again."""
    some = ("field_00", "field_01", "field_02", "field_03")
    sides = [side.only(images=some) for side in (reference, deployed)]

    def both(path: Path) -> tuple[Capture, Capture]:
        return tuple(_renamed(side.only(images=("field_04",)), path.stem) for side in (reference, deployed))  # type: ignore[return-value]

    shown = explore(*sides, mends=examine(*sides).mends, capture_both=both)
    shown.controls.upload.value = (_file("mine.jpg", b"picture"),)
    assert "outside" in shown.screens.shots.value
    shown.controls.switches["scale_missing"].value = True
    assert shown.controls.image.value == "mine"
    assert "deployed, mended" in shown.screens.shots.value
    assert "outside" not in shown.screens.shots.value


def test_a_picture_that_is_added_again_is_mended_anew(reference: Capture, deployed: Capture) -> None:
    """A picture of a known name takes the place of the one before it, and what is mended then is the new one."""
    sides = [side.only(images=("field_00", "field_01", "field_02", "field_03")) for side in (reference, deployed)]
    taken = iter(("field_04", "field_05"))

    def both(path: Path) -> tuple[Capture, Capture]:
        name = next(taken)
        return tuple(_renamed(side.only(images=(name,)), path.stem) for side in (reference, deployed))  # type: ignore[return-value]

    shown = explore(*sides, mends=examine(*sides).mends, capture_both=both)
    shown.controls.upload.value = (_file("mine.jpg", b"picture"),)
    shown.controls.switches["scale_missing"].value = True
    first = shown.screens.shots.value
    shown.controls.upload.value = (_file("mine.jpg", b"another"),)
    assert "deployed, mended" in shown.screens.shots.value
    assert "outside" not in shown.screens.shots.value
    assert shown.screens.shots.value != first


def test_a_picture_that_cannot_be_diagnosed_is_said_so_and_nothing_is_lost(
    reference: Capture, deployed: Capture
) -> None:
    """Where the causes cannot be looked for on a new picture, the explorer stays as it was and says why."""
    sides = [side.only(images=("field_00", "field_01")) for side in (reference, deployed)]

    def both(path: Path) -> tuple[Capture, Capture]:
        return tuple(_renamed(side.only(images=("field_04",)), path.stem) for side in (reference, deployed))  # type: ignore[return-value]

    def mends_of(ours: Capture, theirs: Capture) -> Mends:
        raise InputError("the model is gone; build it again")

    shown = explore(*sides, mends=examine(*sides).mends, capture_both=both, mends_of=mends_of)
    shown.controls.upload.value = (_file("mine.jpg", b"picture"),)
    assert "mine.jpg cannot be added: the model is gone" in shown.screens.note.value
    assert shown.reference.images == ("field_00", "field_01")


def test_another_diagnosis_may_tell_more_causes_of_a_family_apart(deployed: Capture, mends: Mends) -> None:
    """The one switch then mends all of them on the pictures of that diagnosis."""
    side = MendedSide(deployed, replace(mends, images=("field_00",)))
    twins = (mends.causes[0], replace(mends.causes[0], stage="cast"))
    seen: list[frozenset[int]] = []

    def rebuild(places: frozenset[int], image: str) -> dict[str, Tensor]:
        seen.append(places)
        return {"final": deployed.tensors["final"][image]}

    side.add(deployed, Mends(causes=twins, images=("field_00", "field_01"), rebuild=rebuild), ())
    assert side.known("field_01", "scale_missing")
    assert not side.known("field_01", "interpolation")
    side.capture("field_01", ("scale_missing",))
    assert seen == [frozenset({0, 1})]


def test_a_mend_that_a_picture_does_not_have_is_said_so(open_explorer: Callable[..., Explorer], mends: Mends) -> None:
    """The switch does nothing there, and the note tells why."""
    shown = open_explorer(mends=replace(mends, images=("field_00",)))
    shown.controls.switches["scale_missing"].value = True
    shown.choose(image="field_01")
    assert "Not found on this picture, so not mended: scale_missing" in shown.screens.note.value
    assert "mended</h4>" not in shown.screens.shots.value


def test_a_picture_of_one_s_own_can_be_added(
    open_explorer: Callable[..., Explorer], reference: Capture, deployed: Capture
) -> None:
    """What is uploaded is captured by both sides from a file that is gone afterwards, and shown."""
    files: list[Path] = []

    def both(path: Path) -> tuple[Capture, Capture]:
        files.append(path)
        assert path.read_bytes() == b"picture"
        return tuple(_renamed(side, path.stem) for side in (reference, deployed))  # type: ignore[return-value]

    shown = open_explorer(capture_both=both)
    shown.controls.upload.value = (_file("../mine.jpg", b"picture"),)
    assert shown.controls.image.value == "mine"
    assert len(shown.controls.image.options) == 7
    assert not files[0].exists()


def test_a_picture_that_cannot_be_read_is_said_so_and_nothing_is_lost(open_explorer: Callable[..., Explorer]) -> None:
    """The reason is shown, escaped, and the pictures stay."""

    def both(path: Path) -> tuple[Capture, Capture]:
        raise ImageError("<not> a picture")

    shown = open_explorer(capture_both=both)
    shown.controls.upload.value = (_file("x.jpg", b"x"),)
    assert "&lt;not&gt; a picture" in shown.screens.note.value
    assert len(shown.controls.image.options) == 6


def test_sides_of_other_pictures_are_refused(reference: Capture, deployed: Capture) -> None:
    """Two sides are explored on the same pictures only."""
    with pytest.raises(NotComparable):
        explore(reference, deployed.only(images=("field_00",)))


def test_sides_of_other_shapes_can_still_be_looked_at(reference: Capture, deployed: Capture) -> None:
    """No difference is drawn, and the reason is said."""
    cut = {name: tensor[:, :50] for name, tensor in deployed.tensors["final"].items()}
    shown = explore(reference, replace(deployed, tensors={**deployed.tensors, "final": cut}))
    assert "the shapes differ" in shown.screens.shots.value


def test_names_from_outside_are_escaped(reference: Capture, deployed: Capture) -> None:
    """A picture called like a script stays text everywhere."""
    evil = "<script>alert(1)</script>"
    shown = explore(_renamed(reference, evil), _renamed(deployed, evil))
    for screen in (
        shown.screens.shots,
        shown.screens.pixel,
        shown.screens.note,
        shown.screens.answer,
        shown.screens.histograms,
    ):
        assert "<script>" not in screen.value


def test_without_a_kernel_a_static_figure_stands_in_its_place(open_explorer: Callable[..., Explorer]) -> None:
    """The output carries widget, HTML, picture and text."""
    bundle = open_explorer()._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "image/png", "text/plain"} <= set(bundle)
    assert bundle["text/html"].count('role="img"') == 2
    assert "<script" not in bundle["text/html"]


def test_tensors_of_the_network_s_size_are_redrawn_within_300_ms() -> None:
    """512 x 384, three channels, float32, noise: the median of seven moves, in the time that this process gets."""
    rng = np.random.default_rng(0)
    images = ("a", "b")
    stage = Stage(name="final", step="layout", layout="CHW", dtype="float32", value_range=(0, 1))
    sides = [
        Capture(source=name, stages=(stage,), images=images,
                tensors={"final": {image: rng.random((3, 512, 384), dtype=np.float32) for image in images}})
        for name in ("x", "y")
    ]  # fmt: skip
    shown = explore(*sides)
    times = []
    for move in range(7):
        start = time.process_time()
        shown.controls.image.value = images[(move + 1) % 2]
        times.append(time.process_time() - start)
    assert sorted(times)[3] < 0.3


def test_channels_are_offered_by_name(open_explorer: Callable[..., Explorer]) -> None:
    """All of them, or one by its letter."""
    assert [name for name, _ in open_explorer().controls.channel.options] == ["all", "R", "G", "B"]


def test_a_click_is_passed_on_to_the_number_boxes(open_explorer: Callable[..., Explorer]) -> None:
    """Two explorers on one page do not answer each other's clicks."""
    one, other = open_explorer(), open_explorer()
    classes = [
        next(name for name in shown.controls.row._dom_classes if name.endswith("-row")) for shown in (one, other)
    ]
    assert classes[0] != classes[1]
    assert classes[0].removesuffix("row") in one.screens.shots.value
    assert one.controls.click.count("{") == one.controls.click.count("}")


def _file(name: str, content: bytes) -> dict[str, Any]:
    """Return a file as the upload button hands it over."""
    when = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return {
        "name": name,
        "type": "image/jpeg",
        "size": len(content),
        "content": memoryview(content),
        "last_modified": when,
    }


def _renamed(side: Capture, name: str) -> Capture:
    """Return a side that saw one picture, under another name."""
    first = side.images[0]
    return replace(
        side,
        images=(name,),
        tensors={stage: {name: tensors[first]} for stage, tensors in side.tensors.items()},
        outputs={name: side.outputs[first]},
    )


def test_a_model_answers_for_sides_that_were_captured_without_outputs(reference: Capture, deployed: Capture) -> None:
    """Both sides' tensors are put to the model once per picture; known answers are never asked again."""
    asked: list[float] = []

    def model(tensor: Tensor) -> np.ndarray:
        asked.append(float(tensor.max()))
        return np.array([0.9, 0.1]) if tensor.max() > 1 else np.array([0.2, 0.8])

    shown = explore(reference, replace(deployed, outputs={}), model=model, classes=CLASSES)
    assert [value > 1 for value in asked] == [True]
    assert "bright 0.9000" in shown.screens.answer.value
    shown.controls.channel.index = 1
    assert len(asked) == 1
    shown.choose(image="field_02")
    assert len(asked) == 2


def test_every_list_shows_what_is_chosen(open_explorer: Callable[..., Explorer]) -> None:
    """No list stands empty, at the start or after a move: a value of ``None`` would show nothing."""
    shown = open_explorer()
    for choice in ({}, {"image": "field_02"}, {"stage": "1. decode"}):
        shown.choose(**choice)
        for control in (shown.controls.image, shown.controls.stage, shown.controls.channel):
            assert control.value is not None
            assert control.label
