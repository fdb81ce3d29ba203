"""Which family of values a pair of maps is called by, on both sides of each."""

from __future__ import annotations

import numpy as np
import pytest

from pixelparity.diagnosis.families import value_maps, values
from pixelparity.diagnosis.model import colours, constants
from pixelparity.diagnosis.model.constants import Norm
from pixelparity.diagnosis.model.side_model import SideModel

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
IMAGENET, CLIP = (
    constants.norm(MEAN, STD),
    constants.norm(np.array([0.481, 0.458, 0.408]), np.array([0.269, 0.261, 0.276])),
)
RAW, SCALED = Norm(gain=(1.0,) * 3, offset=(0.0,) * 3), value_maps.scaled(3)
CENTRED = Norm(gain=(1.0,) * 3, offset=(-123.675, -116.28, -103.53))
COLLAPSED, AGAIN, IN_BYTES = value_maps.once_more(IMAGENET)
UNIT_ON_BYTES = Norm(gain=tuple((1 / STD).tolist()), offset=tuple((-MEAN / STD).tolist()))
STUDIO = Norm(gain=tuple((219 / 255 * np.array(IMAGENET.gain)).tolist()),
              offset=tuple((np.array(IMAGENET.offset) + 16 * np.array(IMAGENET.gain)).tolist()))  # fmt: skip

CASES = {
    "equal": (IMAGENET, IMAGENET, ()),
    "division left out": (SCALED, RAW, ("scale_missing",)),
    "mean left out": (CENTRED, RAW, ("mean_std_missing",)),
    "both left out": (IMAGENET, RAW, ("scale_missing", "mean_std_missing")),
    "scaled besides": (RAW, SCALED, ("scale_twice",)),
    "statistics left out": (IMAGENET, SCALED, ("mean_std_missing",)),
    "divided twice": (IMAGENET, COLLAPSED, ("scale_twice",)),
    "normalised twice": (IMAGENET, AGAIN, ("scale_twice",)),
    "twice in bytes": (IMAGENET, IN_BYTES, ("scale_twice",)),
    "statistics of 0..1 on 0..255": (IMAGENET, UNIT_ON_BYTES, ("mean_std_wrong_range",)),
    "deviation left out": (IMAGENET, constants.norm(MEAN, np.ones(3)), ("mean_std_missing",)),
    "mean alone left out": (IMAGENET, constants.norm(0 * MEAN, STD), ("mean_std_missing",)),
    "other constants": (IMAGENET, CLIP, ("mean_std_wrong",)),
    "reversed": (IMAGENET, constants.norm(MEAN[::-1], STD[::-1]), ("mean_std_wrong",)),
    "studio range": (IMAGENET, STUDIO, ("colour_range",)),
}


@pytest.mark.parametrize("name", CASES)
def test_each_pair_of_maps_has_its_name_and_is_mended(name: str) -> None:
    """Each mistake is called by its family, and all mends together give the reference's map."""
    reference, deployed, families = CASES[name]
    found = values.name(reference, deployed, colours.identity(3))
    assert tuple(one.family for one in found) == families
    gain, offset = np.array(deployed.gain), np.array(deployed.offset)
    chain = SideModel(placements=(), colour=colours.plain(range(3), gain, offset, 3))
    for one in found:
        assert "..." not in one.fix
        chain = one.mend(chain)
    assert value_maps.norm(chain.colour).close(reference)


def test_reversed_constants_are_said_to_be() -> None:
    """Constants in the other channel order carry it in their parameters; others do not."""
    identity = colours.identity(3)
    turned = values.name(IMAGENET, constants.norm(MEAN[::-1], STD[::-1]), identity)[0]
    assert turned.parameters["reversed"] is True
    assert "reversed" not in values.name(IMAGENET, CLIP, identity)[0].parameters


def test_256_is_said_where_it_stands_for_255() -> None:
    """Two divisors that are one level apart are other constants, and both are written out."""
    (found,) = values.name(SCALED, Norm(gain=(1 / 256,) * 3, offset=(0.0,) * 3), colours.identity(3), 0.001)
    assert found.text == "other constants are used: trained on x / 255, fed x / 256"
