"""Of several texts the one is taken whose tensors are closest, and texts after an exact one are not run."""

from __future__ import annotations

import pytest

from pixelparity.errors import InputError
from pixelparity.repair import search
from pixelparity.repair.script import Script
from pixelparity.repair.write_dali import _Draft

TEXT = "@pipeline_def\ndef p():\n    return fn.external_source()  # {}\n"


def _drafts(*names: str) -> list[search.Draft]:
    return [search.Draft(script=Script(TEXT.format(name), "p"), mended=(name,)) for name in names]


@pytest.mark.parametrize(
    ("distances", "chosen", "distance", "tried"),
    [
        ((3.0, 1.0, 2.0), "b", 1.0, 3),
        ((3.0, 0.0, 0.0), "b", 0.0, 2),  # an exact one ends the search
        ((0.0, 1.0, 2.0), "a", 0.0, 1),
        ((1.0, 1.0, 1.0), "a", 1.0, 3),  # those that mend more come first
    ],
)
def test_the_closest_text_is_taken(distances: tuple[float, ...], chosen: str, distance: float, tried: int) -> None:
    """The least distance, the first of equal ones, and how many were run until then."""
    known = dict(zip("abc", distances, strict=True))
    draft, least, count = search._closest(_drafts(*"abc"), lambda source: known[source.strip()[-1]])
    assert (draft.mended, least, count) == ((chosen,), distance, tried)


def test_texts_that_do_not_run_are_passed_over() -> None:
    """One of them ends nothing while another runs; where none runs the last error is raised; unchecked, the first is taken."""

    def check(source: str) -> float:
        if source.strip()[-1] == "a":
            raise InputError("does not run")
        return 2.0

    draft, distance, count = search._closest(_drafts("a", "b"), check)
    assert (draft.mended, distance, count) == (("b",), 2.0, 1)
    with pytest.raises(InputError, match="does not run"):
        search._closest(_drafts("a"), check)
    first, none, nothing = search._closest(_drafts("a", "b"), None)
    assert (first.mended, none, nothing) == (("a",), None, 0)


def test_functions_of_one_name_are_numbered() -> None:
    """Equal texts share a name; each other one has the next number."""
    draft = _Draft()
    made = [draft.define("crop", f"def crop(x):\n    return x + {n}\n") for n in (1, 1, 2, 3, 2)]
    assert made == ["crop", "crop", "crop_2", "crop_3", "crop_2"]
    assert draft.functions["crop_3"] == "def crop_3(x):\n    return x + 3\n"
