"""What is written behind ``triton-repo:``: a folder, a model in it, and what more is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pixelparity.errors import InputError

#: The ending that lets the ``dali.py`` of a repository be run.
RUN = ":dali.py"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A model of the repository in ``folder``. ``network`` names the step that is the network; ``runs`` allows ``dali.py``."""

    folder: Path
    model: str
    network: str = ""
    runs: bool = False

    def side(self, model: str, *, runs: bool = False) -> str:
        """Return how another model of the same repository is written as a side."""
        return f"triton-repo:{self.folder / model}{RUN if runs else ''}"


def runs_code(target: str) -> bool:
    """Tell whether a target is written so that the repository's Python is run."""
    return target.endswith(RUN)


def parse(target: str) -> Target:
    """Read ``FOLDER/MODEL``, ``FOLDER/MODEL#STEP`` and either with ``:dali.py`` behind it; raise ``InputError`` for no model."""
    runs = runs_code(target)
    text = target.removesuffix(RUN)
    base, sign, network = text.rpartition("#")
    if not sign or Path(text).exists():
        base, network = text, ""
    path = Path(base)
    if path.name in ("", ".."):  # the folder that one stands in, or the one above
        path = path.absolute().resolve()
    if not path.name:
        raise InputError(f"{target!r} names no model; write triton-repo:FOLDER/MODEL")
    return Target(folder=path.parent, model=path.name, network=network, runs=runs)
