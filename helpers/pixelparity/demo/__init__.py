"""A first try: photographs, a training's preprocessing and a service's that was rewritten from it, with real faults.

``photographs`` cuts pictures out of one that Matplotlib ships; ``train`` and ``serve`` are the two sides, which are written into
a folder of the user's, to be read, changed and run again.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from pixelparity import files
from pixelparity.demo import photographs

HERE = Path(__file__).parent
SIDES = ("train.py", "serve.py")
FUNCTION = "preprocess"


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Two sides as the command line takes them, and the folder of pictures that both are shown."""

    reference: str
    deployed: str
    pictures: Path

    @property
    def command(self) -> str:
        """The words after ``pixelparity`` that diagnose the two sides again."""
        sides = ("--reference", self.reference, "--deployed", self.deployed)
        return shlex.join(["diagnose", *sides, "--images", str(self.pictures)])


def write(folder: str | Path) -> Demo:
    """Write the two sides and the pictures into a folder; what is there already stays as it is, changed by its user or not.

    Raises ``MissingLibrary`` without Matplotlib, ``InputError`` where the folder cannot be written.
    """
    place = Path(folder)
    pictures = photographs.write(place / "pictures")
    with files.written(place):
        for name in SIDES:
            if not (place / name).exists():
                (place / name).write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
    reference, deployed = (f"python:{place / name}:{FUNCTION}" for name in SIDES)
    return Demo(reference=reference, deployed=deployed, pictures=pictures)
