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
    "onnx": "reading ONNX models and running engines",
    "yaml": "reading YAML",
    "workbook": "the notebooks, with all of these",
    "gpu": "TensorRT",
    "all": "all but TensorRT",
}


def install(*extras: str) -> str:
    """Return the command that installs extras; raise ``KeyError`` for one that there is not."""
    unknown = set(extras) - set(EXTRAS)
    if unknown or not extras:
        raise KeyError(*sorted(unknown))
    return f'pip install "pixelparity[{",".join(extras)}]"'


def missing(library: str, *extras: str) -> MissingLibrary:
    """Return the error that names a library which lacks, and the command that installs it, with what belongs to it."""
    return MissingLibrary(f"{library} is not installed, and {EXTRAS[extras[0]]} needs it; run: {install(*extras)}")


@contextmanager
def installed_with(*extras: str) -> Iterator[None]:
    """Name the extras that bring a library which lacks, where it is first needed; raise ``MissingLibrary``."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "pixelparity":
            raise  # a mistake of ours
        raise missing(error.name or "a library", *extras) from error
