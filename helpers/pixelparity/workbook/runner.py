"""Run the notebooks in order and write the report: what ``pixelparity workbook`` does."""

from __future__ import annotations

import datetime
import itertools
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pixelparity import files
from pixelparity.deploy import places
from pixelparity.deploy.places import ROOT
from pixelparity.errors import SkewError
from pixelparity.workbook import records
from pixelparity.workbook.answers import counted
from pixelparity.workbook.shared import SharedServer

FOLDER = ROOT / "notebooks"
NOTEBOOKS = (
    "01_reference_model", "02_build_engine", "03_dali_pipeline", "04_serve_and_observe", "05_locate_the_fault",
    "06_fix_and_verify",
)  # fmt: skip
#: Seconds that a cell may take: the training takes one to two minutes, and many times that on a machine that is busy.
CELL_TIMEOUT = 1800
#: What a kernel is started with: its advice on transports would break the progress bar, and runs belong in no history.
KERNEL_ARGUMENTS = ("--IPKernelApp.log_level=ERROR", "--HistoryManager.hist_file=:memory:")
#: The notebook before which the server has to be there, and the one after which it can be started.
SERVED_FROM, SERVABLE_AFTER = "04_serve_and_observe", "02_build_engine"


def run(*, reports: Path = ROOT / "reports", notebooks: Sequence[str] = NOTEBOOKS) -> Path:
    """Run the notebooks in order with a progress bar, write the postmortem, and return the report's folder.

    The folder is ``reports/<date-time>``; ``reports/latest`` points to it once it is whole. When a cell fails, the executed
    notebooks so far stay in the folder and ``SkewError`` names the notebook and its error.
    """
    places.require_checkout("the workbook")
    folder = _new_folder(reports)
    with _environment(folder), SharedServer() as server:
        records.record("versions", records.versions())
        records.record("seconds", _run_all(notebooks, folder, server))
        from pixelparity.workbook import postmortem

        postmortem.write(folder)
    shutil.rmtree(folder / records.KEPT, ignore_errors=True)
    _point_latest(reports, folder)
    return folder


def execute(path: Path, target: Path, progress: Any = None, kernel: Any = None) -> float:
    """Run one notebook top to bottom, write it with its outputs to ``target``, and return the seconds that it took.

    ``kernel`` is the manager of a kernel that has been started already; it is ended with the notebook.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, km=kernel or start_kernel(path.parent), timeout=CELL_TIMEOUT)
    if progress is not None:
        client.on_cell_executed = lambda cell, cell_index, execute_reply: progress.update(1)
    started = time.monotonic()
    try:
        client.execute(cleanup_kc=True)
    except CellTimeoutError as error:
        raise SkewError(
            f"notebook {path.stem} failed: a cell took more than {CELL_TIMEOUT} s; open {target} to see which"
        ) from error
    except (CellExecutionError, DeadKernelError) as error:
        raise SkewError(f"notebook {path.stem} failed: {_last_line(error)}; open {target} to see where") from error
    finally:
        _make_readable(notebook)
        nbformat.write(notebook, target)
    return round(time.monotonic() - started, 1)


def start_kernel(folder: Path = FOLDER) -> Any:
    """Start a kernel in a folder and return its manager; it gets ready while we do something else."""
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync

    manager = AsyncKernelManager(kernel_name="python3")
    run_sync(manager.start_kernel)(extra_arguments=list(KERNEL_ARGUMENTS), cwd=str(folder))
    return manager


def verdict(folder: Path) -> str:
    """Return the run's finding in one line, from its ``result.json``."""
    result = records.read_result(folder)
    shipped, fixed, parity = result["as_shipped"], result["fixed"], result["parity"]
    symptom = "no constant answer"
    if shipped["constant"]:
        (classes,) = {len(answer) for answer in shipped["probabilities"].values()}
        answer = [int(index == shipped["class_index"]) for index in range(classes)]
        symptom = f"all {shipped['images']} pictures got {answer}"
    return (
        f"As shipped {symptom} (the reference's class: {counted(shipped)}); cause: {', '.join(result['causes'])}; "
        f"fixed: {counted(fixed)}, up to {fixed['max_abs_level_diff']:.0f} levels off; "
        f"parity: {counted(parity)}, up to {parity['max_abs_level_diff']:.0f} level off."
    )


def _run_all(notebooks: Sequence[str], folder: Path, server: SharedServer) -> dict[str, float]:
    import nbformat
    from tqdm import tqdm

    counts = {
        name: sum(cell.cell_type == "code" for cell in nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells)
        for name in notebooks
    }
    seconds = {}
    progress = tqdm(
        total=sum(counts.values()),
        unit="cell",
        bar_format="{desc:<24}{percentage:3.0f}%|{bar}| {elapsed}",
        disable=None,
    )
    with progress, ExitStack() as leaving:
        kernels = [start_kernel()]
        leaving.callback(_end_kernels, kernels)
        for place, name in enumerate(notebooks):
            progress.set_description(name)
            if name == SERVED_FROM:
                server.wait()
            kernel = kernels.pop()
            if place + 1 < len(notebooks):  # the next kernel gets ready while this notebook runs
                kernels.append(start_kernel())
            seconds[name] = execute(FOLDER / f"{name}.ipynb", folder / f"{name}.ipynb", progress, kernel)
            if name == SERVABLE_AFTER and SERVED_FROM in notebooks:
                server.start()
    server.stop()
    return seconds


def _end_kernels(kernels: Sequence[Any]) -> None:
    """End kernels that no notebook has used: one before it failed."""
    from jupyter_core.utils import run_sync

    for kernel in kernels:
        run_sync(kernel.shutdown_kernel)(now=True)


def _make_readable(notebook: Any) -> None:
    """Take live widgets out of an executed notebook: no kernel runs when it is read.

    Where a widget brought a picture that stays; a progress bar has none, and its words say how it began, so it goes.
    """
    notebook.metadata.pop("widgets", None)
    view = "application/vnd.jupyter.widget-view+json"
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [
                o for o in cell.outputs if view not in o.get("data", {}) or "text/html" in o.get("data", {})
            ]
            for output in cell.outputs:
                output.get("data", {}).pop(view, None)


@contextmanager
def _environment(folder: Path) -> Iterator[None]:
    """Tell the notebooks' kernels which folder the run writes to."""
    before = os.environ.get(records.RUN_VARIABLE)
    os.environ[records.RUN_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[records.RUN_VARIABLE]
        else:
            os.environ[records.RUN_VARIABLE] = before


def _new_folder(reports: Path) -> Path:
    """Make the folder of a run, called by its time; of two that begin in one second, the later one gets a number."""
    now = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    with files.written(reports):
        reports.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            folder = reports / (now if number == 1 else f"{now}_{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    raise AssertionError("unreachable")


def _point_latest(reports: Path, folder: Path) -> None:
    scratch = reports / f".latest-{folder.name}"
    scratch.symlink_to(folder.name)
    scratch.replace(reports / "latest")


def _last_line(error: Exception) -> str:
    """Return the error's own line out of a cell's traceback, without the colours of the terminal."""
    import re

    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in str(error).splitlines()]
    named = [
        line
        for line in lines
        if re.match(r"[\w.]*(Error|Exception|Comparable|Step|Interrupt|Timeout|Library)\b.*:", line)
    ]
    return (named or [line for line in lines if line] or [type(error).__name__])[-1]
