"""The command that serves: it says where, brings back a model whose process was killed, and says how the server ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from pixelparity.deploy import client, places, stubs
from pixelparity.deploy.server import Server
from pixelparity.errors import ServerError
from tests.processes import processes_with, wait_until

pytestmark = pytest.mark.slow


@contextmanager
def serving(repository, tmp_path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run `pixelparity serve` for a model in numpy, and give its process and the lines that say where."""
    environment = {**os.environ, "PYTHONPATH": str(places.IMPORT_ROOT), "SKEW_TEST_MARK": str(tmp_path)}
    arguments = [sys.executable, "-m", "pixelparity", "serve", "--repository", str(repository), "--models", "plain"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments, env=environment, text=True, **pipes) as command:
        assert command.stdout is not None
        try:
            yield command, [command.stdout.readline() for _ in range(6)]
        finally:
            command.kill()
    assert wait_until(lambda: not processes_with(f"SKEW_TEST_MARK={tmp_path}"))


def process_of(program: str, mark: str) -> int:
    """Return the id of the one process of a program that has a mark in its environment."""

    def is_it(process: int) -> bool:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return file.read().split(b"\0")[0].endswith(program.encode())

    (found,) = [process for process in processes_with(mark) if is_it(process)]
    return found


def test_foreground_prints_addresses_and_stops_on_terminate(tiny_repository, tmp_path):
    """The command that serves prints where, and ends with status 0 on SIGTERM."""
    with serving(tiny_repository, tmp_path) as (command, lines):
        command.send_signal(signal.SIGTERM)
        assert command.wait(15) == 0
    assert lines[0].startswith("gRPC    127.0.0.1:")
    assert "models  plain" in lines[4]


def test_a_model_whose_process_was_killed_comes_back(tiny_repository, tmp_path):
    """The killed process of a model is noticed without a request; it is said, and the model answers again."""
    with serving(tiny_repository, tmp_path) as (command, lines):
        with client.connect(lines[0].split()[1]) as connection:
            x = {"x": np.ones(3, np.float32)}
            assert connection.infer("plain", x)["plain"].tolist() == [1, 1, 1]
            assert wait_until(lambda: bool(process_of("triton_python_backend_stub", f"SKEW_TEST_MARK={tmp_path}")))
            os.kill(process_of("triton_python_backend_stub", f"SKEW_TEST_MARK={tmp_path}"), signal.SIGKILL)
            with pytest.raises(ServerError, match="Its process was ended"):
                connection.infer("plain", x)
            assert command.stderr is not None
            assert command.stderr.readline() == "note: the process of model 'plain' was ended; it is loaded again\n"
            assert connection.infer("plain", x)["plain"].tolist() == [1, 1, 1]
        command.send_signal(signal.SIGTERM)
        assert command.wait(15) == 0


def test_a_model_killed_before_the_first_look_is_noticed(tiny_repository, tmp_path, monkeypatch):
    """Which models have a process is known from their configs, so one that is gone at once is lost, and comes back."""
    monkeypatch.setenv("SKEW_TEST_MARK", str(tmp_path))
    with Server(tiny_repository, models=["plain"], log=tmp_path / "l.log") as server:
        os.kill(process_of("triton_python_backend_stub", f"SKEW_TEST_MARK={tmp_path}"), signal.SIGKILL)
        assert wait_until(lambda: not stubs.models(server._work))
        assert server.lost() == ["plain"]
        server.reload("plain")
        assert server.lost() == []


def test_a_server_that_was_killed_is_one_line(tiny_repository, tmp_path):
    """SIGKILL of tritonserver ends the command with 2 and a line that says by what, where the log is, and what to do."""
    with serving(tiny_repository, tmp_path) as (command, _):
        os.kill(process_of("tritonserver", f"SKEW_TEST_MARK={tmp_path}"), signal.SIGKILL)
        _, said = command.communicate(timeout=20)
        assert command.returncode == 2
    assert re.fullmatch(
        r"error: Triton is gone, SIGKILL ended it, for lack of memory perhaps \(log: .*\); "
        r"give the command again to start it\n",
        said,
    )


def test_a_step_that_was_killed_brings_its_ensemble_back(tiny_repository, tmp_path):
    """Where the process of an ensemble's step is killed, the ensemble answers again as well."""
    picture = np.full((40, 30, 3), 9, np.uint8)
    with Server(tiny_repository, models=["tiny"], log=tmp_path / "l.log") as server:
        before = server.classify("tiny", [picture])
        server.reload("prep")
        np.testing.assert_array_equal(server.classify("tiny", [picture]), before)
