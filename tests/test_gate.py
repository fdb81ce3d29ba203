"""The pytest fixture passes on a match, fails with the diagnosis on a difference, and costs nothing where it is not used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pixelparity import gate, pictures, tools
from pixelparity.errors import InputError, NotComparable

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tensors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same tensors in 0..1, in 0..255, and with noise that no family explains."""
    folder, rng = tmp_path_factory.mktemp("gate"), np.random.default_rng(5)
    steps = np.linspace(0, 1, 40)
    smooth = {
        name: (np.add.outer(steps, steps)[None] * rng.uniform(0.3, 0.5, (3, 1, 1))).astype(np.float32)
        for name in "abcd"
    }
    declared = {"layout": np.array("CHW"), "channels": np.array("RGB")}
    np.savez(folder / "right.npz", **smooth, **declared)
    np.savez(folder / "scaled.npz", **{name: array * 255 for name, array in smooth.items()}, **declared)
    noise = {name: rng.permutation(array.ravel()).reshape(array.shape) for name, array in smooth.items()}
    np.savez(folder / "noise.npz", **noise, **declared)
    np.savez(folder / "others.npz", z=smooth["a"], **declared)
    return folder


def test_match_passes_with_its_diagnosis(tensors):
    """Equal tensors pass and the diagnosis is handed back."""
    found = gate.parity(f"tensors:{tensors}/right.npz", f"tensors:{tensors}/right.npz")
    assert found.verdict == "match"


def test_difference_fails_with_the_description(tensors):
    """The assertion's text is the diagnosis: the family, the mend, and what was allowed."""
    with pytest.raises(AssertionError, match=r"(?s)DIFFERS.*evidence: .*mend: .*Allowed: nothing\."):
        gate.parity(f"tensors:{tensors}/right.npz", f"tensors:{tensors}/scaled.npz")


def test_allowed_families_pass_and_others_do_not(tensors):
    """An allowed family passes; another one allowed does not help; what is unexplained has to be allowed by that name."""
    sides = f"tensors:{tensors}/right.npz", f"tensors:{tensors}/scaled.npz"
    families = [cause.family for cause in tools.diagnose(*sides, None).causes]
    assert len(families) == 1
    assert gate.parity(*sides, allow=families).verdict == "differs"
    with pytest.raises(AssertionError, match=r"Allowed: antialias\."):
        gate.parity(*sides, allow="antialias")
    noise = f"tensors:{tensors}/right.npz", f"tensors:{tensors}/noise.npz"
    with pytest.raises(AssertionError):
        gate.parity(*noise, allow=["scale_missing"])


def test_what_cannot_be_judged_is_no_verdict(tensors):
    """Other pictures and unknown families are errors, not assertions."""
    with pytest.raises(NotComparable):
        gate.parity(f"tensors:{tensors}/right.npz", f"tensors:{tensors}/others.npz")
    with pytest.raises(InputError, match="'scaling' is no family"):
        gate.parity(f"tensors:{tensors}/right.npz", f"tensors:{tensors}/right.npz", allow=["scaling"])
    with pytest.raises(InputError, match="no picture"):
        gate.parity(f"tensors:{tensors}/right.npz", f"tensors:{tensors}/right.npz", tensors)
    assert pictures.SUFFIXES  # the folder above holds no file of these


def test_fixture_works_in_a_run_of_pytest(tensors, tmp_path):
    """In a run of its own one test passes, one fails with the diagnosis, and nothing heavy is imported by the plugin."""
    (tmp_path / "test_served.py").write_text(
        f"RIGHT, WRONG = 'tensors:{tensors}/right.npz', 'tensors:{tensors}/scaled.npz'\n"
        "def test_light():\n"
        "    import sys\n"
        "    assert not {'numpy', 'torch', 'nvidia', 'pixelparity.tools'} & set(sys.modules)\n"
        "def test_right(assert_parity):\n    assert_parity(RIGHT, RIGHT)\n"
        "def test_wrong(assert_parity):\n    assert_parity(RIGHT, WRONG)\n",
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:pixelparity",
        "-p",
        "pixelparity.gate",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, "-c", "/dev/null", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 2 passed" in done.stdout
    assert "DIFFERS" in done.stdout
    assert "evidence: undoing it" in done.stdout


def test_plugin_is_declared():
    """The package tells pytest where the plugin is."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\npixelparity = "pixelparity.gate"' in text
