"""``pixelparity demo``: a training's preprocessing and a service's with real faults, diagnosed in seconds."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from pixelparity import progress
from pixelparity.cli.command import MATCH, Command, Result
from pixelparity.extras import installed_with

FOLDER = "pixelparity-demo"


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", default=FOLDER, metavar="FOLDER", help=f"where everything is written ({FOLDER})")
    command.add_argument("--open", action="store_true", help="open the page in the browser")


def _run(options: argparse.Namespace) -> Result:
    with installed_with("opencv", "report"):
        import cv2  # noqa: F401  what the two sides and the page need is asked for together, before any work
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    from pixelparity import demo, diagnosis, pictures, tools
    from pixelparity.cli.diagnose import write_page

    made = demo.write(options.out)
    seen = tools.look(made.reference, made.deployed, pictures.find([made.pictures]))
    page = write_page(Path(options.out) / "report", seen)
    if options.open and not webbrowser.open(page.resolve().as_uri()):
        progress.note(f"note: no browser can be started here; open {page} in one")
    ending = f"The page with the figures: {page}\nMend {made.deployed.split(':')[1]} and try again: pixelparity {made.command}"
    return MATCH, f"{diagnosis.describe(seen.found)}\n\n{ending}"


COMMAND = Command(
    name="demo",
    words="diagnose a training and a service that come with the package, on photographs",
    about=(
        "Write a training's preprocessing, a service's that was rewritten from it, and parts of a photograph into a "
        "folder, diagnose the two sides, and write the page with the figures. What is in the folder already stays, so "
        "mend the service and run it again. Leaves with 0."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=("pixelparity demo", "pixelparity demo --out try --open"),
)
