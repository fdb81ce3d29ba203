"""``pixelparity repair``: write the pipeline that would be right."""

from __future__ import annotations

import argparse

from pixelparity import progress
from pixelparity.cli import arguments
from pixelparity.cli.command import Command, Result


def _add_arguments(command: argparse.ArgumentParser) -> None:
    arguments.add_sides(command, required=False)
    arguments.add_pictures(command)
    command.add_argument("--out", metavar="FILE", help="write the pipeline here instead of printing it")
    command.add_argument(
        "--verify", metavar="WHERE", help="serve the repair beside what is served: triton:HOST:PORT/MODEL, or embedded"
    )
    command.add_argument(
        "--suffix", default="_repaired", metavar="TEXT", help="what the served copy's name ends in (_repaired)"
    )
    arguments.add_connection(command)
    arguments.add_inside(command)
    arguments.add_limits(command)


def _run(options: argparse.Namespace) -> Result:
    from pixelparity import tools

    if options.verify == "embedded":
        arguments.refuse_code(options, "--verify embedded", "runs the models of a repository")
    images, told = arguments.images(options), arguments.side_options(options)
    proven = {"verify": options.verify, "suffix": options.suffix}
    mended = tools.repair(options.reference, options.deployed, images, **proven, **told)
    if options.out:
        tools.write_whole(options.out, mended.text)
        progress.note(f"wrote {options.out}")
    return mended.code, mended.change if options.out else mended.shown


COMMAND = Command(
    name="repair",
    words="write the pipeline that would be right",
    about=(
        "Write the pipeline that prepares pictures as the reference does, or, with --deployed, the smallest change to "
        "the deployed one, and diagnose again to show that it does. --verify serves a copy beside what is served and "
        "compares the answers."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=(
        "pixelparity repair --reference mmpretrain:config.py --deployed dali:model.dali --images pictures --out new.py",
        "pixelparity repair --reference mmpretrain:config.py --deployed triton:localhost:8001/classifier "
        "--images pictures --verify triton:localhost:8001/classifier",
    ),
    takes_sides=True,
)
