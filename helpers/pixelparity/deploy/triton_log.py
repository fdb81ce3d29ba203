"""Triton's log: where it lies, and what in it says what went wrong."""

from __future__ import annotations

import http.client
import re
import time
import uuid
from pathlib import Path

from pixelparity.deploy import cache
from pixelparity.deploy.wire import first_line
from pixelparity.errors import ServerError

KEPT = 10
_METRICS_SECONDS = 5.0  # how long the answer of the metrics, or the word that there are none, is waited for


def errors(log: Path) -> list[str]:
    """Return the messages of a Triton log that say what went wrong, tracebacks left out, oldest first."""
    found: list[str] = []
    if not log.is_file():  # many later servers, or a person, have removed it
        return found
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        match = re.match(r'E\d{4} [\d:.]+ \d+ [\w.]+:\d+\]\s*"?(.*?)"?$', line)
        if match:
            found.append(first_line(match[1].replace("\\n", "\n")))
        elif re.search(r"error while loading shared libraries|[Uu]nrecognized option|^error:", line):
            found.append(line.strip())
    return [text for text in found if "CudaDriverHelper" not in text]  # said on every machine without a GPU


def check_ports(log: Path, metrics_url: str) -> None:
    """Raise ``ServerError`` where Triton says that it goes on without a port; it says so after it is alive."""
    until = time.monotonic() + _METRICS_SECONDS
    while True:
        deaf = [line for line in errors(log) if line.startswith("failed to start")]
        if deaf:
            raise ServerError(f"Triton does not listen everywhere: {deaf[0]} (log: {log})")
        if _answers(metrics_url) or time.monotonic() > until:
            return
        time.sleep(0.05)


def _answers(metrics_url: str) -> bool:
    """Tell whether the server's metrics answer; a port that somebody else holds may take the question and be silent."""
    connection = http.client.HTTPConnection(metrics_url, timeout=0.5)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def new_file() -> Path:
    """Return a path for a new log, and remove the oldest ones."""
    folder = cache.FOLDER / "logs"
    for old in sorted(folder.glob("triton-*.log"))[: -KEPT + 1]:
        old.unlink(missing_ok=True)
    return folder / f"triton-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}.log"
