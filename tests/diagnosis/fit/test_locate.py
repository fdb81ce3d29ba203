"""Where a picture lies is looked up in its tensor."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.fit.locate import by_rule, candidates_like
from pixelparity.diagnosis.model import placement


@pytest.mark.parametrize(("rule", "size"), [("same", (100, 150)), ("short", (200, 100)), ("long", (150, 75))])
def test_rules_worked_by_hand(rule: str, size: tuple[int, int]) -> None:
    """A 200 x 300 picture shrunk to 100 x 150, and a 600 x 300 one by the same size, shorter or longer edge."""
    hint = placement.whole((200, 300), (100, 150))
    assert by_rule(rule, (600, 300, 3), size, hint).size == size


def test_an_odd_gap_is_halved_either_way() -> None:
    """A picture of 5 columns in the middle of 8 has one or two of the three free columns on its left, as libraries round."""
    picture, canvas = np.zeros((4, 5, 3)), np.zeros((4, 8, 3))
    centred = placement.whole((4, 6), (4, 6), (4, 8), 1, (0, -1))
    assert [frame.origin for frame in candidates_like(picture, canvas, [centred])] == [(0, -2), (0, -1)]
