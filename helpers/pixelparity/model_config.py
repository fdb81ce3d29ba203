"""Triton's ``config.pbtxt``: text of protobuf's own form, parsed as Triton parses it and never run.

Both sides of the house need it, the one that serves a model repository and the one that reads it, so it is a word of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.errors import InputError
from pixelparity.extras import installed_with
from pixelparity.fields import within

#: The most that is read of a config. Those that people write have a few kilobytes; one of this size takes seconds.
MOST_BYTES = files.MIB
#: How much of what protobuf says is passed on: it quotes the whole line, and a config may be one line.
_MOST_SAID = 160


def message(config: Mapping[str, Any] | str) -> Any:
    """Return a model's config as Triton's own message, from the text of a ``config.pbtxt`` or from its JSON.

    Raises ``InputError`` for what is no config: a field that Triton does not know, a value of another type.
    """
    with installed_with("triton"):
        from google.protobuf import json_format, text_format
        from tritonclient.grpc.model_config_pb2 import ModelConfig

    try:
        if isinstance(config, str):
            return text_format.Parse(config, ModelConfig())
        return json_format.ParseDict(dict(config), ModelConfig())
    except (text_format.ParseError, json_format.ParseError, ValueError, RecursionError) as error:
        raise InputError(
            f"the config is not one that Triton understands ({_short(error)}); see Triton's ModelConfig"
        ) from error


def read(file: str | Path) -> Any:
    """Return what a ``config.pbtxt`` says, as Triton's own message; raise ``InputError`` that names a file which is none."""
    text = files.read_text(file, "a model's config", most=MOST_BYTES)
    with within(str(file)):
        return message(text)


def as_json(config: Any) -> dict[str, Any]:
    """Return a message as the JSON values that a server answers when it is asked for a model's config."""
    from google.protobuf import json_format

    found: dict[str, Any] = json_format.MessageToDict(config, preserving_proto_field_name=True)
    return found


def _short(error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= _MOST_SAID else f"{said[: _MOST_SAID // 2]} ... {said[-_MOST_SAID // 2 :]}"
