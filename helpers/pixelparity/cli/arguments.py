"""Arguments that several commands share, and what the sources and tools are told of them."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixelparity import progress
from pixelparity.errors import InputError


def add_sides(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the two sides that a command compares."""
    command.add_argument("--reference", required=True, metavar="SIDE", help="how the model was trained")
    command.add_argument("--deployed", required=required, metavar="SIDE", help="how it is served")


def add_pictures(command: argparse.ArgumentParser) -> None:
    """Add the pictures that sides are run on."""
    command.add_argument("--images", nargs="+", metavar="PATH", help="picture files or folders")
    command.add_argument("--limit", type=int, metavar="N", help="use the first N pictures")


def add_connection(command: argparse.ArgumentParser) -> None:
    """Add what a pipeline is fed and how a server is reached."""
    group = command.add_argument_group("sides that are fed or called")
    group.add_argument(
        "--feed", choices=("auto", "encoded", "rgb", "bgr"), default="auto", help="what a pipeline is fed"
    )
    group.add_argument("--protocol", choices=("grpc", "http"), default="grpc", help="how a server is spoken to")
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


def add_inside(command: argparse.ArgumentParser) -> None:
    """Add what lets one see inside a served side."""
    group = command.add_argument_group("a side that is served")
    group.add_argument(
        "--trace", metavar="FILE", help="read the tensors that the server wrote (Triton: TENSORS trace), do not ask it"
    )
    group.add_argument(
        "--deployed-file",
        metavar="FILE",
        dest="local",
        help="the served model.dali: its inner stages are added where it gives what the server gives",
    )


def add_limits(command: argparse.ArgumentParser) -> None:
    """Add what a run may not do: execute code of files, or go on for ever."""
    group = command.add_argument_group("limits")
    group.add_argument("--no-code", action="store_true", help="refuse whatever runs code of a file that is named")
    group.add_argument("--deadline", type=float, metavar="S", help="end the whole run after that many seconds")


def add_keeping(command: argparse.ArgumentParser) -> None:
    """Add the switch for recipes that are kept from one run to the next."""
    command.add_argument(
        "--no-cache",
        action="store_true",
        help="read every side anew, and keep no recipe (so does PIXELPARITY_NO_CACHE=1)",
    )


def refuse_code(options: argparse.Namespace, option: str, what: str) -> None:
    """Raise ``InputError`` where an option would run something and ``--no-code`` is given."""
    if options.no_code:
        raise InputError(f"{option} {what}, which --no-code refuses; leave one of the two out")


def side_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the sources are told, by the names that ``sides.parse`` knows."""
    token = None
    if options.token_file:
        from pixelparity import files

        token = files.read_text(options.token_file, "a token").strip()
    names = ("feed", "protocol", "timeout", "tls", "root_certificates")
    known = {name: getattr(options, name) for name in names} | {"token": token}
    known |= {"no_code": options.no_code}
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


def images(options: argparse.Namespace) -> dict[str, Path] | None:
    """Return the pictures that a command was given, by name, or ``None``; say on standard error what is passed over."""
    if not options.images:
        return None
    from pixelparity import pictures

    with warnings.catch_warnings(record=True) as passed_over:
        warnings.simplefilter("always", pictures.PassedOver)
        found = pictures.find(options.images, options.limit)
    for warning in passed_over:
        progress.note(f"note: {warning.message}")
    return found
