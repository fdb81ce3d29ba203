"""The extras of the package, and the one line that installs what lacks.

Each library that pixelparity imports beside numpy and Pillow comes with an extra of pyproject.toml; whoever needs one names the
extra here, so that every message of this kind has the same, exact command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pixelparity.errors import MissingLibrary

#: Every extra, with what it is for.
EXTRAS = {
    "opencv": "reading pictures",
    "report": "pages with figures",
    "dali": "running DALI pipelines",
    "triton": "asking a Triton server, and reading serialized pipelines",
    "mmpretrain": "MMPretrain's preprocessing",
    "torchvision": "torchvision's presets",
    "onnx": "running engines",
    "workbook": "the notebooks, with all of these",
    "gpu": "TensorRT",
    "all": "all but TensorRT",
}


def install(extra: str) -> str:
    """Return the command that installs an extra; raise ``KeyError`` for one that there is not."""
    if extra not in EXTRAS:
        raise KeyError(extra)
    return f'pip install "pixelparity[{extra}]"'


def missing(library: str, extra: str) -> MissingLibrary:
    """Return the error that names a library which lacks, what its extra is for, and the command that installs it."""
    return MissingLibrary(f"{library} is not installed, and {EXTRAS[extra]} needs it; run: {install(extra)}")


@contextmanager
def installed_with(extra: str) -> Iterator[None]:
    """Name the extra that brings a library which lacks, where it is first needed; raise ``MissingLibrary``."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "pixelparity":
            raise  # a mistake of ours
        raise missing(error.name or "a library", extra) from error
