"""Triton's configs, of a server or of a model repository, as a graph of plain models; ensembles in ensembles are unfolded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from pixelparity.errors import InputError, ServerError
from pixelparity.fields import FLAG, MAPPING, OBJECTS, TEXT, Rule, optional, several, whole
from pixelparity.sources.served.graph import Graph, Node, TensorSpec, in_order

Config = Mapping[str, Any]
#: The most plain models that an ensemble may unfold to; those that people write have a few.
MOST_STEPS = 1000
#: How deep ensembles may lie in one another.
MOST_DEPTH = 64
_WHOLE = re.compile(r"-?\d{1,19}")


def _whole(value: Any) -> int:
    # In protobuf's JSON a number of 64 bits is a text.
    written = isinstance(value, str) and _WHOLE.fullmatch(value)
    return int(whole(-(2**63), 2**63).read(int(value) if written else value))


_NUMBER = Rule(allowed="a whole number", read=_whole)
_DIMS = several(_NUMBER, least=0, most=64)
_BATCH = whole(0, 2**31 - 1)


def read(config_of: Callable[[str, str], Config], model: str, version: str = "", *, asked: bool = True) -> Graph:
    """Return the graph of a model, asking ``config_of`` (model, version) for each config that it needs.

    ``asked`` says that the models are going to be asked, and not only read. Raises ``InputError`` for a stateful or decoupled
    model then, which cannot be asked without changing something or has no one answer, and ``ServerError`` for an ensemble
    whose steps do not fit together.
    """

    def checked(name: str, wanted: str) -> Config:
        found = config_of(name, wanted)
        if asked:
            _check_askable(name, found)
        return found

    config_once = cache(checked)
    config = config_once(model, version)
    with _declared(model):
        inputs, outputs = _specs(config, "input"), [spec.name for spec in _specs(config, "output")]
        batch = _BATCH(config.get("max_batch_size", 0), "max_batch_size")
        if config.get("platform") == "ensemble" and "ensemble_scheduling" not in config:
            raise InputError("it is an ensemble, and no ensemble_scheduling says of what")
    bound = {name: name for name in (*(spec.name for spec in inputs), *outputs)}
    nodes: list[Node] = []
    _unfold(config_once, model, version, config, bound, (), model, nodes)
    return Graph(
        model=model,
        version=version,
        is_ensemble="ensemble_scheduling" in config,
        max_batch_size=batch,
        inputs=inputs,
        outputs={name: name for name in outputs},
        nodes=in_order(model, nodes, {spec.name for spec in inputs}),
    )


def _unfold(
    config_of: Callable[[str, str], Config],
    model: str,
    version: str,
    config: Config,
    bound: Mapping[str, str],
    path: tuple[str, ...],
    scope: str,
    nodes: list[Node],
) -> None:
    """Add the plain models of a config to ``nodes``. ``bound`` maps the config's own inputs and outputs to edges of the graph.

    An edge inside an ensemble is named by its place (``scope``): two ensembles may use one name for different tensors.
    """
    if model in path:
        raise ServerError(f"ensemble {model!r} contains itself ({' > '.join((*path, model))})")
    if len(path) == MOST_DEPTH:
        raise ServerError(
            f"ensemble {path[0]!r} holds ensembles in one another more than {MOST_DEPTH} deep, the most that is walked"
        )
    if "ensemble_scheduling" not in config:
        if len(nodes) == MOST_STEPS:
            raise ServerError(
                f"ensemble {(*path, model)[0]!r} unfolds to more than {MOST_STEPS:,} steps, the most that are walked; name "
                "one of the ensembles inside it"
            )
        nodes.append(_node(model, version, config, bound, path))
        return
    for number, step in enumerate(_steps(model, config)):
        with _declared(model, f"step {number + 1}"):
            name, wanted = TEXT(step.get("model_name"), "model_name"), _version(step)
            maps = {**_texts(step, "input_map"), **_texts(step, "output_map")}
        inner = config_of(name, wanted)
        with _declared(name):
            lacking = [spec.name for spec in _specs(inner, "input") if spec.name not in maps and not spec.optional]
        if lacking:
            raise ServerError(f"step {number + 1} of ensemble {model!r} does not feed input {lacking[0]!r} of {name!r}")
        edges = {tensor: bound.get(edge) or f"{scope}/{edge}" for tensor, edge in maps.items()}
        _unfold(config_of, name, wanted, inner, edges, (*path, model), f"{scope}/{number + 1}:{name}", nodes)


@contextmanager
def _declared(model: str, where: str = "") -> Iterator[None]:
    """Say of what a config declares, and should not, that it is the server's, and which model's."""
    try:
        yield
    except InputError as error:
        place = f"{where} of {model!r}" if where else repr(model)
        raise ServerError(
            f"the config of {place} makes no sense: {error}; correct it in the model repository"
        ) from error


def _steps(model: str, config: Config) -> tuple[Mapping[str, Any], ...]:
    with _declared(model):
        scheduling = MAPPING(config["ensemble_scheduling"], "ensemble_scheduling")
        steps: tuple[Mapping[str, Any], ...] = OBJECTS(scheduling.get("step", []), "ensemble_scheduling.step")
        if not steps:
            raise InputError("it has no step, so nothing puts out what it declares")
        if len(steps) > MOST_STEPS:
            raise InputError(f"it has {len(steps):,} steps, and at most {MOST_STEPS:,} are walked")
    return steps


def _texts(step: Mapping[str, Any], name: str) -> dict[str, str]:
    return {TEXT(key, name): TEXT(value, name) for key, value in MAPPING(step.get(name, {}), name).items()}


def _node(model: str, version: str, config: Config, bound: Mapping[str, str], path: tuple[str, ...]) -> Node:
    with _declared(model):
        input_specs, output_specs = _specs(config, "input"), _specs(config, "output")
        parameters = MAPPING(config.get("parameters", {}), "parameters")
        return Node(
            model=model,
            version=version,
            backend=TEXT(config.get("backend") or config.get("platform", ""), "backend"),
            path=path,
            max_batch_size=_BATCH(config.get("max_batch_size", 0), "max_batch_size"),
            inputs={spec.name: bound[spec.name] for spec in input_specs if spec.name in bound},
            outputs={spec.name: bound[spec.name] for spec in output_specs if spec.name in bound},
            input_specs=input_specs,
            output_specs=output_specs,
            parameters={
                key: TEXT(MAPPING(value, key).get("string_value", ""), key) for key, value in parameters.items()
            },
        )


def _check_askable(model: str, config: Config) -> None:
    if config.get("sequence_batching"):
        raise InputError(f"model {model!r} keeps state between requests; walking it would disturb its other clients")
    policy = config.get("model_transaction_policy")
    if isinstance(policy, Mapping) and policy.get("decoupled"):
        raise InputError(
            f"model {model!r} may answer one request many times (decoupled); only one answer can be compared"
        )


def _version(step: Mapping[str, Any]) -> str:
    version = int(_NUMBER(step.get("model_version", -1), "model_version"))
    return "" if version < 0 else str(version)


def _specs(config: Config, kind: str) -> tuple[TensorSpec, ...]:
    """Return the inputs or outputs of a config; raise ``InputError`` for names that two share."""
    found = tuple(_spec(entry) for entry in OBJECTS(config.get(kind, []), kind))
    names = [spec.name for spec in found]
    if len(set(names)) < len(names):
        raise InputError(f"two of its {kind}s share a name among {', '.join(names)}")
    return found


def _spec(entry: Mapping[str, Any]) -> TensorSpec:
    datatype = TEXT(entry.get("data_type"), "data_type").removeprefix("TYPE_")
    layout = TEXT(entry.get("format", ""), "format").removeprefix("FORMAT_")
    return TensorSpec(
        name=TEXT(entry.get("name"), "name"),
        datatype="BYTES" if datatype == "STRING" else datatype,
        dims=_DIMS(entry.get("dims", []), "dims"),
        format="" if layout == "NONE" else layout,
        optional=optional(FLAG)(entry.get("optional"), "optional") or False,
    )
