"""Triton's configs as a graph of plain models; ensembles inside an ensemble are unfolded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pixelparity.errors import InputError, ServerError
from pixelparity.sources.served.graph import Graph, Node, TensorSpec, in_order

Config = Mapping[str, Any]


def read(config_of: Callable[[str, str], Config], model: str, version: str = "") -> Graph:
    """Return the graph of a model, asking ``config_of`` (model, version) for each config that it needs.

    Raises ``InputError`` for a stateful or decoupled model, which cannot be asked without changing something or has no
    one answer, and ``ServerError`` for an ensemble whose steps do not fit together.
    """
    config = config_of(model, version)
    inputs = tuple(_spec(entry) for entry in config.get("input", []))
    outputs = [entry["name"] for entry in config.get("output", [])]
    bound = {name: name for name in (*(spec.name for spec in inputs), *outputs)}
    nodes = _unfold(config_of, model, version, config, bound, (), model)
    return Graph(
        model=model,
        version=version,
        is_ensemble="ensemble_scheduling" in config,
        max_batch_size=int(config.get("max_batch_size", 0)),
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
) -> list[Node]:
    """Return the plain models of a config. ``bound`` maps the config's own inputs and outputs to edges of the graph.

    An edge inside an ensemble is named by its place (``scope``): two ensembles may use one name for different tensors.
    """
    _check_askable(model, config)
    if model in path:
        raise ServerError(f"ensemble {model!r} contains itself ({' > '.join((*path, model))})")
    if "ensemble_scheduling" not in config:
        return [_node(model, version, config, bound, path)]
    nodes: list[Node] = []
    for number, step in enumerate(config["ensemble_scheduling"].get("step", [])):
        name, wanted = step["model_name"], _version(step)
        inner = config_of(name, wanted)
        maps = {**step.get("input_map", {}), **step.get("output_map", {})}
        lacking = [i["name"] for i in inner.get("input", []) if i["name"] not in maps and not i.get("optional")]
        if lacking:
            raise ServerError(f"step {number + 1} of ensemble {model!r} does not feed input {lacking[0]!r} of {name!r}")
        edges = {tensor: bound.get(edge) or f"{scope}/{edge}" for tensor, edge in maps.items()}
        nodes += _unfold(config_of, name, wanted, inner, edges, (*path, model), f"{scope}/{number + 1}:{name}")
    return nodes


def _node(model: str, version: str, config: Config, bound: Mapping[str, str], path: tuple[str, ...]) -> Node:
    input_specs = tuple(_spec(entry) for entry in config.get("input", []))
    output_specs = tuple(_spec(entry) for entry in config.get("output", []))
    return Node(
        model=model,
        version=version,
        backend=config.get("backend") or config.get("platform", ""),
        path=path,
        max_batch_size=int(config.get("max_batch_size", 0)),
        inputs={spec.name: bound[spec.name] for spec in input_specs if spec.name in bound},
        outputs={spec.name: bound[spec.name] for spec in output_specs if spec.name in bound},
        input_specs=input_specs,
        output_specs=output_specs,
        parameters={key: str(value.get("string_value", "")) for key, value in config.get("parameters", {}).items()},
    )


def _check_askable(model: str, config: Config) -> None:
    if config.get("sequence_batching"):
        raise InputError(f"model {model!r} keeps state between requests; walking it would disturb its other clients")
    if (config.get("model_transaction_policy") or {}).get("decoupled"):
        raise InputError(
            f"model {model!r} may answer one request many times (decoupled); only one answer can be compared"
        )


def _version(step: Mapping[str, Any]) -> str:
    version = int(step.get("model_version", -1))
    return "" if version < 0 else str(version)


def _spec(entry: Mapping[str, Any]) -> TensorSpec:
    datatype = str(entry["data_type"]).removeprefix("TYPE_")
    layout = str(entry.get("format", "")).removeprefix("FORMAT_")
    return TensorSpec(
        name=entry["name"],
        datatype="BYTES" if datatype == "STRING" else datatype,
        dims=tuple(int(side) for side in entry.get("dims", [])),
        format="" if layout == "NONE" else layout,
        optional=bool(entry.get("optional")),
    )
