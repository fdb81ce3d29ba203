"""A model's config on disk is read as Triton reads it, and what is none is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixelparity import model_config
from pixelparity.errors import InputError


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'name: "\xff"', "no UTF-8 text"),
        (b"input { data_type: 2147483648 }", "not one that Triton understands"),
        (b"nme: 5", "not one that Triton understands"),
        (b"\x00\x01\x7fELF", "not one that Triton understands"),
        (b"ensemble_scheduling {" * 5000, "not one that Triton understands"),
        (b'name: "' + b"x" * 2**20 + b'"', "larger than 1 MiB"),
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
        model_config.read(file)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500


def test_a_config_is_read_as_triton_reads_it(tmp_path: Path) -> None:
    """The steps of an ensemble are there by name."""
    file = tmp_path / "config.pbtxt"
    file.write_text('platform: "ensemble" ensemble_scheduling { step [{ model_name: "prep" }] }', encoding="utf-8")
    assert [step.model_name for step in model_config.read(file).ensemble_scheduling.step] == ["prep"]


def test_a_config_has_one_form(tmp_path: Path) -> None:
    """The text of a config and the JSON that a server answers are one message, and go over into one another."""
    text = 'name: "net" max_batch_size: 8 input [{ name: "I" data_type: TYPE_FP32 dims: [3, -1, -1] }]'
    told = model_config.as_json(model_config.message(text))
    assert told["input"] == [{"name": "I", "data_type": "TYPE_FP32", "dims": ["3", "-1", "-1"]}]
    assert model_config.message(told) == model_config.message(text)
    with pytest.raises(InputError, match="not one that Triton understands"):
        model_config.message({"nme": "net"})
