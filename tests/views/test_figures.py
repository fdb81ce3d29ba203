"""Figures: they say their finding, carry a text alternative, give the same bytes twice and leave matplotlib as it was."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from pixelparity.diagnosis import Cause, Comparison, compare
from pixelparity.errors import InputError
from pixelparity.stages import Capture
from pixelparity.views import figures, style
from pixelparity.views.figures import FlowStep, Illustration, Rung

CLASSES = ["bright", "dark"]
SHIPPED = np.tile([1.0, 0.0], (4, 1))
RIGHT = np.array([[0.9, 0.1], [0.2, 0.8], [0.97, 0.03], [0.4, 0.6]])
LADDER = [Rung(name="engine", ok=True, detail="equal"), Rung(name="ensemble", ok=False, detail="constant")]
FLOW = [FlowStep(name="preprocess", kind="DALI", output="float32"), FlowStep(name="hrnet", kind="ONNX Runtime")]


@pytest.fixture(scope="module")
def drawn(
    reference: Capture, deployed: Capture, comparison: Comparison, causes: tuple[Cause, ...]
) -> dict[str, Illustration]:
    """Every figure once."""
    pictures = [
        figures.stage_histograms(comparison),
        figures.tensor_strip(reference, deployed, "field_01", first_divergence=comparison.first_divergence),
        figures.outputs_bar({"as shipped": SHIPPED, "reference": RIGHT}, CLASSES),
        figures.activation_ranges({"stem": (-1, 2), "logits": (-5, 5)}, {"stem": (-255, 510), "logits": (-2e4, 2e4)}),
        figures.impact_bars(causes),
        figures.difference_histogram({"fixed": np.array([0.0, -60.0, 3.0])}, limit=1.0),
        figures.elimination_ladder(LADDER),
        figures.flow_diagram(FLOW, guilty="preprocess"),
    ]
    return {picture.name: picture for picture in pictures}


def test_every_figure_has_a_text_alternative_that_is_in_its_svg(drawn: dict[str, Illustration]) -> None:
    """A screen reader is told what the figure shows."""
    for picture in drawn.values():
        assert len(picture.alt) > 60
        root = ElementTree.fromstring(picture.svg())
        assert root.get("role") == "img"
        assert root.get("aria-label") == picture.alt


def test_colours_are_left_to_the_theme(drawn: dict[str, Illustration]) -> None:
    """No colour of the palette is written out, so a dark page can swap each of them."""
    for picture in drawn.values():
        text = picture.svg()
        assert "var(--skew-ink)" in text
        assert not [colour for colour in style.LIGHT.values() if colour in text.lower()]


def test_the_same_figure_gives_the_same_bytes_and_ids_do_not_meet(drawn: dict[str, Illustration]) -> None:
    """Saving twice changes nothing, and two figures on one page share no id."""
    for picture in drawn.values():
        assert picture.svg() == picture.svg()
    assert picture.png(dpi=50) == picture.png(dpi=50)
    ids = [set(re.findall(r'\bid="([^"]+)"', picture.svg())) for picture in list(drawn.values())[4:]]
    assert sum(map(len, ids)) == len(set().union(*ids))


def test_drawing_leaves_matplotlib_as_it_was() -> None:
    """Our settings end with the drawing, and no figure is registered for showing."""
    import matplotlib.pyplot as pyplot

    before = dict(matplotlib.rcParams)
    figures.elimination_ladder(LADDER).png(dpi=40)
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_an_illustration_shows_itself_in_a_notebook_and_is_saved_by_suffix(
    drawn: dict[str, Illustration], tmp_path: Path
) -> None:
    """HTML, PNG and text for a notebook; svg, png and pdf for a file; another suffix is refused."""
    folder = tmp_path
    picture = drawn["flow_diagram"]
    shown = picture._repr_mimebundle_()
    assert set(shown) == {"text/html", "image/png", "text/plain"}
    assert shown["image/png"].startswith(b"\x89PNG")
    assert picture.save(folder / "a" / "x.png").read_bytes().startswith(b"\x89PNG")
    assert picture.save(folder / "x.pdf").read_bytes().startswith(b"%PDF")
    standalone = picture.save(folder / "x.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(standalone.split("?>", 1)[1])
    assert "prefers-color-scheme:dark" in standalone
    with pytest.raises(InputError, match="suffix"):
        picture.save(folder / "x.bmp")


def test_text_from_outside_is_neither_mathematics_nor_markup() -> None:
    """A name with dollar signs and angle brackets is drawn and described as it is."""
    picture = figures.elimination_ladder([Rung(name='$x_1$ <b a="1">&', ok=True, detail="$broken{")])
    assert ElementTree.fromstring(picture.svg()).get("aria-label") == picture.alt
    assert "$x_1$ <b" in picture.alt


def test_histograms_name_the_first_stage_that_differs_and_the_loud_one(comparison: Comparison) -> None:
    """The headline holds the guilty stage and both ranges of the final tensor."""
    alt = figures.stage_histograms(comparison).alt
    assert "first differ at Resize" in alt
    assert "0 to 255 is served" in alt


def test_histograms_of_equal_sides_say_that_they_agree(reference: Capture) -> None:
    """A side compared with itself has nothing to accuse."""
    assert "agree at 5 stages" in figures.stage_histograms(compare(reference, reference)).alt


def test_histograms_of_an_unknown_stage_are_refused(comparison: Comparison) -> None:
    """The error lists the stages that there are."""
    with pytest.raises(InputError, match="decode, Resize"):
        figures.stage_histograms(comparison, stage="nowhere")
    assert "final" in figures.stage_histograms(comparison, stage="final").alt


def test_the_strip_shows_what_leaves_the_declared_range(reference: Capture, deployed: Capture) -> None:
    """0..255 on a scale of 0..1 is outside; a missing stage and an equal one are said to be so."""
    alt = figures.tensor_strip(reference, deployed, "field_02").alt
    assert "100 % of the deployed values lie outside 0 to 1" in alt
    assert "no deployed stage" in alt
    assert "decode: reference" in alt
    assert "equal" in alt


def test_the_strip_of_one_side_with_itself_says_exactly_the_same(reference: Capture) -> None:
    """Identity: no difference is claimed."""
    assert "exactly the same tensor" in figures.tensor_strip(reference, reference, "field_00").alt


def test_the_strip_says_when_shapes_differ(reference: Capture, deployed: Capture) -> None:
    """Tensors that cannot be subtracted are shown, and said to be of other shapes."""
    final = deployed.final.name
    cut = {name: tensor[:, :50] for name, tensor in deployed.tensors[final].items()}
    shorter = replace(deployed, tensors={**deployed.tensors, final: cut})
    assert "tensors of different shapes" in figures.tensor_strip(reference, shorter, "field_00").alt


def test_the_strip_of_an_unknown_picture_is_refused(reference: Capture, deployed: Capture) -> None:
    """The error names pictures that there are."""
    with pytest.raises(InputError, match="field_00"):
        figures.tensor_strip(reference, deployed, "nothing")


def test_outputs_say_the_constant_answer_and_count_agreement() -> None:
    """By hand: the first and third of four pictures are bright, so a constant 'bright' agrees on 2 of 4."""
    alt = figures.outputs_bar({"as shipped": SHIPPED, "reference": RIGHT}, CLASSES).alt
    assert "every picture is “bright” with probability 1" in alt
    assert "2 of 4 agree" in alt
    almost = np.tile([0.99996, 0.00004], (4, 1))
    assert "at least 0.9999" in figures.outputs_bar({"x": almost}, CLASSES).alt


def test_outputs_of_many_classes_are_drawn_too() -> None:
    """Beyond two classes the winner's probability is the bar."""
    values = np.eye(5)[[0, 1, 4]]
    assert "1 a, 1 b, 1 e" in figures.outputs_bar({"x": values}, list("abcde"), images=["p", "q", "r"]).alt


