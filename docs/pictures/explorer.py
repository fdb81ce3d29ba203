"""Take a picture of the explorer as JupyterLab shows it; ``draw.py`` calls this. Needs Chromium and playwright."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

ROOT = Path(__file__).parents[2]
PICTURE = "field_003"
MENDED = ("scale_missing", "antialias")
#: JupyterLab asks at its first start whether it may fetch news; the question would stand in the picture.
NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'
SHOWN = """
from pixelparity import diagnosis, sources, tools, views, workbook
from pixelparity.deploy import engine

deployment = workbook.Deployment()
deployed = sources.dali.capture(deployment.pipelines["preprocess_shipped"], deployment.field)
own = tools.on_both(f"mmpretrain:{deployment.config}", deployed.source, deployment.field)
both = [side.only(images=deployment.each_size) for side in (deployment.reference_capture, deployed)]
examined = diagnosis.examine(*both)
views.explore(*both, diagnosis=examined.diagnosis, mends=examined.mends, classes=deployment.classes,
              model=workbook.one_by_one(engine.predictor(deployment.engine)),
              capture_both=own.capture, mends_of=own.mends)
"""


def take(target: Path) -> Path:
    """Run the explorer of the incident in JupyterLab, mend two of its causes, and write what is seen to ``target``."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, _lab(Path(folder)) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1180, "height": 1500}, reduced_motion="reduce")
        page.set_default_timeout(90_000)
        page.goto(address)
        page.locator("#jp-bottom-panel", has_text="| Idle").wait_for()
        page.keyboard.press("Control+b")  # the file browser takes the room that the tensors need
        page.locator(".lm-MenuBar-item", has_text="Run").click()
        page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()
        _write(_seen(page), target)
        browser.close()
    return target


def _seen(page: Any) -> bytes:
    """Choose picture and mends as a person would, and return the explorer as a PNG."""
    explorer = page.locator(".skew-keys")
    explorer.get_by_label("Picture", exact=True).select_option(label=PICTURE)
    for family in MENDED:
        explorer.get_by_label(f"mend {family}").check()
    explorer.locator(".skew-note", has_text=MENDED[-1]).wait_for()
    explorer.locator(".skew-answers", has_text="deployed, mended").get_by_text("running").wait_for(state="detached")
    page.wait_for_timeout(1000)  # the last picture is decoded
    shot: bytes = explorer.screenshot()
    return shot


def _write(shot: bytes, target: Path) -> None:
    with Image.open(io.BytesIO(shot)) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(target, optimize=True)


@contextlib.contextmanager
def _lab(folder: Path) -> Iterator[str]:
    """Run JupyterLab on this machine alone, on a notebook with the one cell, and give the notebook's address."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SHOWN.strip())], metadata=kernel)
    nbformat.write(notebook, folder / "explorer.ipynb")
    quiet = folder / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text(NO_NEWS, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port, token = probe.getsockname()[1], secrets.token_hex(16)
    options = {"ip": "127.0.0.1", "port": port, "open_browser": False, "allow_root": True, "root_dir": folder}
    command = [sys.executable, "-m", "jupyterlab", *(f"--ServerApp.{name}={value}" for name, value in options.items())]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_TOKEN": token, "JUPYTER_CONFIG_DIR": str(folder)}
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(folder), "JUPYTERLAB_WORKSPACES_DIR": str(folder)}
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/api/status", token)
            yield f"{address}/lab/tree/explorer.ipynb?token={token}"
        finally:
            server.terminate()
            server.wait(60)


def _wait(url: str, token: str) -> None:
    asked = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        with contextlib.suppress(OSError), opener.open(asked, timeout=5):
            return
        time.sleep(0.2)
    raise SystemExit("JupyterLab does not answer; start it by hand to see why")


def _chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("the explorer's picture needs Chromium: apt-get install chromium")
    return found
