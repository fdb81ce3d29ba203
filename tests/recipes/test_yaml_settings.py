"""YAML settings: plain data of a bounded size, and one sentence for everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError
from pixelparity.recipes import read_yaml


def read(tmp_path: Path, text: str) -> dict[str, object]:
    """Return what a file with this text holds."""
    file = tmp_path / "settings.yml"
    file.write_text(text)
    return read_yaml(file, "a config")


def test_plain_data(tmp_path: Path) -> None:
    """Numbers, lists, tuples that libraries write, and aliases of a list of numbers are read."""
    text = "a: &m [0.5, 1]\nb: *m\nc: !!python/tuple [1, 2]\n"
    assert read(tmp_path, text) == {"a": [0.5, 1], "b": [0.5, 1], "c": [1, 2]}


def test_names_are_texts(tmp_path: Path) -> None:
    """Numbers and nothing as names are what JSON has in their place: texts."""
    assert read(tmp_path, "labels: [{0: cat, null: dog}]\n") == {"labels": [{"0": "cat", "None": "dog"}]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x {k: 1}\nb: *x\n", "is an alias"),
        ("a: &x [&y [1, 1], *y]\nb: *x\n", "is an alias"),
        ("a: &x {k: 1}\nb:\n  <<: *x\n", "is an alias"),
        ("a: !!python/object/apply:os.system [ls]\n", "not a readable"),
        ("- 1\n", "holds no object"),
        ("a: [", "not a readable"),
        ("a: " + "[" * 1000, "nested too deeply"),
        ("", "holds no object"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Code, endless aliases, deep nesting and damage are named in one line."""
    with pytest.raises(InputError, match=message) as raised:
        read(tmp_path, text)
    assert "\n" not in str(raised.value)
