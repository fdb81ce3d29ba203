"""What a run finds is written whole, read back, and kept from one notebook to the next."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.workbook import records


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty run."""
    monkeypatch.setenv(records.RUN_VARIABLE, str(tmp_path / "run"))
    return tmp_path / "run"


def test_sections_are_added(run: Path) -> None:
    """Each section is kept beside the others with its time, arrays and numbers as plain JSON; nothing else is left behind."""
    records.record("a", {"x": np.float32(0.5), "y": np.array([1, 2])})
    records.record("b", (1, "two"))
    records.record("b", [3])
    found = records.read_result()
    times = found.pop("times")
    assert found == {"a": {"x": 0.5, "y": [1, 2]}, "b": [3]}
    assert set(times) == {"a", "b"}
    assert datetime.fromisoformat(times["a"]).utcoffset() == timedelta(0)


def test_the_first_time_of_a_section_stays(run: Path) -> None:
    """A section that a later notebook writes again keeps the time at which it was found."""
    records.record("a", 1)
    first = records.read_result()["times"]["a"]
    files.write_whole(
        run / "result.json", (run / "result.json").read_text().replace(first, "2026-01-01T00:00:00+00:00")
    )
    records.record("a", 2)
    assert records.read_result() == {"a": 2, "times": {"a": "2026-01-01T00:00:00+00:00"}}
    assert [path.name for path in run.iterdir()] == ["result.json"]


def test_kept_objects_come_back(run: Path) -> None:
    """An object kept by one notebook is the next one's; one that nobody kept is asked for by name."""
    records.keep("thing", {"key": np.arange(3)})
    assert records.kept("thing")["key"].tolist() == [0, 1, 2]
    with pytest.raises(InputError, match=r"'other'.*in order"):
        records.kept("other")


def test_versions_name_what_is_missing() -> None:
    """A version is reported for what is installed, and the word missing for what is not."""
    found = records.versions()
    assert found["numpy"] == np.__version__
    assert found["tensorrt"] == "missing" or found["tensorrt"][0].isdigit()
