"""``pixelparity recipe``: print a side's recipe, every default spelled out."""

from __future__ import annotations

import argparse
import json

from pixelparity.cli import arguments
from pixelparity.cli.command import MATCH, Command, Result


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("side", metavar="SIDE", help="whose recipe is printed: one of the forms below")
    command.add_argument("--json", action="store_true", help="print it for machines")
    arguments.add_limits(command)
    arguments.add_keeping(command)


def _run(options: argparse.Namespace) -> Result:
    from pixelparity import kept, recipes, sides

    side = sides.parse(options.side, no_code=options.no_code)
    found = kept.recipe(side, keep=not options.no_cache)
    if options.json:
        return MATCH, json.dumps(recipes.to_dict(found), indent=1)
    return MATCH, "\n\n".join(part for part in (side.listing(), recipes.describe(found)) if part)


COMMAND = Command(
    name="recipe",
    words="print a side's recipe, every default spelled out",
    about=(
        "Read how a side declares its preprocessing, without running it, and print every step with every parameter, "
        "defaults included."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=(
        "pixelparity recipe dali:model.dali",
        "pixelparity recipe huggingface:preprocessor_config.json --json",
    ),
    takes_sides=True,
)
