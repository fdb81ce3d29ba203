"""What each picture of a traced request went through."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.sources.served.requests import Request, passages

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("fed", "answered", "pictures"),
    [
        ((2, 40), (2, 3, 8, 9), 2),  # two encoded files
        ((2, 8, 9, 3), (2, 3, 8, 9), 2),
        ((8, 9, 3), (3, 8, 9), 1),  # no batch: its rows are no pictures
        ((40,), (3, 8, 9), 1),
    ],
)
def test_a_batch_holds_as_many_pictures_as_rows(fed: tuple[int, ...], answered: tuple[int, ...], pictures: int) -> None:
    """Files in rows and pictures in four axes are a batch; each picture gets its own part of what went in and came out."""
    given = RNG.integers(0, 256, fed, dtype=np.uint8)
    made = RNG.random(answered, dtype=np.float32)
    request = Request(number=1, model="prepare", inputs={"IN": given}, outputs={"OUT": made})
    found = list(passages([request]))
    assert len(found) == pictures
    for row, passage in enumerate(found):
        assert np.array_equal(passage.fed, given[row] if pictures == 2 else given)
        assert np.array_equal(passage.pictures["prepare"], made[row] if pictures == 2 else made)


def test_a_request_that_lost_its_inputs_has_no_pictures() -> None:
    """Without what went in nothing tells the pictures; neither do no requests."""
    assert list(passages([])) == []
    assert list(passages([Request(number=1, outputs={"OUT": RNG.random((3, 8, 9))})])) == []
