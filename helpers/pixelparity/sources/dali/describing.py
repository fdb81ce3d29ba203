"""Print a pipeline for a person: every operator with its arguments, defaults, inputs, outputs and source line."""

from __future__ import annotations

from pathlib import Path

from pixelparity.sources.dali.constants import as_python
from pixelparity.sources.dali.graph import Graph, Node
from pixelparity.sources.dali.schemas import defaulted
from pixelparity.sources.dali.serialized import read


def describe(graph: Graph) -> str:
    """Return a text that lists a pipeline operator by operator; a ``*`` marks what a default of DALI filled.

    An operator without a known meaning is shown as it is. Defaults are left out where DALI is not installed.
    """
    head = f"DALI pipeline {graph.source}: {len(graph.nodes)} operators, batch of at most {graph.batch_size}, "
    head += "CPU only" if graph.device_id is None else f"GPU {graph.device_id}"
    lines = [head]
    for number, node in enumerate(graph.nodes, 1):
        lines += _lines(number, node)
    lines.append("    outputs: " + ", ".join(f"{edge.name} ({edge.device})" for edge in graph.outputs))
    if any(line.endswith("*") or "* " in line for line in lines):
        lines.append("    * nobody chose this value: it is a default of DALI")
    return "\n".join(lines)


def listing(target: str) -> str:
    """Return what a ``model.dali`` is made of, operator by operator; empty for a target that is no file."""
    return describe(read(Path(target))) if Path(target).is_file() else ""


def _lines(number: int, node: Node) -> list[str]:
    inputs = ", ".join(edge.name for edge in node.inputs) or "nothing"
    outputs = ", ".join(edge.name for edge in node.outputs)
    found = [f"{number:3d} {node.function} on {node.device}: {inputs} -> {outputs}"]
    words = [f"{name}={as_python(name, argument.value)}" for name, argument in sorted(node.declared.items())]
    words += [f"{name}=<{edge.name}>" for name, edge in sorted(node.argument_inputs.items())]
    words += [f"{name}={as_python(name, value)}*" for name, value in sorted(defaulted(node).items())]
    if words:
        found.append("      " + "  ".join(words))
    if str(node.origin):
        found.append(f"      from {node.origin}")
    return found
