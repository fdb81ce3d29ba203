"""A real JupyterLab on a copy of the notebooks, and a real browser that looks at it; both are gone after the module."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pixelparity.workbook.records import RUN_VARIABLE

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Nothing outside this machine is asked for anything: no news, no updates, no sandbox (root has none), no drawing hardware.
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "docmanager-extension/plugin": {"autosave": False},
    # A closed notebook leaves no kernel behind; every cell is drawn, those out of sight too.
    "notebook-extension/tracker": {"kernelShutdown": True, "windowingMode": "none"},
}
START_SECONDS = 90.0
STOP_SECONDS = 60.0


@pytest.fixture(scope="module")
def chromium() -> str:
    """Return the browser's file; skip where there is none."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        pytest.skip("the browser tests need Chromium: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the notebooks, so that those in git are never changed."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for name, values in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lab_address(chromium: str, work: Path) -> Iterator[tuple[str, str]]:
    """Start JupyterLab on a free port of this machine and return its address and token; end it and all its kernels."""
    token, port = secrets.token_hex(16), _free_port()
    with (work / "lab.log").open("wb") as log:
        command = [sys.executable, "-m", "jupyterlab", *_options(work, port)]
        server = psutil.Popen(command, cwd=work, env=_environment(work, token), stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(address, token, server, work / "lab.log")
            yield address, token
        finally:
            left = _stop(server, f"http://127.0.0.1:{port}", token)
    assert not left, f"these processes outlived the server and had to be killed: {left}"


@pytest.fixture(scope="module")
def errors() -> list[str]:
    """Return the list that every error of the page goes to: what its console says, and what its scripts do not catch."""
    return []


@pytest.fixture(scope="module")
def page(chromium: str, lab_address: tuple[str, str], errors: list[str]) -> Iterator[Any]:
    """Open JupyterLab in the browser, signed in; the browser is gone after the module."""
    from playwright.sync_api import sync_playwright

    address, token = lab_address
    # The driver runs an event loop in this thread: it must end with the module, before other tests want one of their own.
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(QUIET), headless=True)
        try:
            page = browser.new_page(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
            page.set_default_timeout(20_000)
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda thrown: errors.append(str(thrown)))
            page.goto(f"{address}/lab?token={token}")
            page.wait_for_selector(".jp-DirListing-item")
            yield page
        finally:
            browser.close()


def _options(work: Path, port: int) -> list[str]:
    given = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "ServerApp.root_dir": work / "notebooks",
        "LabApp.extension_manager": "readonly",
    }
    return [f"--{name}={value}" for name, value in given.items()]


def _environment(work: Path, token: str) -> dict[str, str]:
    """Return this process's environment with every folder that Jupyter writes to, and the workbook's, under ``work``."""
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        RUN_VARIABLE: "run",
    }
    own = {name: str(work / folder) for name, folder in folders.items()}
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, **own, "PYTHONPATH": path, "JUPYTER_TOKEN": token}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ask(url: str, token: str, *, method: str = "GET") -> None:
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {token}"})
    # A proxy that the machine may have must not be asked for its own address.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5):
        pass


def _wait_until_it_answers(address: str, token: str, server: psutil.Popen, log: Path) -> None:
    """Return when the server answers; fail with its log when it ended, or took too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            return _ask(f"{address}/api/status", token)
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab does not answer at {address}:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(server: psutil.Popen, address: str, token: str) -> list[str]:
    """Ask the server to end, as a person's File > Shut Down does; kill what is left of it and return the commands."""
    if server.poll() is not None:
        return []
    family = [server, *server.children(recursive=True)]
    with contextlib.suppress(OSError):  # it never came up: it is killed below, and named
        _ask(f"{address}/api/shutdown", token, method="POST")
    _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    left = []
    for process in alive:
        try:
            left.append(" ".join(process.cmdline()[:4]))
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=STOP_SECONDS)
    return left
