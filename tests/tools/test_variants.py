"""States of a deployment are measured picture by picture, and each cause is priced both ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelparity import pictures, tools
from pixelparity.tools import variants
from pixelparity.tools.looking import Look

SIDES = """
import numpy as np
from pixelparity import pictures

LAYOUT, CHANNELS, VALUE_RANGE = "CHW", "RGB", (0.0, 1.0)

def right(path):
    return (pictures.read_rgb(path).astype(np.float32) / 255).transpose(2, 0, 1)

def wrong(path):
    return np.ascontiguousarray(right(path)[::-1]) * 255

def small(path):
    return right(path)[:, :-2]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three sides and four coloured pictures, of which the last is red."""
    root = tmp_path_factory.mktemp("variants")
    (root / "sides.py").write_text(SIDES, encoding="utf-8")
    rng = np.random.default_rng(3)
    (root / "p").mkdir()
    for number in range(4):
        tint = np.array([1.0, 0.6, 0.2] if number == 3 else [0.2, 0.6, 1.0])
        Image.fromarray((rng.integers(0, 256, (24, 32, 3)) * tint).astype(np.uint8)).save(root / "p" / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def seen(home: Path) -> Look:
    """Return the look at a side that is 255 times too large with red and blue exchanged."""
    return tools.look(f"python:{home}/sides.py:right", f"python:{home}/sides.py:wrong", pictures.find([home / "p"]))


def warm(tensors):
    """Answer by which of red and blue is brighter."""
    means = tensors.mean((2, 3))
    return np.stack([means[:, 0] > means[:, 2], means[:, 0] <= means[:, 2]], 1).astype(np.float32)


def test_the_deployed_state_is_measured_in_levels_and_answers(seen: Look) -> None:
    """By hand: the largest difference is that of x and 255 y; exchanged channels flip every answer of a coloured picture."""
    wanted = variants.asked(seen.reference.finals(), warm)
    found = variants.of_tensors(seen, seen.deployed.finals(), warm)
    one, other = (side.tensors[side.final.name] for side in (seen.reference, seen.deployed))
    largest = max(float(np.abs(one[name].astype(float) - other[name]).max()) for name in one) * 255
    values = found.values(wanted)
    assert values["max_abs_level_diff"] == pytest.approx(largest)
    assert values["flipped"] == ["0", "1", "2", "3"]
    assert (values["images"], values["level_images"], values["agreement"]) == (4, 4, 0.0)


def test_the_reference_against_itself_is_nothing(seen: Look) -> None:
    """Identity: no gap, every answer the same."""
    own = list(seen.reference.finals())
    values = variants.of_tensors(seen, own, warm).values(variants.asked(own, warm))
    assert (values["max_abs_level_diff"], values["agreement"], values["flipped"]) == (0.0, 1.0, [])


def test_nobody_asked_gives_no_answers(seen: Look) -> None:
    """Without a model only the tensors speak."""
    assert set(variants.of_tensors(seen, seen.deployed.finals()).values({})) == {
        "max_abs_level_diff", "mean_abs_level_diff", "level_images",
    }  # fmt: skip


def test_every_cause_mended_is_the_reference(seen: Look) -> None:
    """Both causes undone leave nothing; one alone leaves what the other does."""
    assert {cause.family for cause in seen.mends.causes} == {"scale_missing", "channel_order"}
    assert variants.of_tensors(seen, variants.mended(seen, seen.mends.causes)).levels == pytest.approx(0, abs=0.01)


def test_costs_are_ordered_as_a_loud_and_a_quiet_cause(seen: Look) -> None:
    """The loud one mended alone leaves what the quiet one costs; left alone it costs nearly all, and so turned round."""
    by = {cost.family: cost for cost in variants.costs(seen)}
    loud, quiet = by["scale_missing"], by["channel_order"]
    assert loud.mended_alone == pytest.approx(quiet.left_alone)
    assert quiet.mended_alone == pytest.approx(loud.left_alone)
    assert quiet.left_alone < loud.left_alone / 50


def test_another_shape_is_no_number_of_levels(home: Path) -> None:
    """A side that crops has no gap in levels, and its answers are counted all the same."""
    found = tools.look(f"python:{home}/sides.py:right", f"python:{home}/sides.py:small", pictures.find([home / "p"]))
    state = variants.of_tensors(found, found.deployed.finals(), warm)
    assert state.levels is None
    assert set(state.values(variants.asked(found.reference.finals(), warm))) == {
        "images", "agreement", "flipped", "max_abs_probability_diff", "constant",
    }  # fmt: skip
