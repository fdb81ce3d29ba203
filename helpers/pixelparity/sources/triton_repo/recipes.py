"""The recipe of a model of a repository: what its steps do to a picture, up to the first operator of its network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pixelparity.errors import InputError, ServerError, UnsupportedStep
from pixelparity.fields import within
from pixelparity.recipes import Colour, Decode, Pad, Recipe, Step
from pixelparity.sources import protocol
from pixelparity.sources.front import CALLER, NoPreprocessing
from pixelparity.sources.served import ensembles
from pixelparity.sources.served.graph import Graph, Node
from pixelparity.sources.triton_repo import artefacts, following, targets
from pixelparity.sources.triton_repo.ending import Ending, check, check_edge, declared, ending
from pixelparity.sources.triton_repo.following import Way
from pixelparity.sources.triton_repo.repository import Repository
from pixelparity.sources.triton_repo.targets import Target

_FLIPPED = {"RGB": "BGR", "BGR": "RGB"}
#: The sources that read what a model itself does, and begin with what its caller has to do.
FRONTS = ("onnx", "openvino")


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """A target, its repository, and the way through its model."""

    target: Target
    repository: Repository
    graph: Graph
    way: Way


def recipe(target: str) -> Recipe:
    """Read what a model of a Triton repository does to a picture before its network.

    Raises ``UnsupportedStep`` that names each step which cannot be read, ``InputError`` for a repository that makes no sense,
    and where what the steps make is not what the network is declared to take.
    """
    source = f"triton-repo:{target}"
    with within(source):
        plan = _plan(target)
        _check_edges(plan)
        steps, batch = _prepared(plan)
        if plan.way.network is not None:
            steps = (*steps, *_of_network(plan, plan.way.network, steps))
    return Recipe(source=source, steps=steps, batch=batch)


def listing(target: str) -> str:
    """Return the steps on the way to the network, with what is read of each."""
    with within(f"triton-repo:{target}"):
        plan = _plan(target)
        lines = [f"Model {plan.target.model} of {plan.target.folder}"]
        for number, (node, _) in enumerate(plan.way.steps, 1):
            lines.append(_line(number, node, _told(plan, node)))
        network = plan.way.network
        if network is not None:
            spec = network.input_spec(plan.way.input)
            lines.append(
                _line(len(lines), network, f"the network; {spec.name!r} is {declared(spec)}; {_told(plan, network)}")
            )
    return "\n".join(lines)


def _line(number: int, node: Node, told: str) -> str:
    return f"{number:3d} {node.model:<20} {node.backend or 'no backend'}: {told}"


def _told(plan: _Plan, node: Node) -> str:
    try:
        found = artefacts.find(plan.repository, node, plan.target)
    except (InputError, UnsupportedStep):  # of steps before the network the recipe has refused it already
        return "what it does itself is not read"
    how = "executed" if found.file.suffix == ".py" else "parsed"
    return f"{Path(found.file.parent.name) / found.file.name}, {how}"


def _plan(text: str) -> _Plan:
    target = targets.parse(text)
    repository = Repository(target.folder)
    try:
        graph = ensembles.read(lambda model, _version: repository.config(model), target.model, asked=False)
    except ServerError as error:
        raise InputError(str(error)) from error
    nodes = tuple(replace(node, backend=artefacts.backend(repository, node)) for node in graph.nodes)
    graph = replace(graph, nodes=nodes)
    return _Plan(target=target, repository=repository, graph=graph, way=following.way(graph, target.network))


def _check_edges(plan: _Plan) -> None:
    """Raise ``InputError`` where two steps declare one tensor on the way differently."""
    way = plan.way
    readers = [*(node for node, _ in way.steps[1:]), *([way.network] if way.network else [])]
    for (maker, output), reader in zip(way.steps, readers, strict=False):
        for name, edge in reader.inputs.items():
            if edge == maker.outputs[output]:
                check_edge(maker, maker.output_spec(output), reader, reader.input_spec(name))


def _prepared(plan: _Plan) -> tuple[tuple[Step, ...], Pad | None]:
    """Return the steps before the network, held against what each model declares that it puts out."""
    _refuse_unreadable(plan)
    steps: tuple[Step, ...] = ()
    batch: Pad | None = None
    for node, output in plan.way.steps:
        read = _read(plan, node, _which(node, output), ending(steps) if steps else None)
        steps, batch = (*steps, *_marked(node, read.steps)), read.batch or batch
        if output and not all(map(_is_feed, steps)):  # what is handed on as it came may be bytes, or a picture
            check(ending(steps), node, node.output_spec(output), f"step {node.model!r}")
    return steps, batch


def _refuse_unreadable(plan: _Plan) -> None:
    """Raise ``UnsupportedStep`` that names every step before the network which cannot be read."""
    reasons: list[str] = []
    readable: list[str] = []
    for node, _ in plan.way.steps:
        try:
            artefacts.find(plan.repository, node, plan.target)
            readable.append(node.model)
        except UnsupportedStep as error:
            reasons.append(str(error))
    if reasons:
        alone = f"; of the others, {plan.target.side(readable[0])} is read alone" if readable else ""
        raise UnsupportedStep(f"{'; '.join(reasons)}{alone}")


def _which(node: Node, output: str) -> str:
    """Return which output of its pipeline is meant, as it stands behind a file: Triton goes by their order in the config."""
    names = [spec.name for spec in node.output_specs]
    which = str(names.index(output)) if output and node.output_spec(output).datatype else output
    return f"#{which}" if which else ""


def _read(plan: _Plan, node: Node, which: str, fed: Ending | None) -> Recipe:
    """Return the recipe of one step, as the source of its format reads it. ``fed`` is what the step before makes."""
    found = artefacts.find(plan.repository, node, plan.target)
    reader = protocol.of(found.kind).recipe
    assert reader is not None
    name = f"step {node.model!r}"
    with within(name):
        if found.kind in FRONTS:
            return _behind(reader(found.spec), fed)
        if fed is None:
            return reader(f"{found.spec}{which}")
        if fed.layout != "HWC" or fed.dtype != "uint8" or fed.channels not in _FLIPPED:
            raise UnsupportedStep(f"it is read as fed with a picture of uint8 in HWC, and the step before makes {fed}")
        read = reader(f"{found.spec}{which}", feed=fed.channels.lower())
        return replace(read, steps=tuple(_without_feed(read.steps)))


def _of_network(plan: _Plan, network: Node, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return what a network's own model does before its first operator, where a source reads its file; check what it is fed."""
    spec = network.input_spec(plan.way.input)
    if steps:
        check(ending(steps), network, spec, f"step {plan.way.steps[-1][0].model!r}")
    try:
        found = artefacts.find(plan.repository, network, plan.target)
    except (InputError, UnsupportedStep) as error:
        if steps:
            return ()  # an engine, or a file that is not there: a network's own operators are no preprocessing to be read
        raise UnsupportedStep(
            f"no step comes before the network {network.model!r}, so the picture is prepared by its client, or in its own file; "
            f"{error}"
        ) from error
    reader = protocol.of(found.kind).recipe
    assert reader is not None
    try:
        with within(f"network {network.model!r}"):
            read = reader(found.spec if len(network.input_specs) == 1 else f"{found.spec}#{plan.way.input}")
            own = _behind(read, ending(steps) if steps else None).steps
    except NoPreprocessing:
        if steps:
            return ()
        raise
    return tuple(_marked(network, own))


