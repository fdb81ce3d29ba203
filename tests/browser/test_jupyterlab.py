"""The workbook as a person meets it: in JupyterLab, in a browser. It opens, runs, shows its widgets, and they react.

Chromium drives a JupyterLab of its own, on this machine alone. After every test the page's console must be without an error,
but for what JupyterLab itself says when a notebook is closed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

expect = pytest.importorskip("playwright.sync_api", reason="the browser tests need: pip install playwright").expect
expect.set_options(timeout=20_000)
pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
START = "00_start_here.ipynb"
EXPLORER = "explorer_of_two_tiny_sides.ipynb"
RUN_MS = 40_000  # a kernel starts and imports numpy and matplotlib, on a machine that may be busy
REACT_MS = 5_000  # far over the 300 ms that a move takes, for the same reason
#: JupyterLab's own words when a notebook is closed while it, or its debugger, still waits for the kernel. Nothing else.
EXCUSED = re.compile(
    r"Disposed|(Could not restore the debugger state: )?Canceled future for \w+ message before replies were done"
)

#: Two pictures on two sides; the deployed one leaves out the division by 255, and the model saturates.
SIDES = """
import numpy as np
from pixelparity import diagnosis, views
from pixelparity.stages import Capture, Stage

def side(source, top):
    rng = np.random.default_rng(0)
    drawn = {name: rng.integers(0, 256, (24, 32, 3), np.uint8) for name in ("one", "two")}
    final = {name: (pixels.transpose(2, 0, 1) / np.float32(255 / top)).astype(np.float32) for name, pixels in drawn.items()}
    stages = (
        Stage(name="resize", step="resize", value_range=(0, 255)),
        Stage(name="final", step="layout", layout="CHW", dtype="float32", value_range=(0, top)),
    )
    return Capture(source=source, stages=stages, images=("one", "two"), tensors={"resize": drawn, "final": final})

def model(tensor):
    bright = min(float(tensor.mean()), 1.0)
    return np.array([bright, 1 - bright])
"""
EXPLORE = """
sides = side("training", 1.0), side("serving", 255.0)
views.explore(*sides, model=model, classes=("bright", "dark"), mends=diagnosis.examine(*sides).mends)
"""


@pytest.fixture(autouse=True)
def _no_error_in_the_console(page: Page, errors: list[str]) -> Iterator[None]:
    """Fail the test after which the page's console has an error."""
    yield
    seen = [error for error in errors if not EXCUSED.fullmatch(error)]
    errors.clear()
    assert not seen


@pytest.fixture(scope="module")
def explorer(page: Page, work: Path) -> Iterator[Locator]:
    """Return the explorer of two tiny sides as a notebook shows it, run once for the module."""
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in (SIDES, EXPLORE)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), work / "notebooks" / EXPLORER)
    page.locator('.jp-FileBrowser [data-command="filebrowser:refresh"]').click()
    with _opened(page, EXPLORER) as panel:
        _run_all(page, panel)
        yield panel.locator(".jp-OutputArea-output .widget-vbox").first


@contextlib.contextmanager
def _opened(page: Page, name: str) -> Iterator[Locator]:
    """Open a notebook with a double click in the file browser and give its panel once its kernel is idle; close it."""
    page.locator(".jp-DirListing-item", has_text=name).dblclick()
    tab = page.locator("#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current", has_text=name)
    panel = page.locator(f"[id='{tab.get_attribute('data-id')}']")
    try:
        panel.locator("h1, .jp-InputPrompt").first.wait_for()
        expect(page.locator("#jp-bottom-panel")).to_contain_text("Python 3 (ipykernel) | Idle", timeout=RUN_MS)
        yield panel
    finally:
        _close(page, name)


def _tab_to(page: Page, control: Locator) -> None:
    """Press Tab until a control has the focus, as a person without a mouse does."""
    for _ in range(60):
        if control.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach {control}")


def _run_all(page: Page, panel: Locator) -> None:
    """Choose Run > Run All Cells and wait until the last cell has its number."""
    page.locator(".lm-MenuBar-item", has_text="Run").click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()
    expect(panel.locator(".jp-CodeCell .jp-InputPrompt").last).to_have_text(re.compile(r"\[\d+\]:"), timeout=RUN_MS)
    expect(panel.locator('[data-mime-type="application/vnd.jupyter.error"]')).to_have_count(0)


def _close(page: Page, name: str) -> None:
    """Close a notebook and its kernel; what JupyterLab asks to be saved is discarded."""
    tab = page.locator("#jp-main-dock-panel .lm-TabBar-tab", has_text=name)
    tab.locator(".lm-TabBar-tabCloseIcon").click()
    discard = page.locator(".jp-Dialog button", has_text="Discard")
    for _ in range(100):
        if discard.is_visible():
            discard.click()
        if not tab.count():
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{name} does not close")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_opens(page: Page, notebook: Path) -> None:
    """Its heading is drawn, its cells are there, its kernel starts, and the console stays without an error."""
    cells = nbformat.read(notebook, as_version=4).cells
    title = next(cell.source for cell in cells if cell.cell_type == "markdown").splitlines()[0]
    with _opened(page, notebook.name) as panel:
        expect(panel.locator("h1").first).to_contain_text(title.removeprefix("# "))
        expect(panel.locator(".jp-Cell")).to_have_count(len(cells))


