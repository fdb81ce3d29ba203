"""``pixelparity serve``: start the embedded server in the foreground."""

from __future__ import annotations

import argparse
from pathlib import Path

from pixelparity.cli.command import Command, Result
from pixelparity.extras import installed_with


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--repository", metavar="DIR", help="a model repository; without it the workbook's, built if need be"
    )
    command.add_argument("--models", nargs="+", metavar="MODEL", help="load these only")
    for port in ("grpc", "http", "metrics"):
        command.add_argument(f"--{port}-port", type=int, default=0, metavar="PORT", help="0 chooses a free one")


def _run(options: argparse.Namespace) -> Result:
    from pixelparity.deploy import foreground, ports

    repository = Path(options.repository) if options.repository else _workbook_repository()
    chosen = ports.Ports(grpc=options.grpc_port, http=options.http_port, metrics=options.metrics_port)
    return foreground.run(repository, models=options.models, ports=chosen), ""


def _workbook_repository() -> Path:
    from pixelparity.deploy import places

    places.require_checkout("the workbook's model repository", "give --repository DIR")
    with installed_with("workbook"):
        from pixelparity import workbook

        return workbook.Deployment().artefacts()


COMMAND = Command(
    name="serve",
    words="start the embedded Triton server on this machine's loopback address",
    about=(
        "Serve a model repository by the Triton server of the nvidia-pytriton wheel, on this machine's loopback "
        "address, until Ctrl-C."
    ),
    add_arguments=_add_arguments,
    run=_run,
    has_result=False,
    examples=(
        "pixelparity serve",
        "pixelparity serve --repository model_repository --models classifier_shipped --grpc-port 8001",
    ),
)
