"""Start the Triton server of the nvidia-pytriton wheel on this machine, and never leave it behind.

The server listens on a loopback address, on ports that it chooses itself, and runs under :mod:`pixelparity.deploy.watchdog`,
which ends it together with its Python stubs when this process ends, however that happens.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from pixelparity.deploy import plain, stubs, triton_log, watchdog, wheel
from pixelparity.deploy.client import Connection, config_text
from pixelparity.deploy.ports import Ports, addresses, choose
from pixelparity.deploy.wire import first_line
from pixelparity.errors import InputError, ServerError, ServerTimeout

#: How long Triton may take to unload its models when it stops; a trace is written only after that.
UNLOAD_SECONDS, UNLOAD_SECONDS_TRACING = 3, 30
START_ATTEMPTS = 3
_ENDING_SECONDS = 2.0  # that a process may take to be gone after its connections broke
#: How the log says that somebody else took a port between choosing it and listening on it.
PORT_TAKEN = "already in use"
#: What the work folder holds: models added to the running server, and a link to a repository whose path is not plain.
ADDED, MODELS = "added", "models"


class Server(Connection):
    """A Triton server of our own. Use it in a ``with`` block, or call :meth:`start` and :meth:`stop`.

    ``models`` are loaded at start (all of the repository when ``None``); others can be loaded later. ``config_name``
    chooses ``configs/<config_name>.pbtxt`` of each model. ``trace_file`` makes Triton write every model's tensors there.
    ``model_control`` is Triton's mode (explicit, none, poll). ``auto_complete`` lets Triton fill up configs that leave
    something out, at the price of starting every model's process twice. ``options`` are further arguments of
    ``tritonserver``.
    """

    def __init__(
        self,
        repository: str | Path,
        *,
        models: Sequence[str] | None = None,
        ready_timeout: float = 30.0,
        host: str = "127.0.0.1",
        ports: Ports | None = None,
        log: str | Path | None = None,
        config_name: str | None = None,
        trace_file: str | Path | None = None,
        model_control: str = "explicit",
        auto_complete: bool = False,
        options: Sequence[str] = (),
        timeout: float = 60.0,
    ) -> None:
        super().__init__("", timeout=timeout, ended=self._how_it_is_ending)
        self.repository = Path(repository).resolve()
        self.wanted = _wanted(self.repository, models)
        self.ready_timeout = ready_timeout
        self.host = host
        self.ports = ports or Ports()
        self.log_path: Path = Path(log).resolve() if log else triton_log.new_file()
        self.metrics_url = ""
        self._unload_seconds = UNLOAD_SECONDS_TRACING if trace_file else UNLOAD_SECONDS
        more = [*options] if auto_complete else ["--disable-auto-complete-config", *options]
        self._arguments = _arguments(config_name, trace_file, model_control, self.wanted, more)
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._work = Path()
        self._seen: set[str] = set()

    def __enter__(self) -> Server:
        return self if self._watchdog else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Server:
        """Start the server and wait until all wanted models are ready.

        Raises ``ServerError`` that quotes the log when the server ends or a model does not load, ``ServerTimeout`` when
        it takes longer than ``ready_timeout`` seconds. Nothing is left running then.
        """
        for attempt in range(1, START_ATTEMPTS + 1):
            chosen = choose(self.host, self.ports)
            try:
                self._launch(chosen)
                self._wait(time.monotonic() + self.ready_timeout)
                return self
            except ServerError as error:
                self.stop()
                if PORT_TAKEN not in str(error) or attempt == START_ATTEMPTS or self.ports != Ports():
                    raise
            except BaseException:
                self.stop()
                raise
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Stop the server, its stubs, and remove what it kept on disk and in shared memory; the log stays."""
        self.close()
        if self._watchdog is not None:
            self._watchdog.terminate()
            self._watchdog.wait()
            self._watchdog = None
            _remove(self._work)  # a watchdog that was stopped before it could begin has not done so

    def load(
        self, model: str, *, config: Mapping[str, Any] | str | None = None, files: Mapping[str, bytes] | None = None
    ) -> None:
        """Load a model; one that comes with files is put into a repository of this server's own, which ends with it.

        Ensembles can be made of models added so, which Triton refuses for files that come within a request.
        """
        if files is None or config is None:
            return super().load(model, config=config, files=files)
        home = self._work / ADDED / model
        for path, content in {**files, "config.pbtxt": config_text(config).encode()}.items():
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_bytes(content)
        super().load(model)

    def unload(self, model: str) -> None:
        """Unload a model, and forget its files if it was added."""
        super().unload(model)
        _remove(self._work / ADDED / model)

    def running(self) -> bool:
        """Tell whether the server's process lives."""
        return self._watchdog is not None and self._watchdog.poll() is None

    def lost(self) -> list[str]:
        """Return the models of the repository that the server calls ready and that have lost the process which runs them."""
        alive = stubs.models(self._work)
        known = [model for model in sorted(self._seen - alive) if (self.repository / model).is_dir()]
        self._seen |= alive
        return [model for model in known if self.serves(model)]

    def reload(self, model: str) -> None:
        """Start a model's process again, and whatever of the wanted models had to go with it.

        Loading alone does nothing where the files are the same, whatever has become of the process.
        """
        self.unload(model)
        for name in (model, *(wanted for wanted in self.wanted if wanted != model)):
            if not self.serves(name):
                super().load(name)

    def how_it_ended(self) -> str:
        """Return how the server's process came to an end; empty while it lives."""
        if self._watchdog is None or self._watchdog.poll() is None:
            return ""
        number = self._watchdog.returncode - watchdog.SIGNALLED
        if number not in set(signal.Signals):
            return f"it ended by itself: {self.cause()} (log: {self.log_path})"
        memory = ", for lack of memory perhaps" if number == signal.SIGKILL else ""
        return f"{signal.Signals(number).name} ended it{memory} (log: {self.log_path})"

    def _how_it_is_ending(self) -> str:
        """Return how the server came to an end, after a moment for it: a connection breaks before its process is gone."""
        until = time.monotonic() + _ENDING_SECONDS
        while self.running() and time.monotonic() < until:
            time.sleep(0.05)
        return self.how_it_ended()

    def _launch(self, ports: Ports) -> None:
        self.url, self.http_url = f"{self.host}:{ports.grpc}", f"{self.host}:{ports.http}"
        self.metrics_url = f"{self.host}:{ports.metrics}"
        self._work = work = plain.work_folder("triton-")
        (work / ADDED).mkdir()
        prefix = f"{work.name}-{uuid.uuid4().hex[:8]}-"
        with ExitStack() as undo:
            undo.callback(_remove, work)
            command = [
                str(wheel.find() / "bin" / "tritonserver"),
                f"--model-repository={plain.through(self.repository, work / MODELS)}",
                f"--model-repository={work / ADDED}",
                f"--backend-directory={wheel.assemble(work)}",
                f"--backend-config=python,shm-region-prefix-name={prefix}",
                f"--exit-timeout-secs={self._unload_seconds}",
                *addresses(self.host, ports),
                *self._arguments,
            ]
            watch = [sys.executable, "-I", watchdog.__file__, str(os.getpid()), str(work), prefix]
            watch += [str(self._unload_seconds + 2), "--"]
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            with self.log_path.open("wb") as log:
                self._watchdog = subprocess.Popen(
                    [*watch, *command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C in a terminal or notebook is not for the server
                    cwd=work,  # stubs import from here first, and only a plain path can stand in their errors
                    env=wheel.environment(work),
                )
            undo.pop_all()

    def _wait(self, deadline: float) -> None:
        while not self._live():
            if not self.running():
                raise ServerError(f"Triton ended while it started: {self.cause()} (log: {self.log_path})")
            if time.monotonic() > deadline:
                raise ServerTimeout(
                    f"Triton was not ready within {self.ready_timeout:g} s: {self.cause()} (log: {self.log_path})"
                )
            time.sleep(0.05)
        triton_log.check_ports(self.log_path, self.metrics_url)
        states = {entry["name"]: entry for entry in self._http("POST", "/v2/repository/index")}
        failed = [name for name in self.wanted if states.get(name, {}).get("state") != "READY"]
        if failed:
            reasons = [f"{name}: {self._reason(name, states)}" for name in failed]
            raise ServerError(f"{len(failed)} model(s) did not load; {'; '.join(reasons)} (log: {self.log_path})")
        # Known from the configs, not by looking: a process that is gone before the first look would never be missed.
        self._seen = {name for name in states if states[name].get("state") == "READY" and self._has_process(name)}

    def _has_process(self, name: str) -> bool:
        return bool(self._http("GET", f"/v2/models/{quote(name, safe='')}/config").get("backend") == "python")

    def _live(self) -> bool:
        try:
            self._http("GET", "/v2/health/live")
        except OSError:
            return False
        return True

    def _http(self, method: str, path: str) -> Any:
        connection = http.client.HTTPConnection(str(self.http_url), timeout=5)
        try:
            connection.request(method, path)
            body = connection.getresponse().read()
        finally:
            connection.close()
        return json.loads(body or b"null")

    def _reason(self, name: str, states: dict[str, Any]) -> str:
        reason = first_line(states.get(name, {}).get("reason", ""))
        if reason and reason != "unloaded":
            return self._by_its_path(reason)
        said = [line for line in triton_log.errors(self.log_path) if f"'{name}'" in line or f"/{name}/" in line]
        return self._by_its_path(said[0]) if said else "Triton gives no reason"

    def cause(self) -> str:
        """Return the last error of the server's log, in one line."""
        said = triton_log.errors(self.log_path)
        return self._by_its_path(said[-1]) if said else "its log names no error"

    def _by_its_path(self, text: str) -> str:
        """Name the repository by its own path where Triton was given a link to it."""
        return text.replace(str(self._work / MODELS), str(self.repository))


def serve(repository: str | Path, **settings: Any) -> Server:
    """Start a server and return it when it is ready; see :class:`Server` for the settings. Stop it, or use ``with``."""
    return Server(repository, **settings).start()


def _wanted(repository: Path, models: Sequence[str] | None) -> tuple[str, ...]:
    if not repository.is_dir():
        raise InputError(f"{repository} is not a folder; give a model repository")
    there = sorted(entry.parent.name for entry in repository.glob("*/config.pbtxt"))
    for model in models or ():
        if not (repository / model).is_dir():
            raise InputError(f"the repository {repository} has no model {model!r}; it has {', '.join(there) or 'none'}")
    return tuple(there if models is None else models)


def _arguments(
    config_name: str | None,
    trace_file: str | Path | None,
    model_control: str,
    models: Sequence[str],
    options: Sequence[str],
) -> list[str]:
    """Return the arguments of ``tritonserver`` that do not depend on ports or folders."""
    arguments = [f"--model-control-mode={model_control}", "--exit-on-error=false"]
    if model_control == "explicit":
        arguments += [f"--load-model={model}" for model in models]
    if config_name:
        arguments.append(f"--model-config-name={config_name}")
    if trace_file:
        settings = (f"triton,file={Path(trace_file).resolve()}", "rate=1", "level=TIMESTAMPS", "level=TENSORS")
        arguments += [f"--trace-config={setting}" for setting in settings]
    return [*arguments, *options]


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
