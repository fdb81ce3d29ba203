"""The import graph of a package: parts, arrows, floors, circles; and the diagnosis as it has to stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import house


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an importable package with three parts in a row."""
    root = tmp_path / "cottage"
    (root / "attic").mkdir(parents=True)
    for name, text in {
        "__init__.py": "from cottage.attic import roof\n",
        "attic/__init__.py": "",
        "attic/roof.py": "from cottage import wall\nfrom cottage.wall import height\n",
        "wall.py": "import cottage.ground\nheight = 2\n",
        "ground.py": "import json\n",
    }.items():
        (root / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return root


def test_parts_arrows_and_floors(package: Path) -> None:
    """A folder is one part, two imports of one part are one arrow, and floors count from what imports nothing."""
    found = house.read("cottage")
    assert found.imports == {"attic": {"wall"}, "wall": {"ground"}, "ground": frozenset()}
    assert found.arrows == 2
    assert found.floors == {"ground": 1, "wall": 2, "attic": 3}


def test_a_circle_is_named(package: Path) -> None:
    """Parts that import one another in a ring are reported with their names, and stand on no floor."""
    (package / "ground.py").write_text("from cottage.attic import roof\n", encoding="utf-8")
    found = house.read("cottage")
    assert set(found.circle) == {"attic", "wall", "ground"}
    assert not found.floors


def test_an_unknown_package_is_an_error() -> None:
    """A name that is no package ends with one line."""
    with pytest.raises(SystemExit, match="no package"):
        house.read("json.tool")


def test_the_diagnosis_stays_a_house_that_can_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """No circle, at most 36 arrows and 6 floors: 62 modules in one folder had 224 and 13."""
    found = house.read("pixelparity.diagnosis")
    assert not found.circle
    assert found.arrows <= 36
    assert max(found.floors.values()) <= 6
    house.main([])
    assert "no circle" in capsys.readouterr().out
