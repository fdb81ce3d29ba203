"""The life of a server: ended at every moment in every way, started where nothing is as it should be; nothing may stay."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "PIXELPARITY_LIFE"
MOMENTS = tuple(half / 2 for half in range(8))  # seconds after the command was given; it serves after two or three
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GONE_SECONDS = 20.0
LATE_SECONDS = 60.0
_SERVE = """
import _signal, sys
_signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # as the command itself does first
from pathlib import Path
from pixelparity.deploy import cache
cache.FOLDER = Path(sys.argv[1]) / "cache"
from pixelparity.__main__ import run
sys.argv[:] = ["pixelparity", "serve", "--repository", *sys.argv[2:]]
sys.exit(run())
"""
#: Runs a command with a disk of its own, without room for one file, in a folder's place; where the system lets anybody mount.
_ON_FULL_DISK = ("unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=4k,nr_inodes=1 none "$0" && exec "$@"')
_SWEEP = "from pixelparity.deploy import plain; plain.work_folder('triton-').rmdir()"
_CONFIG = """name: "plain" backend: "python" instance_group [{ kind: KIND_CPU }]
input [{ name: "x" data_type: TYPE_FP32 dims: [3] }]
output [{ name: "y" data_type: TYPE_FP32 dims: [3] }]
"""
_CODE = """import triton_python_backend_utils as triton

class TritonPythonModel:
    def execute(self, requests):
        found = [triton.get_input_tensor_by_name(request, "x").as_numpy() for request in requests]
        return [triton.InferenceResponse([triton.Tensor("y", array)]) for array in found]
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to live and die: ``act`` gets a home with a repository in it and returns what went wrong, in words."""

    name: str
    act: Callable[[Path], list[str]]


def cases() -> Iterator[Case]:
    """Yield every case."""
    for number in SIGNALS:
        for moment in MOMENTS:
            yield Case(
                name=f"{number.name} after {moment:g} s", act=lambda home, n=number, m=moment: _ended(home, n, m)
            )
    for what in ("watchdog", "tritonserver", "serve and watchdog", "serve, watchdog and tritonserver"):
        yield Case(name=f"SIGKILL of {what}", act=lambda home, what=what: _killed(home, what))
    yield Case(name="SIGKILL of a model's process", act=_model_killed)
    yield Case(name="a port that is taken", act=_port_taken)
    yield Case(name="no HOME", act=lambda home: _served(home, {"HOME": None, "XDG_CACHE_HOME": None}))
    yield Case(name="two servers at once", act=_two)
    yield Case(name="TMPDIR with blanks and letters beyond ASCII", act=_odd_folder)
    yield Case(name="a cache that is a file", act=_no_cache)
    if subprocess.run([*_ON_FULL_DISK, "/tmp", "true"], capture_output=True, check=False).returncode == 0:  # noqa: S108
        yield Case(name="a cache on a full disk", act=_full_cache)


def tried(case: Case) -> list[str]:
    """Act out a case in a home of its own and return what went wrong: what the case says, and whatever was left."""
    with tempfile.TemporaryDirectory(prefix="life-") as name:
        home = Path(name)
        model = home / "models" / "plain" / "1"
        model.mkdir(parents=True)
        (home / "tmp").mkdir()
        (model.parent / "config.pbtxt").write_text(_CONFIG, encoding="utf-8")
        (model / "model.py").write_text(_CODE, encoding="utf-8")
        shared = set(Path("/dev/shm").iterdir())  # noqa: S108 - where Triton puts shared memory
        return [*case.act(home), *_left(home, shared)]


def _environment(home: Path, more: dict[str, str | None]) -> dict[str, str]:
    given: dict[str, str | None] = {
        **os.environ, "PYTHONPATH": str(ROOT / "helpers"), "TMPDIR": str(home / "tmp"), MARK: str(home), **more,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


@contextmanager
def _serving(
    home: Path, *arguments: str, more: dict[str, str | None] | None = None, within: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    command = [*within, sys.executable, "-c", _SERVE, str(home), str(home / "models"), *arguments]
    with subprocess.Popen(
        command, env=_environment(home, more or {}), cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=_hears,
    ) as process:  # fmt: skip
        late = threading.Timer(LATE_SECONDS, process.kill)  # a line that is waited for and never said ends here
        late.start()
        try:
            yield process
        finally:
            late.cancel()
            process.kill()


def _hears() -> None:
    """Undo what a shell and ``nohup`` do to a job in the background, and that job to what it starts: they ignore signals."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _ready(process: subprocess.Popen[str]) -> str:
    """Return the address of gRPC once the server is there; empty where it does not come."""
    assert process.stdout is not None
    first = process.stdout.readline().split()
    for _ in range(5):
        process.stdout.readline()
    return first[1] if first else ""


def _ended(home: Path, number: signal.Signals, moment: float) -> list[str]:
    with _serving(home) as process:
        time.sleep(moment)
        process.send_signal(number)
        return _end(process)


