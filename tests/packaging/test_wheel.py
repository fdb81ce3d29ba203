"""The wheel, installed where neither the checkout nor a heavy library is: it holds what it needs, and works beside any folder."""

from __future__ import annotations

import email
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pixelparity

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "helpers" / "pixelparity"
TESTS = """
def test_right(assert_parity):
    assert_parity("tensors:right.npz", "tensors:right.npz")

def test_wrong(assert_parity):
    assert_parity("tensors:right.npz", "tensors:scaled.npz")

def test_own_helpers():
    import helpers
    assert helpers.OWN
"""
SIDES = """
import numpy as np
from PIL import Image
import helpers

def trained(path):
    return np.asarray(Image.open(path), np.float32) / 255

def served(path):
    assert helpers.OWN
    return np.asarray(Image.open(path), np.float32)
"""


@pytest.fixture(params=["helpers.py", "helpers/__init__.py"])
def adopter(request, tmp_path) -> Path:
    """Return a folder of somebody who has a module or a package called helpers, with tensors, pictures and a test."""
    (tmp_path / request.param).parent.mkdir(exist_ok=True)
    (tmp_path / request.param).write_text("OWN = True\n")
    (tmp_path / "pictures").mkdir()
    images = {name: scene(phase) for phase, name in enumerate("abcd")}
    for name, image in images.items():
        Image.fromarray(image).save(tmp_path / "pictures" / f"{name}.png")
    tensors = {name: image.transpose(2, 0, 1).astype(np.float32) for name, image in images.items()}
    declared = {"layout": np.array("CHW"), "channels": np.array("RGB")}
    np.savez(tmp_path / "right.npz", **{name: tensor / 255 for name, tensor in tensors.items()}, **declared)
    np.savez(tmp_path / "scaled.npz", **tensors, **declared)
    (tmp_path / "sides.py").write_text(SIDES)
    (tmp_path / "test_gate.py").write_text(TESTS)
    return tmp_path


def scene(phase: int) -> np.ndarray:
    """Return a coloured picture of 40 x 48 pixels, uint8 HWC RGB, whose channels are not each other's."""
    rows, columns = np.meshgrid(np.linspace(0, 1, 40), np.linspace(0, 1, 48), indexing="ij")
    waves = [np.sin(7 * rows + phase), np.cos(9 * columns * rows + phase), np.sin(5 * columns - phase)]
    return (np.stack(waves, axis=-1) * 127 + 128).astype(np.uint8)


def test_contents(wheel):
    """Nothing but the package is at the top, every file of it that git has is in, and so is the licence."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        about = f"pixelparity-{pixelparity.__version__}.dist-info"
        described = email.message_from_bytes(archive.read(f"{about}/METADATA"))
        points = archive.read(f"{about}/entry_points.txt").decode()
        licence = archive.read(f"{about}/licenses/LICENSE").decode()
    assert {name.split("/")[0] for name in names} == {"pixelparity", about}
    files = {p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert {str(path.relative_to(PACKAGE.parent)) for path in files} == {n for n in names if not n.startswith(about)}
    assert {
        "pixelparity/views/templates/report.css", "pixelparity/views/templates/incident.toml",
        "pixelparity/views/templates/postmortem.schema.json", "pixelparity/workbook/incident.toml",
        "pixelparity/deploy/configs/hrnet_w30_surface.py",
    } <= names  # fmt: skip
    assert described["License-Expression"] == "Apache-2.0"
    assert licence == (ROOT / "LICENSE").read_text()
    assert "pixelparity = pixelparity.__main__:run" in points
    assert "[pytest11]\npixelparity = pixelparity.gate" in points


def test_asks_for_little(wheel):
    """Without an extra, the wheel asks for what a diagnosis itself needs."""
    with zipfile.ZipFile(wheel) as archive:
        about = f"pixelparity-{pixelparity.__version__}.dist-info"
        described = email.message_from_bytes(archive.read(f"{about}/METADATA"))
    plain = [line for line in described.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {line.split("<")[0].split(">")[0] for line in plain} == {"numpy", "pillow"}


def test_environment_does_not_see_the_checkout(light, tmp_path):
    """The package of the light environment is the installed one, and no heavy library is there."""
    code = "import importlib.util as u, pixelparity; print(pixelparity.__file__, u.find_spec('torch'), u.find_spec('matplotlib'))"
    said = light.run("python", "-c", code, cwd=tmp_path).stdout.split()
    assert said == [str(light.site / "pixelparity" / "__init__.py"), "None", "None"]


def test_diagnose_beside_own_helpers(light, adopter):
    """In a folder with its own helpers the command gives the right answer with the right exit code, by both its names."""
    for command in (("pixelparity",), ("python", "-m", "pixelparity")):
        sides = "diagnose", "--reference", "tensors:right.npz", "--deployed"
        right = light.run(*command, *sides, "tensors:right.npz", cwd=adopter)
        assert (right.returncode, right.stderr) == (0, "")
        assert right.stdout.startswith("MATCH")
        wrong = light.run(*command, *sides, "tensors:scaled.npz", cwd=adopter)
        assert (wrong.returncode, wrong.stderr) == (1, "")
        assert wrong.stdout.startswith("DIFFERS")
        assert "1. scale_missing" in wrong.stdout
        missing = light.run(*command, *sides, "tensors:nowhere.npz", cwd=adopter)
        assert (missing.returncode, missing.stdout) == (2, "")


def test_own_functions_import_own_helpers(light, adopter):
    """A side's own ``import helpers`` is the folder's, and its fault is named."""
    sides = "--reference", "python:sides.py:trained", "--deployed", "python:sides.py:served", "--images", "pictures"
    found = light.run("pixelparity", "diagnose", *sides, cwd=adopter)
    assert found.returncode == 1, found.stderr
    assert "1. scale_missing" in found.stdout


def test_pytest_starts_and_gates(light, adopter):
    """pytest starts beside own helpers, with the fixture there: one gate passes and one fails with the diagnosis."""
    done = light.run("python", "-m", "pytest", "-p", "no:cacheprovider", cwd=adopter)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 2 passed" in done.stdout
    assert "scale_missing" in done.stdout


def test_what_lacks_is_named(light, adopter):
    """What a light install or one without a checkout cannot do is one line with what to do."""
    sides = "diagnose", "--reference", "tensors:right.npz", "--deployed", "tensors:scaled.npz"
    report = light.run("pixelparity", *sides, "--report", "page", cwd=adopter)
    assert report.returncode == 2
    assert 'run: pip install "pixelparity[report]"' in report.stderr
    for command in ("serve", "workbook"):
        done = light.run("pixelparity", command, cwd=adopter)
        assert (done.returncode, done.stdout) == (2, "")
        assert "installed without one: clone the project and run it there" in done.stderr
        assert done.stderr.count("\n") == 1
    assert not list(light.site.glob(".cache"))
