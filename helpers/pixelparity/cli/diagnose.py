"""``pixelparity diagnose``: name every cause for which two sides differ."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from pixelparity import progress
from pixelparity.cli import arguments
from pixelparity.cli.command import DIFFERS, FAILED, MATCH, Command, Result
from pixelparity.extras import installed_with

if TYPE_CHECKING:
    from pixelparity.tools import Look

EXITS = {"match": MATCH, "differs": DIFFERS, "not_comparable": FAILED}


def _add_arguments(command: argparse.ArgumentParser) -> None:
    arguments.add_sides(command)
    arguments.add_pictures(command)
    command.add_argument(
        "--model", metavar="FILE", help="an engine (.onnx or .plan): measure each cause's impact on it"
    )
    command.add_argument("--json", metavar="FILE", help="write the diagnosis for machines; - for standard output")
    command.add_argument("--explain", action="store_true", help="print what was proposed too, and why it was rejected")
    command.add_argument("--report", metavar="DIR", help="write a page with the figures")
    arguments.add_connection(command)
    arguments.add_inside(command)
    arguments.add_limits(command)


def _run(options: argparse.Namespace) -> Result:
    from pixelparity import diagnosis, tools

    if options.model:
        arguments.refuse_code(options, "--model", "runs an engine")
    images, told = arguments.images(options), arguments.side_options(options)
    seen = tools.look(options.reference, options.deployed, images, model=options.model, **told)
    found = seen.found
    if options.json and options.json != "-":
        tools.write_whole(options.json, json.dumps(diagnosis.to_json(found), indent=1) + "\n")
    if options.report:
        progress.note(f"report: {write_page(options.report, seen)}")
    if options.json == "-":
        return EXITS[found.verdict], json.dumps(diagnosis.to_json(found), indent=1)
    text = diagnosis.describe(found)
    return EXITS[found.verdict], f"{text}\n\n{diagnosis.explain(found)}" if options.explain else text


def write_page(folder: str | Path, seen: Look) -> Path:
    """Write the page of a diagnosis into a folder and return its file; raise ``MissingLibrary`` without what draws it."""
    progress.doing("drawing the page")
    sides = seen.reference_recipe or seen.reference, seen.deployed_recipe or seen.deployed
    with installed_with("report"):
        from pixelparity import views

        checklist = views.checklist.fill(*sides).measured(seen.found.causes)
        written: Path = views.write_diagnosis(
            folder, seen.found, reference=seen.reference, deployed=seen.deployed, checklist=checklist
        )
    return written


COMMAND = Command(
    name="diagnose",
    words="name every cause for which two sides differ",
    about=(
        "Run both sides on the same pictures, compare what they make of them stage by stage, and name every cause of "
        "a difference with its evidence, its mend and, with --model, its impact on the answers. Leaves with 0 where "
        "the sides match, 1 where they differ, and 2 where they cannot be compared."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=(
        "pixelparity diagnose --reference mmpretrain:config.py --deployed dali:model.dali --images pictures",
        "pixelparity diagnose --reference python:train.py:evaluation --deployed triton:localhost:8001/classifier "
        "--images pictures --limit 50 --json found.json",
    ),
    takes_sides=True,
)
