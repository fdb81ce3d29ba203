"""Prove a repair on a server: serve it beside the one in use, ask both, take it away again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pixelparity import model_config, scratch, sides, stages
from pixelparity.deploy import client, redeploy, server, stopping
from pixelparity.diagnosis import compare
from pixelparity.errors import InputError
from pixelparity.sides import Side
from pixelparity.sources import protocol
from pixelparity.sources.dali import functions
from pixelparity.sources.served.client import Access, Target
from pixelparity.tools import pipelines
from pixelparity.tools.looking import Images, Look
from pixelparity.tools.pipelines import Pipeline

EMBEDDED = "embedded"
MODEL = "deployed"
SHOWN = 8
_TYPES = {"float32": "TYPE_FP32", "float16": "TYPE_FP16", "uint8": "TYPE_UINT8", "int64": "TYPE_INT64"}


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a server gave before, with the repaired pipeline beside it, and afterwards.

    ``names`` maps each served model to its repaired copy. ``gap`` is the largest difference of the copy's tensors from the
    reference's, in levels of 255 (``None`` where shapes differ); ``holds`` says that they match within the tolerance.
    ``is_untouched`` says that the served model answered bit for bit as before, ``is_clean`` that the copies are gone.
    ``cleared`` are copies that an earlier run had left, taken away before.
    """

    server: str
    names: Mapping[str, str]
    before: stages.Capture
    after: stages.Capture
    gap: float | None
    matches: bool
    is_untouched: bool
    is_clean: bool
    cleared: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether the copy gives what the reference gives, and the server is as it was."""
        return self.matches and self.is_untouched and self.is_clean

    def describe(self) -> str:
        """Return what the server answered before and after, for a person."""
        copies = ", ".join(f"{copy} beside {model}" for model, copy in self.names.items())
        lines = [f"verified on {self.server}: {copies}"]
        lines += [f"taken away first, left by an earlier run: {', '.join(self.cleared)}"] if self.cleared else []
        lines.append(f"{'picture':<24}{'before':<28}after")
        names = self.before.images[:SHOWN]
        lines += [f"{name:<24}{_answer(self.before, name):<28}{_answer(self.after, name)}" for name in names]
        lines += [f"({len(self.before.images) - SHOWN} more)"] if len(self.before.images) > SHOWN else []
        gap = "its shape is another" if self.gap is None else f"at most {self.gap:.3g} levels of 255"
        verdict = "match" if self.matches else "do NOT match"
        lines.append(f"the repaired tensors {verdict} the reference's on the server: {gap}")
        served = "answers as before" if self.is_untouched else "ANSWERS OTHERWISE than before"
        lines.append(f"the served model {served}; the copy {'is taken away' if self.is_clean else 'IS STILL THERE'}")
        return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a repair is proven: a served model (``triton:HOST:PORT/MODEL``) of a server that allows loading, or ``embedded``.

    ``embedded`` is a server of our own with the model repository that the deployed file lies in, or with that file alone.
    ``options`` are how a server is reached and fed, by the names that ``sides.parse`` knows; ``suffix`` ends the names of
    the copies. Raises ``InputError`` for anything else.
    """

    where: str
    suffix: str = redeploy.SUFFIX
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.-]+", self.suffix):
            raise InputError(f"--suffix is {self.suffix!r}; use letters, digits, _, - and dots")
        if self.is_embedded:
            return
        kind = self.where.partition(":")[0]
        if kind not in protocol.kinds() or protocol.of(kind).served is None:
            raise InputError(f"--verify is {self.where!r}; write {protocol.served_forms()}, or embedded")

    @property
    def is_embedded(self) -> bool:
        """Tell whether the server is one of our own, started for this."""
        return self.where == EMBEDDED

    @property
    def side(self) -> Side:
        """Return the given server's model as a side."""
        given = {name: value for name, value in self.options.items() if name not in protocol.OF_SERVED}
        return sides.parse(self.where, **given)

    def connect(self) -> client.Connection:
        """Return a connection to the given server, with the token and TLS that the options hold."""
        reached = self._access
        names = ("protocol", "timeout", "token", "tls", "root_certificates")
        settings = {name: getattr(reached, name) for name in names}
        return client.connect(self._target.address, **settings)

    def clear(self) -> tuple[str, ...]:
        """Take away copies that an earlier run left, before any work is done, and return their names.

        Raises when the server does not answer, or serves a model of such a name that is not ours to take away.
        """
        if self.is_embedded:
            return ()
        with self.connect() as connection:
            return redeploy.clear(connection, self._target.model, self.suffix)

    @property
    def _target(self) -> Target:
        return self.side.served.parse_target(self.side.target)

    @property
    def _access(self) -> Access:
        return self._target.applied(Access(**self.side.access))


def prove(text: str, place: Place, side: Side, seen: Look, pipeline: Pipeline, images: Images) -> Proof:
    """Serve a repaired pipeline beside the deployed one at a place and return what both gave for the pictures."""
    if not place.is_embedded:
        with place.connect() as connection:
            return _asked(connection, place.side, pipeline.serialized(text), seen, images, place.suffix)
    with stopping.as_interrupt(), _embedded(side, seen.deployed, pipeline) as (running, model):
        own = sides.parse(running.side(model))
        return _asked(running, own, pipeline.serialized(text), seen, images, place.suffix)


