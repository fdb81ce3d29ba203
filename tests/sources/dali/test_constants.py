"""DALI's numbered choices by name."""

from __future__ import annotations

import pytest
from nvidia.dali import types

from pixelparity.sources.dali import constants


def test_every_number_type_has_its_number() -> None:
    """The numbers go from 0 to 11 without a gap, and each is that of DALI's own type of the same name."""
    assert sorted(constants.DTYPES) == list(range(12))
    for number, name in constants.DTYPES.items():
        assert int(getattr(types, constants.DTYPE_NAMES.get(name, name.upper()))) == number


@pytest.mark.parametrize(
    ("argument", "value", "text"),
    [
        ("dtype", 0, "types.UINT8"),
        ("dtype", 9, "types.FLOAT"),
        ("dtype", 99, "99"),  # a type that came later stays a number
        ("interp_type", 1, "types.INTERP_LINEAR"),
        ("image_type", 1, "types.BGR"),
        ("size", 1, "1"),
        ("mean", (0.5, 2.0), "[0.5, 2.0]"),
        ("antialias", True, "True"),
        ("mode", "not_larger", '"not_larger"'),
    ],
)
def test_arguments_are_written_as_a_person_does(argument: str, value: object, text: str) -> None:
    """A numbered choice has its name where the argument holds one, and everything else is itself."""
    assert constants.as_python(argument, value) == text
