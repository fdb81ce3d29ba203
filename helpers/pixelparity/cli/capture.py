"""``pixelparity capture``: save what a side does, to compare against later."""

from __future__ import annotations

import argparse

from pixelparity import progress
from pixelparity.cli import arguments
from pixelparity.cli.command import MATCH, Command, Result


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("side", metavar="SIDE", help="what is run: one of the forms below")
    arguments.add_pictures(command)
    command.add_argument("--out", required=True, metavar="FOLDER", help="where the capture goes")
    command.add_argument("--replace", action="store_true", help="replace the capture that the folder holds")
    arguments.add_connection(command)
    arguments.add_limits(command)


def _run(options: argparse.Namespace) -> Result:
    from pixelparity import sides, stages

    stages.check_free(options.out, replace=options.replace)  # before the work, which may take minutes
    side = sides.parse(options.side, **arguments.side_options(options))
    progress.doing(f"running {side}")
    capture = side.capture(arguments.images(options))
    folder = stages.save(capture, options.out, replace=options.replace)
    return MATCH, f"{len(capture.images)} pictures, {len(capture.stages)} stages: {folder}"


COMMAND = Command(
    name="capture",
    words="save what a side does, to compare against later",
    about=(
        "Run a side on pictures and save the tensor after every stage, to be compared against later as "
        "capture:FOLDER, where the side itself cannot run: a golden capture for a gate."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=(
        "pixelparity capture mmpretrain:config.py --images pictures --out golden",
        "pixelparity capture triton:localhost:8001/classifier --images pictures --out served --feed bgr",
    ),
    takes_sides=True,
)
