"""A SIDE as a person writes it (``dali:model.dali``), turned into captures and recipes by the source that knows it.

This module ties ``sources`` together for the command line and the notebooks; sources never import each other. What kinds of
side there are stands in the table of sources (:mod:`pixelparity.sources.protocol`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pixelparity import stages
from pixelparity.errors import InputError
from pixelparity.recipes import Recipe
from pixelparity.sources import protocol
from pixelparity.sources.protocol import OF_SERVED, Images, Served, Source
from pixelparity.sources.served.graph import Graph
from pixelparity.sources.served.local_copy import insert


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side: which source reads it (``kind``), what the source is given (``target``), and the source's options."""

    kind: str
    target: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}:{self.target}"

    @property
    def source(self) -> Source:
        """Return the source that reads this side."""
        return protocol.of(self.kind)

    @property
    def has_recipe(self) -> bool:
        """Tell whether a recipe can be read from this kind of side."""
        return self.source.recipe is not None

    @property
    def can_run(self) -> bool:
        """Tell whether this kind of side captures; the others declare a recipe and no more."""
        return self.source.capture is not None

    @property
    def is_served(self) -> bool:
        """Tell whether the side is a model on a live server."""
        return self.source.served is not None

    @property
    def served(self) -> Served:
        """Return what the side's source declares of its serving system; raise ``InputError`` for a side that is not served."""
        if self.source.served is None:
            raise InputError(f"{self} is no served model; write {protocol.served_forms()}")
        return self.source.served

    @property
    def access(self) -> dict[str, Any]:
        """Return those of the options with which a served side's server is reached."""
        return {name: value for name, value in self.options.items() if name in self.served.access}

    def recipe(self) -> Recipe:
        """Read the side's recipe without running it; raise ``InputError`` for a kind that declares none."""
        read = self.source.recipe
        if read is None:
            able = ", ".join(source.kind for source in protocol.every() if source.recipe is not None)
            raise InputError(f"{self}: a recipe cannot be read from {self.kind}; give one of {able}")
        return read(self.target, **{n: v for n, v in self.options.items() if n in self.source.recipe_options})

    def listing(self) -> str:
        """Return what a side's file is made of, operator by operator; empty where its recipe says it all."""
        return "" if self.source.listing is None else self.source.listing(self.target)

    def graph(self) -> Graph:
        """Return the models that a served side is made of; raise ``InputError`` for a side that is not served."""
        return self.served.describe_graph(self.target, **self.access)

    def capture(self, images: Images | None, **more: Any) -> stages.Capture:
        """Run the side on pictures (by name), or read what it holds already, and return the capture.

        ``images`` may be ``None`` for sides that hold their tensors. ``more`` are further arguments of the source's capture.
        """
        take = self.source.capture
        if take is None:
            raise InputError(
                f"{self}: {self.kind} is read as a recipe only; `diff` and `repair` take it, not `diagnose`"
            )
        if images is None and self.source.needs_images:
            raise InputError(f"{self} needs pictures to run on; give --images FILE-OR-FOLDER")
        options = {name: value for name, value in self.options.items() if name not in OF_SERVED}
        trace, local = (self.options.get(name) for name in OF_SERVED)
        if trace is not None and images is not None:
            found = self._traced(trace, images)
        else:
            found = take(self.target, images, **options, **more)
        if local is not None and images is not None:
            found = self._with_copy(found, local, images)
        stages.check_finite(found)
        return found

    def _traced(self, trace: str, images: Images) -> stages.Capture:
        """Return a served model's capture, read from a trace that its server wrote."""
        declared = {name: self.options[name] for name in ("layout", "channels") if name in self.options}
        model = self.served.parse_target(self.target).model
        return self.served.capture_trace(trace, images, model=model, **declared)

    def _with_copy(self, found: stages.Capture, local: str, images: Images) -> stages.Capture:
        """Return a served model's capture with the inner stages of a local copy of its last step."""
        before = found.stages[-2] if len(found.stages) > 1 else None
        raw = found.tensors[before.name] if before is not None and before.step != "input" else None
        feed = self.options.get("feed", "auto")
        copy = Side(kind=self.served.local_copy, target=local, options={"feed": feed}).capture(images, raw=raw)
        return insert(found, copy, stage=found.final.name)


def parse(text: str, *, no_code: bool = False, **options: Any) -> Side:
    """Return the side that ``text`` names; raise ``InputError`` that says what to write for anything else.

    ``options`` go to the source's ``capture`` where it knows them: ``feed`` to a pipeline, connection settings to a server. Of
    a served side, ``trace`` is a trace that the server wrote, to read in place of asking, and ``local`` the served step's own
    file, whose inner stages are added where it gives what the server gives. ``no_code`` refuses a side that runs code of a
    file that it names.
    """
    source, target = protocol.split(text)
    if no_code:
        protocol.refuse_code(source, target)
        if source.served is not None and options.get("local"):
            protocol.refuse_code(protocol.of(source.served.local_copy), options["local"])
    return Side(kind=source.kind, target=target, options=_known(source, options))


def _known(source: Source, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that apply to a source and say something."""
    given = {name: value for name, value in options.items() if name in source.known_options}
    return {name: value for name, value in given.items() if value is not None and (name, value) != ("feed", "auto")}
