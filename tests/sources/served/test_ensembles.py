"""Configs that lie: wrong types, edges that two steps write, ensembles without end; one line each, in bounded time."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from pixelparity.errors import ServerError
from pixelparity.sources.served import ensembles

INPUT = {"name": "I", "data_type": "TYPE_UINT8", "dims": ["-1", "-1", "3"]}
OUTPUT = {"name": "O", "data_type": "TYPE_FP32", "dims": [3, 4, 5]}
PLAIN: dict[str, Any] = {"max_batch_size": 0, "backend": "dali", "input": [INPUT], "output": [OUTPUT]}


def step(model: str, read: str, made: str) -> dict[str, Any]:
    """Return a step that reads one edge and puts out another."""
    return {"model_name": model, "model_version": "-1", "input_map": {"I": read}, "output_map": {"O": made}}


def ensemble(*steps: dict[str, Any]) -> dict[str, Any]:
    """Return an ensemble of steps with the inputs and outputs of a plain model."""
    return {**PLAIN, "platform": "ensemble", "ensemble_scheduling": {"step": list(steps)}}


def read(configs: Mapping[str, Any], model: str = "m") -> Any:
    """Return the graph of a model of some configs."""
    return ensembles.read(lambda name, version: configs[name], model)


def test_a_config_of_wrong_types_is_refused_by_model_and_field() -> None:
    """Whatever place of a config holds a value of another type, it is one line of ours that names the model."""
    sound = {
        "m": ensemble(step("p", "I", "x"), step("p", "x", "O")),
        "p": {**PLAIN, "parameters": {"layout": {"string_value": "CHW"}}},
    }
    assert len(read(sound).nodes) == 2
    wrong = (5, [1], {"a": 1}, None, "text", float("nan"), [[]])
    told: list[str] = []
    for model, value in itertools.product(sound, wrong):
        for way in list(ways(sound[model])):
            changed = copy.deepcopy(sound)
            holder: Any = changed[model]
            for key in way[:-1]:
                holder = holder[key]
            holder[way[-1]] = value
            with contextlib.suppress(Asked):
                told += refusal(changed)
    assert len(told) > 100
    assert not [line for line in told if not any(name in line for name in ("'m'", "'p'", "'O'", "'x'"))]


class Asked(Exception):
    """A model was asked for that these configs do not have."""


def refusal(configs: Mapping[str, Any]) -> list[str]:
    """Return what is said of configs that do not make sense, if anything is."""

    def config_of(name: str, version: str) -> Any:
        if name not in configs:
            raise Asked
        return configs[name]

    try:
        ensembles.read(config_of, "m")
    except ServerError as error:
        return [str(error)]
    return []


def ways(content: Any, way: tuple[Any, ...] = ()) -> Any:
    """Yield the way to every part of a config."""
    for key, value in (
        content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    ):
        yield (*way, key)
        yield from ways(value, (*way, key))


@pytest.mark.parametrize("size", [-5, -1, 2**31, 1.5, True, "8"])
def test_a_batch_size_that_is_none_is_refused(size: object) -> None:
    """Only whole numbers from 0 are batch sizes."""
    with pytest.raises(ServerError, match="max_batch_size is"):
        read({"m": {**PLAIN, "max_batch_size": size}})


def test_an_edge_that_two_steps_write_is_refused() -> None:
    """What the edge holds would be left to chance; the ensemble, both models and the edge are named."""
    configs = {"m": ensemble(step("p", "I", "x"), step("q", "I", "x"), step("p", "x", "O")), "p": PLAIN, "q": PLAIN}
    with pytest.raises(ServerError, match=r"'m': both p and q put out .*x.*output_map"):
        read(configs)
    with pytest.raises(ServerError, match="both its client and p put out 'I'"):
        read({"m": ensemble(step("p", "I", "I")), "p": PLAIN})


def test_ensembles_inside_ensembles_end() -> None:
    """Two steps, each an ensemble of two, 28 deep, is more than is walked; each config is asked for once."""
    asked: list[str] = []

    def config_of(name: str, version: str) -> dict[str, Any]:
        asked.append(name)
        inner = f"m{int(name[1:]) + 1}"
        return PLAIN if name == "m28" else ensemble(step(inner, "I", "O"), step(inner, "I", "other"))

    with pytest.raises(ServerError, match=r"'m0' unfolds to more than 1,000 steps"):
        ensembles.read(config_of, "m0")
    assert sorted(asked) == sorted(set(asked))


def test_too_many_steps_are_counted() -> None:
    """An ensemble of more steps than are walked says how many it has; a thousand in the worst order are put in order."""
    chain = [step("p", f"e{number}", f"e{number + 1}") for number in range(ensembles.MOST_STEPS - 1)]
    last = {**step("p", "I", "e0")}
    assert len(read({"m": ensemble(*chain[::-1], last), "p": PLAIN}).nodes) == ensembles.MOST_STEPS
    with pytest.raises(ServerError, match="it has 1,001 steps"):
        read({"m": ensemble(*chain, last, last), "p": PLAIN})


def test_an_ensemble_of_nothing_is_refused() -> None:
    """Ensembles of two that end in one without steps would be walked without end, and none of them computes anything."""

    def config_of(name: str, version: str) -> dict[str, Any]:
        inner = f"m{int(name[1:]) + 1}"
        return ensemble() if name == "m40" else ensemble(step(inner, "I", "O"), step(inner, "I", "other"))

    with pytest.raises(ServerError, match=r"'m40' makes no sense: it has no step"):
        ensembles.read(config_of, "m0")


def test_ensembles_in_one_another_have_an_end() -> None:
    """A chain of ensembles that is deeper than is walked says so, before Python's own limit does."""

    def config_of(name: str, version: str) -> dict[str, Any]:
        return ensemble(step(f"m{int(name[1:]) + 1}", "I", "O"))

    with pytest.raises(ServerError, match=r"'m0' holds ensembles in one another more than 64 deep"):
        ensembles.read(config_of, "m0")
