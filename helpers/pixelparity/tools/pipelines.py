"""The deployed pipeline as text: a file's own source, a serialized pipeline written out, or nothing to start from."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pixelparity import files, literals, stages
from pixelparity.diagnosis.results import Place
from pixelparity.errors import InputError
from pixelparity.repair.printed_mend import DeployedText
from pixelparity.sides import Side
from pixelparity.sources import dali, protocol
from pixelparity.sources.dali import functions, specs
from pixelparity.sources.dali.graph import Graph
from pixelparity.sources.dali.specs import Spec
from pixelparity.sources.served import declared
from pixelparity.tools import generated
from pixelparity.tools.files import as_module

FUNCTION = "preprocess"
#: The kinds of sides whose pipeline can be written out, edited and served again.
REPAIRABLE = ("dali", "triton")


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The text of a deployed pipeline. ``before`` is empty where nobody has one: then it can only be written anew.

    ``is_own`` says that ``before`` is what its author wrote, not what a serialized file was written out as. ``source`` is
    the external source's name, ``feed`` what it is given. ``raw`` are the tensors that a step in the middle of a served
    graph is fed, by image. ``home`` is the folder of the author's file, ``call`` the arguments of the
    function as they were given, with their brackets.
    """

    before: str
    function: str
    name: str
    is_own: bool = False
    feed: str = "auto"
    source: str = "images"
    raw: Mapping[str, stages.Tensor] | None = None
    home: Path | None = None
    call: str = ""

    def capture(self, text: str, images: Mapping[str, Path]) -> stages.Capture:
        """Run a text in this pipeline's place and return its capture."""
        with self.runnable(text) as spec:
            found = dali.capture(spec, images, feed=self.feed, raw=self.raw)
        return replace(found, source=f"dali:{self.name}:{self.function}")

    def serialized(self, text: str) -> bytes:
        """Return a text's pipeline as the bytes of a ``model.dali``."""
        with self.runnable(text) as spec:
            return bytes(functions.serialize(spec)[0])

    @contextmanager
    def runnable(self, text: str) -> Iterator[str]:
        """Yield ``FILE.py:FUNCTION(arguments)`` of a text, for as long as the block lasts."""
        with as_module(text, self.home) as file:
            yield f"{file}:{self.function}{self.call}"


def of(side: Side, capture: stages.Capture) -> Pipeline:
    """Return the text of a deployed side, which was captured; raise ``InputError`` for a kind that has no pipeline."""
    if side.is_served:
        return _served(side, capture)
    if side.kind != "dali":
        raise InputError(
            f"{side} is no pipeline that could be repaired; give a dali: side as the deployed one, "
            f"or one that is served ({protocol.served_forms()})"
        )
    feed = str(side.options.get("feed", "auto"))
    if functions.split_output(side.target, None)[1] is not None:
        raise InputError(
            f"{side} is one output of several, and a pipeline with one output is mended; write a function that returns this "
            "one alone"
        )
    spec = _edited(side.target)
    if spec is None:
        return replace(_written_out(side.target), feed=feed)
    return Pipeline(
        before=text_of(str(spec.file)), function=spec.name, call=spec.call, name=spec.file.name, is_own=True, feed=feed,
        home=spec.file.resolve().parent,
    )  # fmt: skip


def _edited(target: str) -> Spec | None:
    """Return the function whose own text is edited; ``None`` for a file, and for what a file makes in any other way."""
    if not specs.is_function_spec(target):
        return None
    spec = specs.parse(target)
    made = specs.definition(text_of(str(spec.file)), spec.name)
    return spec if made is not None and made.decorator_list else None


