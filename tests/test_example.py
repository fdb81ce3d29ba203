"""The example report in git is one that a run writes today: whole, self-contained, small, and of no particular machine."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path

import jsonschema
import pytest

from pixelparity.views.postmortem import content, values

PAGE = Path(__file__).parents[1] / "docs" / "example" / "postmortem.html"
TEXT = PAGE.read_text(encoding="utf-8")


def test_it_fits_into_git() -> None:
    """It is well below the 1 MiB that a file may have here."""
    assert PAGE.stat().st_size < 900_000


@pytest.mark.parametrize("section", [name for name, _ in content.SECTIONS])
def test_it_has_every_section_of_a_report(section: str) -> None:
    """A section that reports have got since then means that the example has to be taken anew."""
    assert f'id="{section}"' in TEXT, "run make workbook, then python docs/example/take.py"


def test_it_needs_no_network_and_names_no_machine() -> None:
    """Nothing is loaded from elsewhere, and no path leads into somebody's folders."""
    assert not re.search(r'(?:src|srcset)="(?!data:)|url\((?!#|data:)|<link[^>]+href="(?!data:)|@import', TEXT)
    assert not re.search(r'[\s>"(](?:/home|/root|/tmp|/work|/Users)/', TEXT)


def test_its_numbers_are_those_of_its_run() -> None:
    """The attached result.json says what the page says: the constant answer, the cause, and the fix."""
    files = dict(re.findall(r'data:application/json;base64,([A-Za-z0-9+/=]+)" download="([^"]+)"', TEXT))
    attached = {name: json.loads(b64decode(data)) for data, name in files.items()}
    result = attached["result.json"]
    jsonschema.validate(attached["postmortem.json"], values.schema())
    assert result["as_shipped"]["constant"]
    assert result["causes"][0] == "scale_missing"
    assert result["fixed"]["agreement"] == result["parity"]["agreement"] == 1
    assert result["fixed"]["images"] == result["parity"]["images"] == len(result["fixed"]["probabilities"]) == 72
    assert "72 of 72" in TEXT
    assert result["parity"]["max_abs_level_diff"] <= 1 < result["fixed"]["max_abs_level_diff"]


def test_every_figure_has_words() -> None:
    """Each picture of the page has a text alternative."""
    figures = re.findall(r"<svg[^>]*role=\"img\"[^>]*>", TEXT)
    assert len(figures) >= 8
    assert all(re.search(r'aria-label="[^"]{30,}"', figure) for figure in figures)