@pytest.mark.parametrize("values", [np.ones((3, 5)), np.ones((0, 2))])
def test_outputs_of_a_wrong_shape_are_refused(values: np.ndarray) -> None:
    """Arrays must be (pictures, classes) and hold pictures."""
    with pytest.raises(InputError, match="2 classes"):
        figures.outputs_bar({"x": values}, CLASSES)


def test_activations_say_how_many_times_larger_they_are() -> None:
    """By hand: logits reach 20000 instead of 5, which is 4000 times."""
    alt = figures.activation_ranges({"logits": (-5, 5)}, {"logits": np.array([-2e4, 0.0, 1.0])}).alt
    assert re.search(r"4\W000 times", alt)
    with pytest.raises(InputError, match="no layer in common"):
        figures.activation_ranges({"a": (0, 1)}, {"b": (0, 1)})


def test_impact_names_the_cause_that_brings_most_back(causes: tuple[Cause, ...]) -> None:
    """The headline is the cause with the largest gain; causes without an impact are refused."""
    alt = figures.impact_bars(causes[::-1]).alt
    assert "Mending scale_missing alone" in alt
    with pytest.raises(InputError, match="impact"):
        figures.impact_bars([replace(cause, impact=None) for cause in causes])


def test_differences_are_counted_in_levels() -> None:
    """By hand: of 0, -60 and 3 the largest is 60 and the mean 21."""
    alt = figures.difference_histogram({"fixed": np.array([0.0, -60.0, 3.0])}).alt
    assert "at most 60 levels, 21 on average" in alt


