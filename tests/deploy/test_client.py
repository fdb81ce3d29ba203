"""A model's config on disk is read as Triton reads it, and what is none is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixelparity.deploy import client
from pixelparity.errors import InputError


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'name: "\xff"', "no UTF-8 text"),
        (b"nme: 5", "not one that Triton understands"),
        (b"ensemble_scheduling {" * 5000, "not one that Triton understands"),
        (b'name: "' + b"x" * 17 * 2**20 + b'"', "larger than 16 MiB"),
        (None, "a FIFO"),
    ],
)
def test_a_config_that_is_none_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """Damaged text, endless text and a FIFO in a config's place are each one line that names the file."""
    file = tmp_path / "config.pbtxt"
    if content is None:
        os.mkfifo(file)
    else:
        file.write_bytes(content)
    with pytest.raises(InputError, match=f"config.pbtxt.*{said}") as raised:
        client.read_config(file)
    assert "\n" not in str(raised.value)


def test_a_config_is_read_as_triton_reads_it(tmp_path: Path) -> None:
    """The steps of an ensemble are there by name."""
    file = tmp_path / "config.pbtxt"
    file.write_text('platform: "ensemble" ensemble_scheduling { step [{ model_name: "prep" }] }', encoding="utf-8")
    assert [step.model_name for step in client.read_config(file).ensemble_scheduling.step] == ["prep"]
