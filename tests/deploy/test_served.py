"""The checks that a served model makes on what it is sent, without a server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelparity.deploy import served

PICTURE = {"name": "IMAGE", "data_type": "TYPE_UINT8", "dims": ["-1", "-1", "3"]}
TENSOR = {"name": "TENSOR", "data_type": "TYPE_FP32", "dims": [3, 4, 5]}


def test_declared_input_passes():
    """What the config declares is accepted, with and without a batch axis."""
    served.check(np.zeros((2, 7, 9, 3), np.uint8), PICTURE, batched=True)
    served.check(np.zeros((7, 9, 3), np.uint8), PICTURE, batched=False)
    served.check(np.zeros((1, 3, 4, 5), np.float32), TENSOR, batched=True)


@pytest.mark.parametrize(
    ("array", "declared", "said"),
    [
        (np.zeros((1, 7, 9, 3), np.float32), PICTURE, "is float32 and uint8 is wanted"),
        (np.zeros((1, 7, 9), np.uint8), PICTURE, "shape 7x9 per picture and anyxanyx3 is wanted; send decoded RGB"),
        (np.zeros((1, 7, 9, 4), np.uint8), PICTURE, "shape 7x9x4 per picture"),
        (np.zeros((1, 3, 4, 6), np.float32), TENSOR, "shape 3x4x6 per picture and 3x4x5 is wanted$"),
        (np.zeros((1, 0, 9, 3), np.uint8), PICTURE, "is empty, of shape 1x0x9x3"),
        (np.zeros((0, 7, 9, 3), np.uint8), PICTURE, "is empty"),
        (np.zeros((1, 1, served.LARGEST_SIDE + 1, 3), np.uint8), PICTURE, "32768 is the most"),
    ],
)
def test_anything_else_is_refused_with_the_mend(array, declared, said):
    """A wrong type, rank, channel count, emptiness and absurd size each have their sentence."""
    with pytest.raises(served.BadRequest, match=said):
        served.check(array, declared, batched=True)


def test_reason_names_the_cause_in_one_line():
    """Memory is recognised in any wording, DALI's cause is found under its traceback, and an empty error has its type."""
    dali = "Critical error in pipeline:\nError in CPU operator\n\n  File\n\nencountered:\n\nSlice can't be placed\nC++ context:"
    assert served.reason(RuntimeError(dali)) == "Slice can't be placed"
    assert "not enough memory" in served.reason(RuntimeError("std::bad_alloc"))
    assert "not enough memory" in served.reason(MemoryError())
    assert served.reason(ValueError("first\nsecond")) == "first"
    assert served.reason(KeyError()) == "KeyError"


def test_free_memory_is_what_the_machine_has():
    """Free memory is positive and not more than the machine's whole."""
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert 0 < served.free_memory() <= total
