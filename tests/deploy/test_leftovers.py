"""A copy is known by its mark: taken away where its maker is gone, left where it lives or is somewhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from pixelparity.deploy import leftovers
from pixelparity.errors import InputError


class Serving:
    """A server of some models, by their configs."""

    url, http_url = "127.0.0.1:1", "127.0.0.1:2"

    def __init__(self, **configs: Any) -> None:
        self.configs = configs

    def serves(self, name: str) -> bool:
        return name in self.configs

    def config(self, name: str) -> dict[str, Any]:
        return self.configs[name]

    def unload(self, name: str) -> None:
        del self.configs[name]


def owned(owner: str) -> dict[str, Any]:
    """Return a config with a mark."""
    return {"parameters": {leftovers.MARK: {"string_value": owner}}}


def test_a_mark_leaves_the_rest_of_a_config_as_it_was() -> None:
    """The mark is one parameter beside those that are there, and the config that was given keeps none."""
    given = {"name": "a", "parameters": {"layout": {"string_value": "CHW"}}}
    made = leftovers.marked(given)
    assert set(made["parameters"]) == {"layout", leftovers.MARK}
    assert set(given["parameters"]) == {"layout"}


def test_a_copy_of_a_process_that_is_gone_is_taken_away() -> None:
    """Two names, one served by a process that has ended: it is unloaded and returned, and nothing else."""
    code = "from pixelparity.deploy import leftovers; print(leftovers._owner())"
    owner = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    server = Serving(a_repaired=owned(owner), a={})
    assert leftovers.clear(server, ["a_repaired", "b_repaired"]) == ("a_repaired",)
    assert list(server.configs) == ["a"]


def test_a_number_that_another_process_has_now_is_no_maker() -> None:
    """A process of the same number that began at another time does not keep a copy."""
    host, number, began = leftovers._owner().split()
    server = Serving(a_repaired=owned(f"{host} {number} {int(began) - 1}"))
    assert leftovers.clear(server, ["a_repaired"]) == ("a_repaired",)


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ("", "no run of pixelparity put there; unload it with: curl -X POST 127.0.0.1:2/v2/repository/models/a/unload"),
        ("elsewhere 7 8", "of a run on 'elsewhere' that may still go on; unload it with"),
        (leftovers._owner(), rf"a run that goes on \(process {os.getpid()}\); wait for it, or choose another --suffix"),
    ],
)
def test_what_may_be_in_use_is_left(owner: str, said: str) -> None:
    """A model without a mark, one of another machine and one of a process that lives stay, and the error says what to do."""
    server = Serving(a=owned(owner) if owner else {})
    with pytest.raises(InputError, match=said):
        leftovers.clear(server, ["a"])
    assert server.serves("a")