def test_the_first_notebook_runs_and_shows_its_table(page: Page) -> None:
    """Run All gives the table of what is installed, without a cell that failed."""
    with _opened(page, START) as panel:
        _run_all(page, panel)
        table = panel.locator(".jp-OutputArea-output table")
        expect(table).to_be_visible()
        expect(table).to_contain_text("mmpretrain")


def test_the_explorer_shows_its_widgets(explorer: Locator) -> None:
    """Lists, switches and boxes are drawn; both tensors and their difference are pictures that the browser could read."""
    for name, chosen in (("Picture", "one"), ("Stage", "2. final"), ("Channel", "all")):
        expect(explorer.get_by_label(name, exact=True).locator("option:checked")).to_have_text(chosen)
    expect(explorer.get_by_label("mend scale_missing")).to_be_visible()
    widths = explorer.locator(".skew-shot img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert widths == [32, 32, 32]


def test_another_stage_is_shown_when_it_is_chosen(explorer: Locator) -> None:
    """The stage before the fault is equal on both sides; the last one is not."""
    for place, (stage, difference) in enumerate((("resize", "equal"), ("final", "mean "))):
        explorer.get_by_label("Stage", exact=True).select_option(index=place)
        shown = explorer.locator(".skew-shots figure")
        expect(shown.nth(0).locator("img")).to_have_attribute("alt", re.compile(stage), timeout=REACT_MS)
        expect(shown.nth(2).locator("figcaption")).to_contain_text(difference, timeout=REACT_MS)


def test_another_picture_is_shown_when_it_is_chosen(explorer: Locator) -> None:
    """The tensors follow the list, there and back."""
    before = explorer.locator(".skew-shot img").first.get_attribute("src")
    pictures = explorer.get_by_label("Picture", exact=True)
    pictures.select_option(label="two")
    expect(explorer.locator(".skew-shot img").first).not_to_have_attribute("src", str(before), timeout=REACT_MS)
    pictures.select_option(label="one")
    expect(explorer.locator(".skew-shot img").first).to_have_attribute("src", str(before), timeout=REACT_MS)


def test_the_keyboard_alone_moves_the_lists_and_switches(page: Page, explorer: Locator) -> None:
    """Tab reaches every control; the arrows choose in the lists, Space switches a mend, and no cell takes the keys."""
    first = explorer.locator(".skew-shot img").first
    before = first.get_attribute("src")
    _tab_to(page, explorer.get_by_label("Picture", exact=True))
    page.keyboard.press("ArrowDown")
    expect(explorer.get_by_label("Picture", exact=True).locator("option:checked")).to_have_text("two")
    expect(first).not_to_have_attribute("src", str(before), timeout=REACT_MS)
    page.keyboard.press("ArrowUp")
    expect(first).to_have_attribute("src", str(before), timeout=REACT_MS)
    page.keyboard.press("Tab")
    expect(explorer.get_by_label("Stage", exact=True)).to_be_focused()
    page.keyboard.press("r")  # the list's own: the stage that starts with it; JupyterLab's: make the cell raw
    expect(page.locator(".jp-RawCell")).to_have_count(0)
    for key in ("Home", "End"):
        page.keyboard.press(key)
    expect(explorer.get_by_label("Stage", exact=True).locator("option:checked")).to_have_text("2. final")
    _tab_to(page, explorer.get_by_label("mend scale_missing"))
    heading = explorer.locator(".skew-shots h4").nth(1)
    for shown in ("deployed, mended", "deployed"):
        page.keyboard.press("Space")
        expect(heading).to_have_text(shown, timeout=REACT_MS)


def test_a_mend_s_switch_changes_the_tensor_and_the_answer(explorer: Locator) -> None:
    """Mended, the deployed tensor equals the reference's, and so does the model's answer; unmended, it is back."""
    switch, heading = explorer.get_by_label("mend scale_missing"), explorer.locator(".skew-shots h4").nth(1)
    answers = explorer.locator(".skew-answers")
    expect(answers).to_contain_text("bright 1.0000")
    switch.check()
    expect(heading).to_have_text("deployed, mended", timeout=REACT_MS)
    expect(explorer.locator(".skew-shots figure").nth(2)).to_contain_text("equal", timeout=REACT_MS)
    expect(answers).to_contain_text("deployed, mended", timeout=REACT_MS)
    given = dict(zip(answers.locator("b").all_inner_texts(), answers.locator("span").all_inner_texts(), strict=True))
    assert given["deployed, mended"] == given["reference"] != given["deployed"]
    switch.uncheck()
    expect(heading).to_have_text("deployed", timeout=REACT_MS)


def test_a_click_on_a_picture_chooses_its_pixel(explorer: Locator) -> None:
    """A click near the lower right corner fills both boxes and the table of the pixel's values."""
    picture = explorer.locator(".skew-shot").first
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": box["width"] * 0.9, "y": box["height"] * 0.8})
    expect(explorer.get_by_label("Row", exact=True)).to_have_value("19", timeout=REACT_MS)
    expect(explorer.get_by_label("Column", exact=True)).to_have_value("28", timeout=REACT_MS)
    expect(explorer.locator(".skew-table")).to_contain_text("19, 28", timeout=REACT_MS)


def test_errors_of_the_page_are_heard(page: Page, errors: list[str]) -> None:
    """What the console says and what a script throws both reach the list that every test is judged by."""
    page.evaluate("console.error('said'); setTimeout(() => { throw new Error('thrown') })")
    for _ in range(50):
        if len(errors) >= 2:
            break
        page.wait_for_timeout(100)
    assert sorted(errors) == ["said", "thrown"]
    errors.clear()
