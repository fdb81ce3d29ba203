"""``pixelparity workbook``: run the notebooks in order and write the postmortem."""

from __future__ import annotations

import argparse

from pixelparity.cli.command import MATCH, Command, Result
from pixelparity.extras import installed_with
from pixelparity.terminal import say


def _add_arguments(command: argparse.ArgumentParser) -> None:
    """Add nothing: the notebooks hold their own parameters."""


def _run(_options: argparse.Namespace) -> Result:
    from pixelparity.deploy import places

    places.require_checkout("the workbook")
    with installed_with("workbook"):
        from pixelparity.workbook import runner

    folder = runner.run()
    say(f"report      {folder / 'postmortem.html'}\nresult      {folder / 'result.json'}\nnotebooks   {folder}")
    say(runner.verdict(folder))
    return MATCH, ""


COMMAND = Command(
    name="workbook",
    words="run the notebooks in order and write the postmortem",
    about=(
        "Run the notebooks in order, training the model and starting the server where that was not done yet, and "
        "write the postmortem into reports/latest. Takes 10 minutes the first time."
    ),
    add_arguments=_add_arguments,
    run=_run,
    has_result=False,
    examples=("pixelparity workbook", "pixelparity --debug workbook"),
)
