"""A connection to a server asks it as it should, and says what it is answered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pixelparity.deploy import client, redeploy
from pixelparity.errors import ServerError


def talking(said: Any) -> client.Connection:
    """Return a connection over HTTP to a server that answers every question with one content, or cannot be understood."""

    def answer(*_: Any, **__: Any) -> Any:
        if isinstance(said, Exception):
            raise said
        return said

    connection = client.Connection("h:1", protocol="http")
    names = ("get_model_config", "get_model_repository_index", "is_model_ready", "close")
    connection._wire._opened = SimpleNamespace(**dict.fromkeys(names, answer))
    return connection


@pytest.mark.parametrize(
    "said",
    [
        ValueError("Parse error at offset 1: Invalid value."), "x", 5, None, ["a"], {"name": 5}, {"input": "x"},
        {"parameters": 5}, {"ensemble_scheduling": {"step": [5]}}, {"max_batch_size": "many"},
        {"name": "\ud800"},
    ],
)  # fmt: skip
def test_an_answer_of_another_form_is_the_servers_fault(said: Any) -> None:
    """A config that is no JSON, or JSON of wrong types, is one line that names what was asked, and of whom."""
    with pytest.raises(ServerError, match=r"^get model config m failed on h:1: the answer is not of Triton's form"):
        talking(said).config("m")


@pytest.mark.parametrize("said", [ValueError("x"), "x", 5, [5], [{"name": 5}], [{"name": "m", "state": ["READY"]}]])
def test_an_index_of_another_form_is_the_servers_fault(said: Any) -> None:
    """The same holds for the list of models."""
    with pytest.raises(ServerError, match=r"^get model repository index failed on h:1: the answer is not of Triton's"):
        talking(said).models()


def test_what_is_null_or_lacks_is_not_there() -> None:
    """Fields that hold nothing are as good as absent, over HTTP as over gRPC, and a step without a name has an empty one."""
    said = {"name": "m", "parameters": None, "ensemble_scheduling": {"step": [{}]}, "of_tomorrow": 5}
    assert talking(said).config("m") == {"name": "m", "ensemble_scheduling": {"step": [{}]}}
    assert redeploy._steps(talking(said), "m") == [""]
