"""Arithmetic of written pipelines, which whole numbers show as well as graphs do."""

from __future__ import annotations

import pytest

pytest.importorskip("nvidia.dali")

from pixelparity.repair import dali_runtime


@pytest.mark.parametrize("divisor", [1, 2, 3, 4, 7, 10])
def test_quotients_are_rounded_as_python_does(divisor: int) -> None:
    """Halves go to the even neighbour; everything else to the nearest."""
    for number in range(60):
        assert dali_runtime.even_quotient(number, divisor) == round(number / divisor)
        assert dali_runtime.halved(number) == round(number / 2)
