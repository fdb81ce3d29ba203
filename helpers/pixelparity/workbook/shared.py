"""One server for all notebooks of a run, so that it starts once: in the background, while notebooks and the report go on."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING

from pixelparity.workbook import records

if TYPE_CHECKING:
    from pixelparity.deploy.client import Connection


class SharedServer:
    """A server that ``Deployment.start_server`` finds within the run. Leaving the ``with`` block waits until it is gone.

    Where the environment names a server already (``SKEW_SERVER``), none is started.
    """

    def __init__(self) -> None:
        self._background = ThreadPoolExecutor(1)  # one thread: what is asked for happens in order
        self._starting: Future[None] | None = None
        self._server: Connection | None = None

    def __enter__(self) -> SharedServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopping = self.stop()
        self._background.shutdown()
        if kind is None:
            stopping.result()

    def start(self) -> None:
        """Begin to start the server and return at once."""
        self._starting = self._background.submit(self._start)

    def wait(self) -> None:
        """Return when the server answers; raise what its start raised."""
        if self._starting is not None:
            self._starting.result()

    def stop(self) -> Future[None]:
        """Begin to stop the server and return at once."""
        return self._background.submit(self._stop)

    def _start(self) -> None:
        from pixelparity.workbook.deployment import SERVER_VARIABLE, SHARED_SERVER, Deployment

        if not os.environ.get(SERVER_VARIABLE):
            self._server = Deployment().start_server()
            records.keep(SHARED_SERVER, self._server.url)

    def _stop(self) -> None:
        from pixelparity.workbook.deployment import SHARED_SERVER

        if self._server is not None:
            records.forget(SHARED_SERVER)
            self._server.stop()
            self._server = None