def _end(process: subprocess.Popen[str]) -> list[str]:
    """Return what is wrong with the end of a command: that it does not come, or a traceback."""
    try:
        _, said = process.communicate(timeout=GONE_SECONDS)
    except subprocess.TimeoutExpired:
        return ["the command did not end"]
    # Ctrl-C before a program's first line is Python's to tell of: such a traceback has no file of ours.
    faults = ["a traceback"] if "Traceback" in said and "/pixelparity/" in said else []
    return [*faults, *(["an unexpected error"] if "(unexpected;" in said else [])]


def _killed(home: Path, what: str) -> list[str]:
    with _serving(home) as process:
        if not _ready(process):
            return ["it was not served"]
        programs = {
            "serve": process.pid,
            "watchdog": _of(home, "watchdog.py"),
            "tritonserver": _of(home, "tritonserver"),
        }
        for name, number in programs.items():
            if name in what.replace(",", " ").split():
                os.kill(number, signal.SIGKILL)
        return _end(process)


def _of(home: Path, program: str) -> int:
    """Return the id of the process of a case that runs a program."""
    (found,) = [
        number for number, words in _processes(home).items() if any(w.endswith(f"/{program}") for w in words[:3])
    ]
    return found


def _processes(home: Path) -> dict[int, list[str]]:
    """Return the command lines of a case's processes, by their numbers."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={home}\0".encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:  # it ended while we looked
            continue
    return {number: words for number, words in found.items() if words[0]}  # a zombie has no words


def _model_killed(home: Path) -> list[str]:
    with _serving(home) as process:
        address = _ready(process)
        os.kill(_of(home, "triton_python_backend_stub"), signal.SIGKILL)
        assert process.stderr is not None
        said = process.stderr.readline()
        if "it is loaded again" not in said:
            return [f"nothing was said of it: {said}"]
        faults = _asked(address)
        process.send_signal(signal.SIGTERM)
        return [*faults, *_end(process)]


def _asked(address: str) -> list[str]:
    import numpy as np

    from pixelparity.deploy import client

    with client.connect(address) as connection:
        answer = connection.infer("plain", {"x": np.ones(3, np.float32)})["y"]
    return [] if answer.tolist() == [1, 1, 1] else ["the answer is another"]


def _served(home: Path, more: dict[str, str | None]) -> list[str]:
    with _serving(home, more=more) as process:
        address = _ready(process)
        faults = _asked(address) if address else ["it was not served"]
        process.send_signal(signal.SIGTERM)
        faults += _end(process)
        return [*faults, *([] if process.returncode == 0 else [f"it left with {process.returncode}"])]


def _port_taken(home: Path) -> list[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with _serving(home, "--http-port", port) as process:
            _, said = process.communicate(timeout=GONE_SECONDS)
    return [] if process.returncode == 2 and said.startswith(f"error: port {port} ") else [f"it said {said}"]


def _two(home: Path) -> list[str]:
    with _serving(home) as first, _serving(home) as second:
        addresses = [_ready(first), _ready(second)]
        faults = [fault for address in addresses for fault in (_asked(address) if address else ["it was not served"])]
        for process in (first, second):
            process.send_signal(signal.SIGTERM)
        return [*faults, *_end(first), *_end(second)]


def _odd_folder(home: Path) -> list[str]:
    odd = home / "sp ace ünï图"
    odd.mkdir()
    return [*_served(home, {"TMPDIR": str(odd)}), *(["a folder was left"] if list(odd.iterdir()) else [])]


def _no_cache(home: Path) -> list[str]:
    (home / "cache").write_text("x", encoding="utf-8")
    return _refused(home)


def _full_cache(home: Path) -> list[str]:
    (home / "cache").mkdir()
    return _refused(home, (*_ON_FULL_DISK, str(home / "cache")))


def _refused(home: Path, within: tuple[str, ...] = ()) -> list[str]:
    """Return what is wrong with a command that cannot serve: it has to say so in one line that names the place."""
    with _serving(home, within=within) as process:
        _, said = process.communicate(timeout=GONE_SECONDS)
    is_clear = process.returncode == 2 and said.startswith("error: ") and str(home) in said and said.count("\n") == 1
    return [] if is_clear else [f"it said {said}"]


def _left(home: Path, shared: set[Path]) -> list[str]:
    """Return what a case left: processes, shared memory, and folders that the next start does not sweep."""
    until = time.monotonic() + GONE_SECONDS
    while _processes(home) and time.monotonic() < until:
        time.sleep(0.2)
    faults = ["a process was left"] if _processes(home) else []
    environment = _environment(home, {})
    subprocess.run([sys.executable, "-c", _SWEEP], env=environment, check=True, timeout=60)
    faults += ["a temporary folder was left"] if list((home / "tmp").iterdir()) else []
    mine = {entry for entry in set(Path("/dev/shm").glob("triton-*")) - shared if _is_nobodys(entry)}  # noqa: S108
    return [*faults, *(["shared memory was left"] if mine else [])]


def _is_nobodys(entry: Path) -> bool:
    """Tell whether a region of shared memory belongs to no process that lives: others may serve here too."""
    from pixelparity import scratch

    _, _, process, start, *_ = entry.name.split("-")
    return scratch.started(int(process)) != start
