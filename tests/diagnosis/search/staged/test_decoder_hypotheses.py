"""Where a decoder is guessed about at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pixelparity.diagnosis.model import colours
from pixelparity.diagnosis.model.placement import whole
from pixelparity.diagnosis.model.side_model import SideModel
from pixelparity.diagnosis.search.staged import alpha_compositing, decoder_hypotheses


@pytest.mark.parametrize(
    ("pictured", "made", "signed", "asked"),
    [(3, 3, False, True), (1, 3, False, False), (3, 1, False, False), (1, 1, False, False), (3, 3, True, False)],
)
def test_only_colours_tell_of_a_decoder(
    monkeypatch: pytest.MonkeyPatch, pictured: int, made: int, signed: bool, asked: bool
) -> None:
    """Grey on either side and bytes that were read as signed say nothing: the pictures stay, and all of them count."""
    looked: list[int] = []

    def blended(chain: SideModel, pictures: Any, targets: Any) -> tuple[Any, tuple[int, ...]]:
        looked.append(len(targets))
        return pictures, (0, 1)

    monkeypatch.setattr(alpha_compositing, "blended", blended)
    chain = SideModel(
        placements=(whole((4, 4), (4, 4)),) * 2, colour=colours.identity(3), bytes_as_int8=signed, residual=np.inf
    )
    pictures = tuple(np.zeros((4, 4, pictured), np.uint8) for _ in range(2))
    found = decoder_hypotheses.guess(chain, pictures, tuple(np.zeros((4, 4, made), np.float32) for _ in range(2)))
    assert all(a is b for a, b in zip(found.pictures, pictures, strict=True))
    assert found.sound == (0, 1)
    assert bool(looked) is asked
