"""Draw attempts with hypothesis, try each, and count what went wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from benchmarks.fuzz import known as known_by_name
from benchmarks.fuzz import liar, report, trial
from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.kinds import (
    archives,
    captures,
    configs,
    declared,
    photos,
    pipelines,
    repositories,
    servers,
    traces,
)
from benchmarks.fuzz.known import code
from benchmarks.fuzz.report import Tally
from benchmarks.fuzz.trial import Outcome

#: What is drawn of each kind, and how large its part of all inputs is.
DRAWN: dict[str, tuple[Callable[[], st.SearchStrategy[Attempt]], float]] = {
    "huggingface": (lambda: configs.attempts("huggingface"), 4),
    "timm": (lambda: configs.attempts("timm"), 3),
    "mmdeploy": (lambda: configs.attempts("mmdeploy"), 3),
    "torchvision": (declared.torchvision, 2),
    "mmpretrain": (declared.mmpretrain, 2),
    "model.dali": (pipelines.attempts, 5),
    "tensors": (archives.attempts, 4),
    "capture": (captures.attempts, 3),
    "trace": (traces.attempts, 3),
    "picture": (photos.attempts, 2),
    "server": (servers.attempts, 3),
    "triton-repo": (repositories.on_disk, 2),
    "config.pbtxt": (repositories.attempts, 0.5),  # those that are sound start a server: seconds each
}
#: Kinds that are known by name, beside those that are drawn.
KINDS = (*DRAWN, "special files")
_ROOT = Path(__file__).resolve().parents[2]
Tell = Callable[[list[Outcome]], None]


class Enough(Exception):
    """The time is up."""


@dataclass(frozen=True, kw_only=True)
class Servers:
    """A lying server: where it reads what to say, and its addresses by protocol."""

    folder: Path
    http: str
    grpc: str

    def tried(self, attempt: Attempt) -> list[Outcome]:
        """Make the server say an attempt's answers, and try the attempt."""
        if not attempt.answers:
            return trial.tried(attempt)
        scratch = self.folder / "next.json"
        scratch.write_text(json.dumps(attempt.answers), encoding="utf-8")
        scratch.replace(self.folder / liar.ANSWERS)
        return trial.tried(attempt, self.http if any("http" in command for command in attempt.commands) else self.grpc)


@contextmanager
def lying() -> Iterator[Servers]:
    """Run a lying server for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="liar-") as folder:
        command = [sys.executable, "-m", "benchmarks.fuzz.liar", folder]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, cwd=_ROOT, text=True, **pipes) as process:
            assert process.stdout is not None
            http, grpc = process.stdout.readline().split()
            try:
                yield Servers(folder=Path(folder), http=http, grpc=grpc)
            finally:
                process.terminate()


def run(
    *, inputs: int, seed: int, seconds: float, kinds: Sequence[str] = KINDS, known: bool = True, places: bool = True,
    loud: bool = False,
) -> Tally:  # fmt: skip
    """Try some kinds for ``seconds`` at most and return the counts.

    First what is ``known`` by name, then code in each of a format's ``places``, then ``inputs`` drawn inputs.
    """
    until, tally = time.monotonic() + seconds, Tally()

    def tell(outcomes: list[Outcome]) -> None:
        tally.add(outcomes)
        for outcome in outcomes:
            if loud and outcome.problems:
                print(report.line(outcome), file=sys.stderr, flush=True)

    parts = {kind: DRAWN[kind][1] for kind in kinds if kind in DRAWN}
    trial.warm(kinds)
    with lying() as served, suppress(Enough):
        for attempt in chain(known_by_name.attempts() if known else (), code.attempts() if places else ()):
            if attempt.kind in kinds:
                _check_time(until)
                tell(served.tried(attempt))
        for kind, part in parts.items():
            drawn(kind, max(1, round(inputs * part / sum(parts.values()))), seed, served, until, tell)
            if loud:
                print(f"{kind}: {tally.inputs[kind]} inputs", file=sys.stderr, flush=True)
    return tally


def drawn(kind: str, count: int, seed: int, served: Servers, until: float, tell: Tell) -> None:
    """Draw ``count`` attempts of a kind with a seed, try them and tell what came of each; raise ``Enough`` in time."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(DRAWN[kind][0]())
    def each(attempt: Attempt) -> None:
        _check_time(until)
        tell(served.tried(attempt))

    each()


def _check_time(until: float) -> None:
    if time.monotonic() > until:
        raise Enough
