"""The command line: ``pixelparity COMMAND``. Exit codes: 0 match, 1 differs, 2 not comparable or could not run."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pixelparity import __version__
from pixelparity.errors import InputError, SkewError
from pixelparity.terminal import aside, printable

if TYPE_CHECKING:
    from pixelparity.tools import Look

MATCH, DIFFERS, FAILED = 0, 1, 2
#: What a command leaves with, and what it prints.
Result = tuple[int, str]
EXITS = {"match": MATCH, "differs": DIFFERS, "not_comparable": FAILED}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, as everything else does."""

    def error(self, message: str) -> NoReturn:
        print(f"error: {message}; see: {self.prog} --help", file=sys.stderr)
        sys.exit(FAILED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; an error of ours becomes one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        code = _run(options)
        sys.stdout.flush()
        return code
    except SkewError as error:
        return _failed(str(error), options.debug)
    except BrokenPipeError:
        # Whoever read our output has stopped reading, as `head` does: nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt as error:
        return _failed(str(error) or "interrupted", options.debug)
    except (OSError, MemoryError) as error:
        return _failed(f"{type(error).__name__}: {error}", options.debug)
    except Exception as error:  # a mistake of ours must not leave with 1, which says that two sides differ
        return _failed(f"{type(error).__name__}: {error} (unexpected; run again with --debug)", options.debug)


def _run(options: argparse.Namespace) -> int:
    """Run a command, and print its result where it has one: nothing that is printed on the way stands beside that."""
    if not options.has_result:
        return int(options.run(options))
    with aside():
        code, result = options.run(options)
    if result:
        print(printable(result))
    return int(code)


def _failed(message: str, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"error: {printable(' '.join(message.split()))}", file=sys.stderr)
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="pixelparity",
        description="Find, name and mend differences between how a model was trained to see pictures and how it is served.",
        epilog="Exit codes: 0 match, 1 differs, 2 not comparable or could not run.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_diagnose(commands)
    _add_recipe(commands)
    _add_diff(commands)
    _add_repair(commands)
    _add_capture(commands)
    _add_serve(commands)
    _add_workbook(commands)
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _sides(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    command.add_argument("--reference", required=True, metavar="SIDE", help="how the model was trained")
    command.add_argument("--deployed", required=required, metavar="SIDE", help="how it is served")


def _pictures(command: argparse.ArgumentParser) -> None:
    command.add_argument("--images", nargs="+", metavar="PATH", help="picture files or folders")
    command.add_argument("--limit", type=int, metavar="N", help="use the first N pictures")


def _connection(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("sides that are fed or called")
    group.add_argument(
        "--feed", choices=("auto", "encoded", "rgb", "bgr"), default="auto", help="what a pipeline is fed"
    )
    group.add_argument("--protocol", choices=("grpc", "http"), default="grpc", help="how Triton is spoken to")
    group.add_argument("--token-file", metavar="FILE", help="send the bearer token that this file holds")
    group.add_argument("--tls", action="store_true", help="speak TLS")
    group.add_argument("--root-certificates", metavar="FILE", help="certificates that TLS trusts")
    group.add_argument(
        "--layout",
        nargs="+",
        metavar="[STAGE=]LAYOUT",
        help="the layout of a served tensor, CHW say, if nothing declares it",
    )
    group.add_argument("--channels", nargs="+", metavar="[STAGE=]ORDER", help="its channel order, RGB say")
    group.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds for one request")


def _inside(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("a served side (triton:)")
    group.add_argument("--trace", metavar="FILE", help="read Triton's TENSORS trace in place of asking the server")
    group.add_argument(
        "--deployed-file",
        metavar="FILE",
        dest="local",
        help="the served model.dali: its inner stages are added where it gives what the server gives",
    )


def _add_diagnose(commands: Any) -> None:
    command = commands.add_parser("diagnose", help="name every cause for which two sides differ")
    _sides(command)
    _pictures(command)
    command.add_argument(
        "--model", metavar="FILE", help="an engine (.onnx or .plan): measure each cause's impact on it"
    )
    command.add_argument("--json", metavar="FILE", help="write the diagnosis for machines; - for standard output")
    command.add_argument("--report", metavar="DIR", help="write a page with the figures")
    _connection(command)
    _inside(command)
    command.set_defaults(run=_diagnose, has_result=True)


def _add_recipe(commands: Any) -> None:
    command = commands.add_parser("recipe", help="print a side's recipe, every default spelled out")
    command.add_argument("side", metavar="SIDE")
    command.add_argument("--json", action="store_true", help="print it for machines")
    command.set_defaults(run=_recipe, has_result=True)


def _add_diff(commands: Any) -> None:
    command = commands.add_parser("diff", help="compare two recipes without running anything")
    command.add_argument("reference", metavar="REFERENCE")
    command.add_argument("deployed", metavar="DEPLOYED")
    command.set_defaults(run=_diff, has_result=True)


def _add_repair(commands: Any) -> None:
    command = commands.add_parser("repair", help="write the pipeline that would be right")
    _sides(command, required=False)
    _pictures(command)
    command.add_argument("--out", metavar="FILE", help="write the pipeline here instead of printing it")
    command.add_argument(
        "--verify", metavar="WHERE", help="serve the repair beside what is served: triton:HOST:PORT/MODEL, or embedded"
    )
    command.add_argument(
        "--suffix", default="_repaired", metavar="TEXT", help="what the served copy's name ends in (_repaired)"
    )
    _connection(command)
    _inside(command)
    command.set_defaults(run=_repair, has_result=True)


def _add_capture(commands: Any) -> None:
    command = commands.add_parser("capture", help="save what a side does, to compare against later")
    command.add_argument("side", metavar="SIDE")
    _pictures(command)
    command.add_argument("--out", required=True, metavar="FOLDER", help="where the capture goes")
    command.add_argument("--replace", action="store_true", help="replace the capture that the folder holds")
    _connection(command)
    command.set_defaults(run=_capture, has_result=True)


def _add_serve(commands: Any) -> None:
    command = commands.add_parser("serve", help="start the embedded Triton server on this machine's loopback address")
    command.add_argument(
        "--repository", metavar="DIR", help="a model repository; without it the workbook's, built if need be"
    )
    command.add_argument("--models", nargs="+", metavar="MODEL", help="load these only")
    command.add_argument("--grpc-port", type=int, default=0, metavar="PORT", help="0 chooses a free one")
    command.add_argument("--http-port", type=int, default=0, metavar="PORT", help="0 chooses a free one")
    command.add_argument("--metrics-port", type=int, default=0, metavar="PORT", help="0 chooses a free one")
    command.set_defaults(run=_serve, has_result=False)


def _add_workbook(commands: Any) -> None:
    command = commands.add_parser("workbook", help="run the notebooks in order and write the postmortem")
    command.set_defaults(run=_workbook, has_result=False)


def _options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the sources are told, by the names that ``sides.parse`` knows."""
    token = None
    if options.token_file:
        from pixelparity import files

        token = files.read_text(options.token_file, "a token").strip()
    names = ("feed", "protocol", "timeout", "tls", "root_certificates")
    known = {name: getattr(options, name) for name in names} | {"token": token}
    known |= {name: _declared(getattr(options, name)) for name in ("layout", "channels")}
    return known | {name: getattr(options, name, None) for name in ("trace", "local")}


def _declared(words: Sequence[str] | None) -> str | dict[str, str] | None:
    """Return what is declared of all stages (``CHW``) or of some by name (``preprocess=CHW``)."""
    if not words:
        return None
    if len(words) == 1 and "=" not in words[0]:
        return words[0]
    lacking = [word for word in words if "=" not in word]
    if lacking:
        raise InputError(f"{lacking[0]!r} names no stage; write STAGE=VALUE where several are given")
    return {stage: value for stage, _, value in (word.rpartition("=") for word in words)}


def _images(options: argparse.Namespace) -> dict[str, Path] | None:
    if not options.images:
        return None
    from pixelparity import pictures

    with warnings.catch_warnings(record=True) as passed_over:
        warnings.simplefilter("always", pictures.PassedOver)
        found = pictures.find(options.images, options.limit)
    for warning in passed_over:
        print(f"note: {printable(str(warning.message))}", file=sys.stderr)
    return found


def _diagnose(options: argparse.Namespace) -> Result:
    from pixelparity import diagnosis, tools

    seen = tools.look(options.reference, options.deployed, _images(options), model=options.model, **_options(options))
    found = seen.found
    if options.json and options.json != "-":
        tools.write_whole(options.json, json.dumps(diagnosis.to_json(found), indent=1) + "\n")
    if options.report:
        print(f"report: {_report(options.report, seen)}", file=sys.stderr)
    told = json.dumps(diagnosis.to_json(found), indent=1) if options.json == "-" else diagnosis.describe(found)
    return EXITS[found.verdict], told


def _report(folder: str, seen: Look) -> Path:
    from pixelparity import views

    recipes = seen.reference_recipe, seen.deployed_recipe
    checklist = views.checklist.fill(recipes[0], recipes[1]) if recipes[0] and recipes[1] else None
    written: Path = views.write_diagnosis(
        folder, seen.found, reference=seen.reference, deployed=seen.deployed, checklist=checklist
    )
    return written


def _recipe(options: argparse.Namespace) -> Result:
    from pixelparity import recipes, sides

    side = sides.parse(options.side)
    found = side.recipe()
    if options.json:
        return MATCH, json.dumps(recipes.to_dict(found), indent=1)
    return MATCH, "\n\n".join(part for part in (side.listing(), recipes.describe(found)) if part)


def _diff(options: argparse.Namespace) -> Result:
    from pixelparity import sides
    from pixelparity.recipes import diff

    found = diff.diff_recipes(sides.parse(options.reference).recipe(), sides.parse(options.deployed).recipe())
    return MATCH if found.equal else DIFFERS, diff.describe(found)


def _repair(options: argparse.Namespace) -> Result:
    from pixelparity import tools

    served = {"verify": options.verify, "suffix": options.suffix}
    mended = tools.repair(options.reference, options.deployed, _images(options), **served, **_options(options))
    if options.out:
        tools.write_whole(options.out, mended.text)
        print(f"wrote {options.out}", file=sys.stderr)
    return mended.code, mended.change if options.out else mended.shown


def _capture(options: argparse.Namespace) -> Result:
    from pixelparity import sides, stages

    stages.check_free(options.out, replace=options.replace)  # before the work, which may take minutes
    capture = sides.parse(options.side, **_options(options)).capture(_images(options))
    folder = stages.save(capture, options.out, replace=options.replace)
    return MATCH, f"{len(capture.images)} pictures, {len(capture.stages)} stages: {folder}"


def _serve(options: argparse.Namespace) -> int:
    from pixelparity import workbook
    from pixelparity.deploy import ports, server

    repository = Path(options.repository) if options.repository else workbook.Deployment().artefacts()
    chosen = ports.Ports(grpc=options.grpc_port, http=options.http_port, metrics=options.metrics_port)
    return server.run_foreground(repository, models=options.models, ports=chosen)


def _workbook(options: argparse.Namespace) -> int:
    from pixelparity.workbook import runner

    folder = runner.run()
    print(f"report      {folder / 'postmortem.html'}\nresult      {folder / 'result.json'}\nnotebooks   {folder}")
    print(runner.verdict(folder))
    return MATCH


if __name__ == "__main__":
    sys.exit(main())
