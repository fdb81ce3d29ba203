"""Pictures that one side turns: which code, and what is printed where the side does not show."""

from __future__ import annotations

import pytest

from pixelparity.diagnosis.families import orientation
from pixelparity.diagnosis.model import placement
from tests.diagnosis.sides import picture


@pytest.mark.parametrize(("applied", "word"), [(True, "adjust_orientation=True"), (False, "adjust_orientation=False")])
def test_orientation_is_applied_or_not_as_the_training_does(applied: bool, word: str) -> None:
    """Where the tensors do not show which side turns, neither is said."""
    assert word in orientation.decoder_line(applied)
    assert "=" not in orientation.decoder_line(None).split("#")[1]


@pytest.mark.parametrize("code", sorted(placement.EXIF))
def test_the_code_of_two_pictures_is_found(code: int) -> None:
    """A picture turned by each of the eight codes is found to be turned by it."""
    shown = picture(0, (96, 130))
    assert orientation.of_pictures(shown, placement.turn(shown, code)).code == code


def test_unlike_pictures_are_upright() -> None:
    """Another picture altogether is not called turned."""
    assert orientation.of_pictures(picture(0, (96, 96)), picture(1, (96, 96))).code == 1
