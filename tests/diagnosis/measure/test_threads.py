"""Work on several pictures at once."""

from __future__ import annotations

import pytest

from pixelparity.diagnosis.measure import threads


def test_results_keep_their_order_and_errors_come_out() -> None:
    """Work done side by side is given back in order; what one of it raises is raised."""
    assert threads.each(lambda n: n * n, range(9)) == [n * n for n in range(9)]
    with pytest.raises(ZeroDivisionError):
        threads.each(lambda n: 1 / n, [1, 0])


def test_work_beside_gives_its_result_and_its_error_first() -> None:
    """The result is there when it is asked for; of two errors the work's is raised, as if it had been done before."""
    with threads.beside(lambda: 7) as result:
        assert result() == 7
    with pytest.raises(ZeroDivisionError), threads.beside(lambda: 1 / 0):
        raise KeyError("the block's")
    with pytest.raises(KeyError), threads.beside(lambda: 7):
        raise KeyError("the block's")
