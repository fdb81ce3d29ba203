"""Run a command line in a process of its own that begins with everything imported, and say what was wrong with the run."""

from __future__ import annotations

import importlib
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from benchmarks.fuzz.attempt import MARKER, Attempt

HANG_SECONDS = 60.0
MOST_MIB = 2048
#: What the libraries below hold once they are imported; what a parent holds beyond it is not of the command that is tried.
_LOADED_MIB = 600.0
#: Libraries that take seconds to import, by the kind that needs them.
_HEAVY = {
    "torchvision": ("torchvision.transforms",),
    "mmpretrain": ("mmengine", "mmpretrain.datasets", "mmpretrain.models"),
}
_ADDRESS_SPACE = 16 * 2**30  # what would take the whole machine fails in the child
OK, DIFFERS, FAILED = 0, 1, 2
#: How the command line ends what no error of ours was raised for.
UNEXPECTED = "(unexpected; run again with --debug)"
#: What can be wrong with a run, in the words of the table.
PROBLEMS = (
    "code executed", "tracebacks", "unexpected", "hangs", "memory over 2 GiB", "left behind", "wrong verdicts", "crashes",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one command line: its exit status (negative: a signal's number), its last line, and what was wrong."""

    attempt: Attempt
    command: tuple[str, ...]
    status: int
    said: str
    seconds: float
    peak_mib: float
    problems: tuple[str, ...]


def warm(kinds: Sequence[str]) -> None:
    """Import what the command lines of some kinds need, so that a fork has it."""
    import cv2  # noqa: F401
    import nvidia.dali.fn  # noqa: F401
    import tritonclient.http  # noqa: F401

    from pixelparity import diagnosis, sides, tools  # noqa: F401
    from pixelparity.cli import main  # noqa: F401
    from pixelparity.sources import protocol

    protocol.every()
    for kind, libraries in _HEAVY.items():
        for library in libraries if kind in kinds else ():
            importlib.import_module(library)


def tried(attempt: Attempt, server: str = "") -> list[Outcome]:
    """Run the command lines of an attempt one after the other in a folder of its own; stop at the first problem."""
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        home, aside = Path(name) / "home", Path(name) / "aside"
        home.mkdir()
        aside.mkdir()
        attempt.write(home)
        for command in attempt.commands:
            outcomes.append(_run(attempt, tuple(w.replace("SERVER", server) for w in command), home, aside))
            if outcomes[-1].problems:
                break
    return outcomes


def _run(attempt: Attempt, command: tuple[str, ...], home: Path, aside: Path) -> Outcome:
    before = {path.name for path in home.iterdir()}
    scratch = aside / "tmp"
    scratch.mkdir(exist_ok=True)
    started = time.monotonic()
    held = max(0.0, _resident_mib() - _LOADED_MIB)
    child = os.fork()
    if child == 0:
        _child(command, home, aside)
    status, peak, hung = _wait(child)
    peak -= held  # a fork counts what its parent holds for its own: a test suite's tensors, say
    seconds = time.monotonic() - started
    alive = _end_group(child)
    out, err = ((aside / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
    lines = [line for line in err.splitlines() if line.strip()]
    said = lines[-1] if lines else ""
    left = alive or any(scratch.iterdir()) or {path.name for path in home.iterdir()} - before - {MARKER}
    faults = {
        "code executed": (home / MARKER).exists() or any(_is_live(page) for page in home.rglob("*.html")),
        "tracebacks": "Traceback (most recent call last)" in err,
        "unexpected": UNEXPECTED in said or (status == FAILED and not _is_clear(said, out)),
        "hangs": hung,
        "memory over 2 GiB": peak > MOST_MIB,
        "left behind": bool(left) and not hung,
        "wrong verdicts": status in attempt.wrong,
        "crashes": status not in (OK, DIFFERS, FAILED) and not hung,
    }
    return Outcome(
        attempt=attempt, command=command, status=status, said=said, seconds=seconds, peak_mib=peak,
        problems=tuple(name for name in PROBLEMS if faults[name]),
    )  # fmt: skip


def _is_clear(said: str, out: str) -> bool:
    """Tell whether a run that failed said why: in one line, or as a verdict of its own (not comparable)."""
    return (said.startswith("error: ") and len(said) > len("error: x")) or "not comparable" in out.lower()


class _Live(HTMLParser):
    """Looks for what a browser would run or fetch: scripts, handlers of events, addresses of elsewhere."""

    found = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: (value or "").strip().lower() for name, value in attrs}
        addresses = [value for name, value in held.items() if name in ("href", "src", "action", "data", "xlink:href")]
        odd = [value for value in addresses if not value.startswith(("#", "data:"))]
        self.found |= tag in ("script", "iframe", "object", "embed") or any(name.startswith("on") for name in held)
        self.found |= bool(odd)


def _is_live(page: Path) -> bool:
    """Tell whether a page would run or fetch something."""
    reader = _Live()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.found


def _child(command: Sequence[str], home: Path, aside: Path) -> None:
    status = 70
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.environ["TMPDIR"] = str(aside / "tmp")
        tempfile.tempdir = None
        os.chdir(home)
        for descriptor, name in ((1, "out"), (2, "err")):
            file = os.open(aside / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, descriptor)
        sys.stdout, sys.stderr = (os.fdopen(d, "w", encoding="utf-8", errors="replace", closefd=False) for d in (1, 2))
        from pixelparity.cli.main import main

        status = main(list(command))
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 70
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _wait(child: int) -> tuple[int, float, bool]:
    """Return a child's status, the peak of its memory in MiB, and whether it had to be ended."""
    handle = os.pidfd_open(child)
    try:
        hung = not select.select([handle], [], [], HANG_SECONDS)[0]
    finally:
        os.close(handle)
    if hung:
        os.killpg(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024, hung


def _resident_mib() -> float:
    """Return how much memory this process holds, MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _end_group(child: int) -> bool:
    """End what a child left running, and tell whether there was anything."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