def test_the_ladder_counts_who_is_cleared() -> None:
    """One of two rungs holds; the other one is named."""
    alt = figures.elimination_ladder(LADDER).alt
    assert "1 of 2 suspects cleared; at fault: ensemble" in alt
    assert "All checks hold" in figures.elimination_ladder(LADDER[:1]).alt


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.elimination_ladder([]),
        lambda: figures.flow_diagram([]),
        lambda: figures.flow_diagram(FLOW, guilty="nobody"),
        lambda: figures.difference_histogram({}),
        lambda: figures.outputs_bar({}, CLASSES),
    ],
)
def test_nothing_to_draw_is_an_error(draw: Callable[[], Illustration]) -> None:
    """An empty figure would look like a pass."""
    with pytest.raises(InputError):
        draw()


ASKED_SHIPPED = {"images": 72, "agreement": 0.5, "flipped": [f"p{n}" for n in range(36)]}
ASKED_FIXED = {
    "images": 72,
    "agreement": 71 / 72,
    "flipped": ["val_021"],
    "max_abs_level_diff": 60.2,
    "level_images": 24,
}


def test_answers_table_counts_pictures_and_names_those_that_flipped() -> None:
    """71 of 72 is no 100 %: what was asked is counted, few flipped pictures are named, many are counted."""
    parity = {"images": 72, "agreement": 1.0, "flipped": [], "max_abs_probability_diff": 0.004}
    table = figures.answers_table({"as shipped": ASKED_SHIPPED, "fixed": ASKED_FIXED, "parity": parity})
    assert table.columns == (
        "variant", "same class as the reference", "another class", "largest change of a probability",
    )  # fmt: skip
    assert table.rows[0] == ("as shipped", "36 of 72", "36 pictures", "–")
    assert table.rows[1][1:3] == ("71 of 72", "val_021")
    assert table.rows[2] == ("parity", "72 of 72", "none", "0.004")
    assert table.caption == "answers to 72 pictures"
    assert figures.answers_table({"a": {"agreement": 0.5}}).rows[0][1].startswith("50")


def test_levels_table_is_of_what_was_measured_on_one_set_of_pictures() -> None:
    """A variant whose tensors nobody captured has no row; two sets of pictures do not stand in one table."""
    table = figures.levels_table({"as shipped": ASKED_SHIPPED, "fixed": ASKED_FIXED})
    assert table.columns == ("variant", "largest difference (levels)")
    assert table.rows == (("fixed", "60.2"),)
    assert table.caption == "final tensors of 24 pictures"
    with pytest.raises(InputError, match="12 and 24 pictures"):
        figures.levels_table({"fixed": ASKED_FIXED, "parity": {"max_abs_level_diff": 1, "level_images": 12}})


def test_a_table_escapes_its_cells_and_refuses_a_short_row() -> None:
    """HTML and Markdown show angle brackets and bars as text."""
    table = figures.Table(columns=("a", "b"), rows=(("<script>", "x|y"),), marked=frozenset({0}))
    assert "&lt;script&gt;" in table.html()
    assert "<script>" not in table._repr_html_()
    assert "x\\|y" in table.markdown()
    with pytest.raises(ValueError, match="1 cells"):
        figures.Table(columns=("a", "b"), rows=(("x",),))


def test_the_strip_leaves_out_what_only_moves_values_on_one_side_and_says_so(
    reference: Capture, deployed: Capture
) -> None:
    """With six columns or more, a lone cast is named under the strip instead of drawn; a lone normalize stays."""
    lone = replace(reference.stage("cast"), name="to float", step="cast")
    stages = (*reference.stages[:2], lone, *reference.stages[2:])
    longer = replace(reference, stages=stages, tensors={**reference.tensors, "to float": reference.tensors["cast"]})
    alt = figures.tensor_strip(longer, deployed, "field_00").alt
    assert "Not drawn: to float (reference only)." in alt
    assert "data_preprocessor: reference" in alt
    assert "through 5 stages" in alt


def test_a_tensor_of_hundreds_of_channels_does_not_fill_the_page(reference: Capture) -> None:
    """A height read as channels shows the first four."""
    final = reference.final.name
    turned = {
        name: np.ascontiguousarray(tensor.transpose(1, 2, 0)) for name, tensor in reference.tensors[final].items()
    }
    wrong = replace(reference, tensors={**reference.tensors, final: turned})
    picture = figures.stage_histograms(compare(wrong, wrong), stage=final)
    assert len(picture.figure.axes) == 4


def test_long_names_of_steps_stay_inside_their_boxes() -> None:
    """Drawn with five steps, every box's name is narrower than its box, parted where it has to be."""
    steps = [
        FlowStep(name=name, kind="DALI") for name in ("decode", "preprocess_shipped", "W" * 16, "hrnet_w30", "softmax")
    ]
    figure = figures.flow_diagram(steps).figure
    axes = figure.axes[0]
    boxes = [patch.get_window_extent() for patch in axes.patches if patch.get_label() == "step"]
    names = [text for text in axes.texts if text.get_fontweight() == "bold"]
    assert [text.get_text() for text in names][1] == "preprocess_\nshipped"
    assert len(boxes) == len(names) == 5
    for box, name in zip(boxes, names, strict=True):
        assert name.get_window_extent().width <= box.width