def text_of(file: str) -> str:
    """Return a Python file's text; raise ``InputError`` where it is in another encoding than it says."""
    files.check(file, "a Python file")
    try:
        with tokenize.open(file) as opened:
            return opened.read()
    except (SyntaxError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is not Python text ({error}); save it as UTF-8") from error


def deployed_text(side: Side, capture: stages.Capture) -> DeployedText | None:
    """Return the text of a deployed pipeline that was captured, as far as anybody has it; ``None`` where nobody does."""
    if side.kind == "dali" and functions.split_output(side.target, None)[1] is not None:
        return None  # an edit of a text is one of what it returns
    if side.kind == "dali" and specs.is_function_spec(side.target):
        spec = specs.parse(side.target)
        text = text_of(str(spec.file))
        made = specs.definition(text, spec.name)
        if made is not None and not made.decorator_list:
            return None  # the text of what it returns is another's
        return DeployedText(source=text, function=spec.name, file=spec.file.name)
    copy = capture.facts.get("local_copy")
    if side.kind == "dali":
        file = side.target
    elif side.is_served and copy is not None and copy["equal"]:
        file = str(side.options["local"])
    else:
        return None
    graph = dali.read(Path(file))
    lines = {number: _place(origin) for number, origin in dali.origins(graph).items()}
    written = dali.to_source(graph, name=FUNCTION)
    return DeployedText(source=written, function=FUNCTION, file=Path(file).name, is_own=False, origins=lines)


def _place(origin: Any) -> Place:
    return Place(file=literals.remark(re.split(r"[/\\]", origin.file)[-1]), line=origin.line)


def _written_out(file: str) -> Pipeline:
    text = dali.to_source(_graph(file), name=FUNCTION)
    generated.check(text)  # it may be kept without being run here, where there is nothing to repair
    return Pipeline(before=text, function=FUNCTION, name=f"{Path(_file_name(file)).stem}.py")


def _graph(target: str) -> Graph:
    """Return the graph of a file, or of the pipeline that a Python file makes."""
    if not specs.is_function_spec(target):
        return dali.read(Path(target))
    return replace(dali.read(functions.serialize(target)[0]), source=_file_name(target))


def _file_name(target: str) -> str:
    """Return the name of the file that a target names, or that stands in front of what it names of it."""
    return specs.parse(target).file.name if specs.is_function_spec(target) else Path(target).name


def _served(side: Side, capture: stages.Capture) -> Pipeline:
    """Return the step that makes the tensor that the model sees: from its file where that is what is served."""
    step, source, is_whole = served_step(side, capture)
    feeds = capture.facts.get("feed")
    feed = next(iter(feeds.values())) if isinstance(feeds, Mapping) and feeds else str(feeds or "rgb")
    new = Pipeline(before="", function=FUNCTION, name=f"{step}.py", source=source, feed=feed)
    copy = capture.facts.get("local_copy")
    if copy is None or not copy["equal"]:
        if not is_whole:
            raise InputError(
                f"{side}: {step} is one step of several that preprocess; give its file with --deployed-file"
            )
        return new
    written = replace(_written_out(str(side.options["local"])), source=source, feed=feed)
    return written if is_whole else replace(written, raw=_fed(capture))


def served_step(side: Side, capture: stages.Capture) -> tuple[str, str, bool]:
    """Return the served model that makes the final tensor, its input's name, and whether it is all of the preprocessing."""
    graph = side.graph()
    edges = {name: edge for edge, name in declared.names(graph).items()}
    made = graph.producer(edges.get(capture.final.name, ""))
    if made is None:
        raise InputError(f"{side}: the model prepares its pictures itself, so there is no pipeline to repair")
    node = made[0]
    if not node.inputs:
        raise InputError(f"{side}: {node.model} declares no input, so nothing can be written in its place")
    is_whole = all(edge in {spec.name for spec in graph.inputs} for edge in node.inputs.values())
    return node.model, next(iter(node.inputs)), is_whole


def _fed(capture: stages.Capture) -> Mapping[str, stages.Tensor]:
    """Return the tensors of the last stage that the server itself shows before the final one."""
    shown: list[Any] = [stage for stage in capture.stages[:-1] if not stage.origin.startswith(("fn.", "math."))]
    return capture.tensors[shown[-1].name]
