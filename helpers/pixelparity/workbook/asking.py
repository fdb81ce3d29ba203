"""Ask a served model, and leave its server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pixelparity import views
from pixelparity.workbook.deployment import Answers

if TYPE_CHECKING:
    from pixelparity.deploy.client import Connection


def stop(server: Connection) -> None:
    """End our use of a server: one of our own unloads its models and is gone, one that others use goes on."""
    with views.busy("leaving Triton"):
        server.stop()


def ask(server: Connection, model: str, pictures: Mapping[str, Path], *, batch: int = 1) -> Answers:
    """Send pictures to a served model over gRPC, at most ``batch`` in a request, and return its probabilities by name."""
    from tqdm.auto import tqdm

    names = list(pictures)
    found: Answers = {}
    chunk = max(batch, 1) * 4
    with tqdm(total=len(names), desc=model, unit="picture") as progress:
        for start in range(0, len(names), chunk):
            part = names[start : start + chunk]
            answers = server.classify(model, [pictures[name] for name in part], batch=batch)
            found |= dict(zip(part, answers, strict=True))
            progress.update(len(part))
    return found