def _behind(read: Recipe, fed: Ending | None) -> Recipe:
    """Return what a model itself does, behind steps that make ``fed``; raise ``InputError`` where it takes something else."""
    if fed is None:
        return read
    callers = [step for step in read.steps if step.origin == CALLER]
    taken = ending(callers)
    if fed.layout and (taken.layout, taken.dtype) != (fed.layout, fed.dtype or taken.dtype):
        raise InputError(
            f"its file takes {taken.dtype} in {taken.layout}, and the step before makes {fed}; correct one of them"
        )
    own = [step for step in read.steps if step.origin != CALLER]
    if fed.channels == "BGR":
        own = [
            replace(step, source=_FLIPPED[step.source], target=_FLIPPED[step.target])
            if isinstance(step, Colour) and {step.source, step.target} <= set(_FLIPPED) else step
            for step in own
        ]  # fmt: skip
    return replace(read, steps=tuple(own))


def _without_feed(steps: Iterable[Step]) -> list[Step]:
    """Return steps without what says only that a decoded picture is fed."""
    return [step for step in steps if not _is_feed(step)]


def _is_feed(step: Step) -> bool:
    return isinstance(step, Decode) and step.library == "client"


def _marked(node: Node, steps: Iterable[Step]) -> list[Step]:
    """Return steps that say in which model of the ensemble they stand."""
    return [replace(step, origin=f"{node.model}: {step.origin}" if step.origin else node.model) for step in steps]
