"""The server that the notebooks of a run share: found by them while it runs, started and stopped once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixelparity.deploy import client, server
from pixelparity.errors import ServerError
from pixelparity.workbook import deployment, records
from pixelparity.workbook.shared import SharedServer

REAL = deployment.Deployment


class Stub:
    """A server that notes what happens to it."""

    url = "127.0.0.1:1"

    def __init__(self) -> None:
        self.stopped = 0

    def stop(self) -> None:
        """Count."""
        self.stopped += 1


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stub:
    """A stub in the place of the deployment's server, and a run's folder of its own."""
    made = Stub()
    monkeypatch.setenv(records.RUN_VARIABLE, str(tmp_path))
    monkeypatch.delenv(deployment.SERVER_VARIABLE, raising=False)
    monkeypatch.setattr(deployment, "Deployment", lambda: made)
    monkeypatch.setattr(made, "start_server", lambda: made, raising=False)
    return made


def test_notebooks_find_it_while_it_runs(stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between start and stop a notebook's deployment connects to it; afterwards there is nothing to find."""
    connected: list[str] = []
    monkeypatch.setattr(client, "connect", connected.append)
    with SharedServer() as shared:
        shared.start()
        shared.wait()
        REAL(root=tmp_path).start_server()
        REAL(root=tmp_path).start_server("given:8001")
        assert connected == [Stub.url, "given:8001"]
        shared.stop().result()
        assert records.kept_or_none(deployment.SHARED_SERVER) is None
    assert stub.stopped == 1


def test_it_is_stopped_when_a_notebook_fails(stub: Stub) -> None:
    """Leaving the block with an error stops it too, and the error comes through."""

    def run() -> None:
        with SharedServer() as shared:
            shared.start()
            raise KeyError("a notebook failed")

    with pytest.raises(KeyError, match="a notebook failed"):
        run()
    assert stub.stopped == 1


def test_none_is_started_beside_one_that_is_given(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names a server, the run starts and stops none."""
    monkeypatch.setenv(deployment.SERVER_VARIABLE, "elsewhere:8001")
    with SharedServer() as shared:
        shared.start()
        shared.wait()
        assert records.kept_or_none(deployment.SHARED_SERVER) is None
    assert stub.stopped == 0


def test_a_failing_start_is_told(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a server that does not start gets the reason."""

    def fail() -> Any:
        raise ServerError("no room")

    monkeypatch.setattr(stub, "start_server", fail)
    with SharedServer() as shared:
        shared.start()
        with pytest.raises(ServerError, match="no room"):
            shared.wait()
    assert stub.stopped == 0


def test_a_shared_server_that_was_killed_is_replaced(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook whose run has lost its server goes on with one of its own, and says so; a given one is an error."""

    def gone(address: str) -> Any:
        raise ServerError(f"no Triton server answers at {address}")

    monkeypatch.setattr(client, "connect", gone)
    monkeypatch.setattr(REAL, "artefacts", lambda _: tmp_path)
    monkeypatch.setattr(server.Server, "start", lambda own: own)
    records.keep(deployment.SHARED_SERVER, Stub.url)
    with pytest.warns(UserWarning, match="no Triton server answers at 127.0.0.1:1.; another one is started"):
        assert isinstance(REAL(root=tmp_path).start_server(), server.Server)
    assert records.kept_or_none(deployment.SHARED_SERVER) is None
    with pytest.raises(ServerError, match="given:8001"):
        REAL(root=tmp_path).start_server("given:8001")
