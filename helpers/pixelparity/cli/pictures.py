"""``pixelparity pictures``: write pictures to try commands on."""

from __future__ import annotations

import argparse

from pixelparity.cli.command import MATCH, Command, Result


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", required=True, metavar="FOLDER", help="where the pictures go; files that are there stay"
    )


def _run(options: argparse.Namespace) -> Result:
    from pixelparity.demo import photographs

    folder = photographs.write(options.out)
    return MATCH, f"{len(photographs.PARTS)} pictures: {folder}"


COMMAND = Command(
    name="pictures",
    words="write photographs to try the other commands on",
    about=(
        "Write parts of a photograph that Matplotlib ships, as PNG files of several shapes, to give to --images. "
        "Needs the extra [report]."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=("pixelparity pictures --out pictures", "pixelparity pictures --out samples/photographs"),
)
