"""What the margin of a training is: toward the right class, of the nearest picture, for each setting in turn."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import margin
from benchmarks.margin import Setting

LABELS = {"a": 0, "b": 1}


def answers(*second: float) -> np.ndarray:
    """Return probabilities of two classes, given the second's."""
    return np.array([[1 - p, p] for p in second], np.float32)


def test_margin_is_the_logit_difference_toward_the_right_class() -> None:
    """By hand: 0.9 against 0.1 is log 9, even odds are 0, a wrong answer is negative, certainty is finite."""
    found = margin.margins(answers(0.1, 0.5, 0.1, 1.0), np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(found[:3], [np.log(9), 0, -np.log(9)], atol=1e-6)
    assert np.isfinite(found).all()
    assert found[3] > 80


def test_nearest_picture_and_flips_are_named() -> None:
    """A picture that the fixed pipeline takes for the other class is a flip with a negative margin."""
    given = {"reference": answers(0.1, 0.97), "fixed": answers(0.1, 0.14), "parity": answers(0.1, 0.97)}
    found = margin.summarize({**given, "shipped": answers(0, 0)}, LABELS)
    assert found["fixed"]["flipped"] == ["b"]
    assert found["fixed"]["nearest_picture"] == "b"
    assert found["fixed"]["smallest_logit_margin"] < 0 < found["reference"]["smallest_logit_margin"]
    assert found["fixed"]["largest_change"] == pytest.approx(0.83, abs=1e-3)
    assert (found["reference"]["right"], found["fixed"]["right"]) == (2, 1)
    assert found["shipped"]["first_class"] == 2
    row = {"seed": None, "threads": 2, "isa": "native", "seconds": 100.0, "accuracy": 1.0, **found}
    assert "| b | 2 of 2 |" in margin.table([row])


def test_almost_the_first_class_is_not_counted_as_it() -> None:
    """The incident's answer is [1, 0] exactly; 0.999 is another one."""
    found = margin.summarize({"reference": answers(0.1, 0.9), "shipped": answers(0, 0.001)}, LABELS)
    assert found["shipped"]["first_class"] == 1


def test_design_varies_one_thing_at_a_time() -> None:
    """Every seed in the first setting; other threads and instruction sets with the first seed."""
    found = margin.settings([7, 8], [2, 1], ["native", "aten-avx2"])
    assert [(s.seed, s.threads, s.isa) for s in found] == [
        (7, 2, "native"), (8, 2, "native"), (7, 1, "native"), (7, 2, "aten-avx2"),
    ]  # fmt: skip
    assert [s.seed for s in margin.settings([], [2], ["native"])] == [None]


def test_a_setting_is_its_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads and instruction sets are set, and what the caller's environment limits is not inherited."""
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    made = Setting(seed=0, threads=4, isa="aten-default").environment()
    assert (made["OMP_NUM_THREADS"], made["ATEN_CPU_CAPABILITY"]) == ("4", "default")
    assert "ONEDNN_MAX_CPU_ISA" not in made
    assert Setting(seed=0, threads=1, isa="onednn-sse41").environment()["ONEDNN_MAX_CPU_ISA"] == "SSE41"