def _asked(running: client.Connection, side: Side, pipeline: bytes, seen: Look, images: Images, suffix: str) -> Proof:
    target = side.served.parse_target(side.target)
    before = side.capture(images)
    step = pipelines.served_step(side, before)[0]
    inner = None if step == target.model else step
    with redeploy.beside(running, target.model, pipeline, step=inner, suffix=suffix) as names:
        after = side.capture(images, exchange={step: names[step]})
        if target.model in names:  # the copied ensemble itself is asked, not only its steps
            copy = replace(side, target=replace(target, model=names[target.model]).bare)
            after = replace(after, outputs=copy.capture(images).outputs)
    again = side.capture(images)
    final = compare(_final(seen.reference), _final(_declared_as(seen, after))).stages[-1]
    return Proof(
        server=running.url, names=names, before=before, after=after, matches=not final.diverges,
        gap=None if final.max_abs is None else final.max_abs / final.level,
        is_untouched=_equal(before, again), is_clean=not any(running.serves(name) for name in names.values()),
    )  # fmt: skip


def _final(capture: stages.Capture) -> stages.Capture:
    return capture.only(stages=(capture.final.name,))


def _declared_as(seen: Look, capture: stages.Capture) -> stages.Capture:
    """Return a capture whose final stage says of itself what the local run of the pipeline declared, where it says less."""
    if capture.final.channels != "unknown":
        return capture
    final = replace(capture.final, channels=seen.reference.final.channels)
    return replace(capture, stages=(*capture.stages[:-1], final))


def _equal(first: stages.Capture, second: stages.Capture) -> bool:
    return all(
        np.array_equal(tensor, second.tensors[stage][image])
        for stage, tensors in first.tensors.items()
        for image, tensor in tensors.items()
    ) and all(np.array_equal(answer, second.outputs[image]) for image, answer in first.outputs.items())


def _answer(capture: stages.Capture, image: str) -> str:
    if image in capture.outputs:
        values = capture.outputs[image]
        if values.size <= 4:
            return "[" + ", ".join(f"{value:.3f}" for value in values) + "]"
        return f"class {int(values.argmax())} ({values.max():.3f})"
    tensor = capture.tensor(capture.final.name, image)
    return f"{tensor.min():.4g} .. {tensor.max():.4g}, mean {tensor.mean():.4g}"


@contextmanager
def _embedded(side: Side, deployed: stages.Capture, pipeline: Pipeline) -> Iterator[tuple[server.Server, str]]:
    """Yield a server of our own that serves the deployed pipeline, and the model to ask."""
    file = _file(side)
    home = file.parent.parent if file is not None else None
    if home is not None and (home / "config.pbtxt").is_file():
        model = _ensemble_of(home) or home.name
        with server.Server(home.parent, models=[model]) as running:
            yield running, model
        return
    if not pipeline.before:
        raise InputError(f"{side}: an embedded server needs the deployed file; give it with --deployed-file")
    with scratch.folder("repository-") as folder:
        _write_repository(folder, pipeline, deployed)
        with server.Server(folder, models=[MODEL]) as running:
            yield running, MODEL


def _file(side: Side) -> Path | None:
    """Return the ``model.dali`` that a deployed side names, if it names one."""
    if side.is_served:
        return Path(side.options["local"]).resolve() if side.options.get("local") else None
    is_function = functions.is_function_spec(side.target)
    return None if is_function else Path(side.target).resolve()


def _ensemble_of(home: Path) -> str | None:
    """Return the first ensemble of a model's repository that has it as a step, by name."""
    for path in sorted(home.parent.glob("*/config.pbtxt")):
        if home.name in [step.model_name for step in model_config.read(path).ensemble_scheduling.step]:
            return path.parent.name
    return None


def _write_repository(root: Path, pipeline: Pipeline, deployed: stages.Capture) -> None:
    """Write a model repository that serves the deployed pipeline alone."""
    data = pipeline.serialized(pipeline.before)
    version = root / MODEL / "1"
    version.mkdir(parents=True)
    (version / redeploy.MODEL_FILE).write_bytes(data)
    (version / "model.py").write_bytes(redeploy.SERVED_CODE)
    fed = "[-1]" if deployed.facts.get("feed") == "encoded" else "[-1, -1, 3]"
    final, tensors = deployed.final, [tensor for _, tensor in deployed.finals()]
    shapes = {tensor.shape for tensor in tensors}
    dims = list(tensors[0].shape) if len(shapes) == 1 else [-1] * tensors[0].ndim
    if final.dtype not in _TYPES:
        raise InputError(f"{deployed.source} puts out {final.dtype}, which the embedded server does not serve")
    (root / MODEL / "config.pbtxt").write_text(
        f'name: "{MODEL}"\nbackend: "python"\nmax_batch_size: 8\n'
        f"input [{{ name: {quoted(deployed.facts['external_source'])} data_type: TYPE_UINT8 dims: {fed} "
        "allow_ragged_batch: true }]\n"
        f'output [{{ name: "OUTPUT" data_type: {_TYPES[final.dtype]} dims: {dims} }}]\n'
        "instance_group [{ count: 1 kind: KIND_CPU }]\n"
        f'parameters {{ key: "layout" value {{ string_value: {quoted(final.layout)} }} }}\n'
        f'parameters {{ key: "channels" value {{ string_value: {quoted(final.channels)} }} }}\n',
        encoding="utf-8",
    )


def quoted(value: Any) -> str:
    """Return a text as a string of a config.pbtxt, so that no name in a file can add settings to a server's config."""
    from google.protobuf import text_encoding

    return f'"{text_encoding.CEscape(str(value).encode("utf-8", "replace"), as_utf8=False)}"'
