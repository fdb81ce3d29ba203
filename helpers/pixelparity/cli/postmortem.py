"""``pixelparity postmortem``: write a postmortem of any deployment that can be attached to an incident."""

from __future__ import annotations

import argparse
import datetime
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixelparity import __version__, progress
from pixelparity.cli import arguments
from pixelparity.cli.command import DIFFERS, MATCH, Command, Result
from pixelparity.errors import InputError
from pixelparity.extras import installed_with

if TYPE_CHECKING:
    from pixelparity.views.postmortem.content import Provenance

_NEEDED = ("reference", "deployed", "out")


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reference", metavar="SIDE", help="how the model was trained")
    command.add_argument("--deployed", metavar="SIDE", help="how it is served")
    arguments.add_pictures(command)
    command.add_argument("--out", metavar="DIR", help="where the page, Markdown, JSON and JUnit XML are written")
    command.add_argument("--facts", metavar="FILE", help="what only people know, as TOML: impact, timeline, actions")
    command.add_argument("--init", metavar="FILE", help="write such a file, every field explained, and do nothing else")
    command.add_argument("--replace", action="store_true", help="with --init, replace the file that is there")
    command.add_argument(
        "--model", metavar="FILE", help="an engine (.onnx or .plan): measure the impact on its answers"
    )
    command.add_argument(
        "--verify", metavar="WHERE", help="serve the mend beside what is served: triton:HOST:PORT/MODEL, or embedded"
    )
    command.add_argument(
        "--suffix", default="_repaired", metavar="TEXT", help="what the served copy's name ends in (_repaired)"
    )
    arguments.add_connection(command)
    arguments.add_inside(command)
    arguments.add_limits(command)


def _run(options: argparse.Namespace) -> Result:
    if options.init:
        return _init(Path(options.init), replace=options.replace)
    lacking = [f"--{name}" for name in _NEEDED if not getattr(options, name)]
    if lacking:
        raise InputError(
            f"postmortem needs {', '.join(lacking)}, or --init FILE alone; see: pixelparity postmortem --help"
        )
    if options.model:
        arguments.refuse_code(options, "--model", "runs an engine")
    if options.verify == "embedded":
        arguments.refuse_code(options, "--verify embedded", "runs the models of a repository")
    with installed_with("report"):
        from pixelparity.tools import postmortem
        from pixelparity.views.postmortem import facts, writing
    known = facts.read(options.facts) if options.facts else facts.NOTHING  # before the work, which may take minutes
    images, told = arguments.images(options), arguments.side_options(options)
    asked = {"model": options.model, "verify": options.verify, "suffix": options.suffix}
    found = postmortem.investigate(options.reference, options.deployed, images, **asked, **told)
    content = postmortem.content(
        found, provenance=_provenance(options, images), gate=_gate(options), facts=known, dated=datetime.date.today()
    )
    page = writing.write(options.out, content)
    progress.note(f"postmortem: {page}")
    said = "\n".join(f"{line.head} {line.text}".strip() for line in content.summary)
    return MATCH if found.seen.found.verdict == "match" else DIFFERS, f"{content.title}\n{said}"


def _init(path: Path, *, replace: bool) -> Result:
    """Write an empty facts file; raise ``InputError`` where one is that nobody said to replace."""
    with installed_with("report"):
        from pixelparity import files
        from pixelparity.views.postmortem import facts
    if path.exists() and not replace:
        raise InputError(f"{path} is there already, and may hold what somebody wrote; give another name, or --replace")
    files.write_whole(path, facts.template())
    return MATCH, f"{path}: fill it in, then give it as --facts"


def _provenance(options: argparse.Namespace, images: Mapping[str, Path] | None) -> Provenance:
    from pixelparity.tools import provenance
    from pixelparity.views.postmortem.content import Provenance

    others = {name: getattr(options, name) for name in ("facts", "model", "trace", "local")}
    return Provenance(
        command=_folded(["pixelparity", *options.words]), tool=f"pixelparity {__version__}",
        commit=provenance.commit(), machine=provenance.machine(),
        hashes=provenance.hashes((options.reference, options.deployed), images, others),
    )  # fmt: skip


def _gate(options: argparse.Namespace) -> str:
    """Return the command that compares the same two sides again and fails where they differ."""
    words = ["pixelparity", "diagnose", "--reference", options.reference, "--deployed", options.deployed]
    return _folded([*words, *(["--images", *options.images] if options.images else [])])


def _folded(words: Sequence[str]) -> str:
    """Return a command line for a shell, each option on a line of its own."""
    return " ".join(f"\\\n    {word}" if word.startswith("--") else word for word in map(shlex.quote, words))


COMMAND = Command(
    name="postmortem",
    words="write a postmortem of a deployment that can be attached to an incident",
    about=(
        "Compare both sides as diagnose does, and write a postmortem: what differs and what it costs, what was eliminated, "
        "the mend, run again and with --verify served, the checklist, and from --facts what only people know (impact, "
        "timeline, actions); --init FILE writes such a file to fill in. DIR gets postmortem.html, postmortem.md for a "
        "wiki, postmortem.json and junit.xml. Leaves with 0 where the sides match, 1 where they differ, and 2 where it "
        "could not run. Needs the extra [report]."
    ),
    add_arguments=_add_arguments,
    run=_run,
    examples=(
        "pixelparity postmortem --reference python:train.py:evaluation --deployed triton:localhost:8001/classifier "
        "--images pictures --model classifier.onnx --out postmortem",
        "pixelparity postmortem --reference mmpretrain:config.py --deployed dali:pipelines.py:preprocess "
        "--images pictures --facts incident.toml --out postmortem",
    ),
    takes_sides=True,
)
