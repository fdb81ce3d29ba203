"""``pixelparity diff``: compare two recipes without running anything."""

from __future__ import annotations

import argparse

from pixelparity.cli import arguments
from pixelparity.cli.command import DIFFERS, MATCH, Command, Result


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("reference", metavar="REFERENCE", help="the SIDE that says how the model was trained")
    command.add_argument("deployed", metavar="DEPLOYED", help="the SIDE that says how it is served")
    arguments.add_limits(command)
    arguments.add_keeping(command)


def _run(options: argparse.Namespace) -> Result:
    from pixelparity import kept, sides
    from pixelparity.recipes import diff

    both = [sides.parse(text, no_code=options.no_code) for text in (options.reference, options.deployed)]
    found = diff.diff_recipes(*(kept.recipe(side, keep=not options.no_cache) for side in both))
    return MATCH if found.equal else DIFFERS, diff.describe(found)


COMMAND = Command(
    name="diff",
    words="compare two recipes without running anything",
    about=(
        "Compare what two sides declare, without running either. Steps that are written otherwise and do the same are "
        "no difference. Leaves with 0 for equal recipes and 1 for others."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=(
        "pixelparity diff mmpretrain:config.py dali:model.dali",
        "pixelparity diff torchvision:ResNet50_Weights.IMAGENET1K_V2 timm:config.json",
    ),
    takes_sides=True,
)
