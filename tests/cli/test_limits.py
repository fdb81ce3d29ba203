"""``--no-code`` refuses what runs code of a file, in every command and the gate; ``--deadline`` ends a run, whatever it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelparity import gate, sides
from pixelparity.cli import deadline
from pixelparity.cli.main import main
from pixelparity.errors import InputError
from pixelparity.sources import protocol

CODE = "open('ran', 'w').write('x')\ndef f(path):\n    return None\n"
EXECUTED = [
    "python:hostile.py:f",
    "dali:hostile.py:f",
    "dali:hostile.py:f#1",
    "dali:hostile.py:f#x:y",
    "torchvision:hostile.py:f",
    "mmpretrain:hostile.py",
    "mmpretrain:c.json",
]
SLEEPS = """
import time
import numpy as np

def politely(path):
    time.sleep(100)

def stubbornly(path):
    while True:
        try:
            time.sleep(100)
        except BaseException:
            pass
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder: a picture, arrays, and a file that leaves the file ``ran`` when it is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hostile.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "sleeps.py").write_text(SLEEPS, encoding="utf-8")
    (tmp_path / "c.json").write_text("{}", encoding="utf-8")
    PIL.Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(tmp_path / "a.png")
    np.savez(tmp_path / "t.npz", a=np.linspace(0, 1, 192, dtype=np.float32).reshape(3, 8, 8))
    return tmp_path


@pytest.mark.parametrize("side", ["python:f.py:f", "dali:f.py:f", "torchvision:f.py:f", "mmpretrain:f.py"])
@pytest.mark.parametrize(
    "code", ["raise ValueError('boom')", "import sys; sys.exit(0)", "def f(*a, **k):\n    raise SystemExit(0)\n"]
)
def test_code_that_ends_is_no_verdict(code: str, side: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that raises, or that ends the process with 0, is one line that names it, and exit code 2, never a match."""
    (here / "f.py").write_text(code, encoding="utf-8")
    if side.startswith("dali") and "def f" in code:
        (here / "f.py").write_text("from nvidia.dali import pipeline_def\n\n@pipeline_def\n" + code, encoding="utf-8")
    assert main(["diagnose", "--reference", side, "--deployed", side, "--images", "a.png"]) == 2
    error = capsys.readouterr().err
    assert "f.py" in error
    assert "unexpected" not in error


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_cleans_up(number: signal.Signals, here: Path) -> None:
    """A repair that is ended while its generated pipeline runs leaves with 2 and one line, and no temporary folder."""
    scratch = here / "tmp"
    scratch.mkdir()
    (here / "waits.py").write_text(
        "from pathlib import Path\nimport time\nfrom pixelparity import scratch\n"
        "def f(path):\n    with scratch.folder('pipeline-'):\n        Path('ready').touch()\n        time.sleep(60)\n"
    )
    side = ["--reference", "python:waits.py:f", "--deployed", "python:waits.py:f", "--images", "a.png"]
    command = [sys.executable, "-m", "pixelparity", "diagnose", *side]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    # Under nohup the suite ignores SIGHUP and so would the command, which is right of it, and not what this shows.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        run = subprocess.Popen(command, cwd=here, env=environment, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(number, before)
    with run:
        while not (here / "ready").exists() and run.poll() is None:
            time.sleep(0.05)
        assert len(list(scratch.iterdir())) == 1
        run.send_signal(number)
        _, said = run.communicate(timeout=30)
    assert (run.returncode, said) == (2, f"error: stopped by {number.name}\n")
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("side", EXECUTED)
@pytest.mark.parametrize("command", ["recipe", "diff", "diagnose", "capture", "repair"])
def test_no_code_is_run(command: str, side: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command names the side and the option in one line, leaves with 2, and has run nothing."""
    arguments = {
        "recipe": [side], "diff": ["tensors:t.npz", side], "capture": [side, "--images", "a.png", "--out", "out"],
        "diagnose": ["--reference", "tensors:t.npz", "--deployed", side, "--images", "a.png"],
        "repair": ["--reference", side],
    }[command]  # fmt: skip
    assert main([command, *arguments, "--no-code"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {side} runs code (")
    assert "--no-code" in error
    assert error.count("\n") == 1
    assert not (here / "ran").exists()
    assert not (here / "out").exists()


def test_what_an_option_would_run_is_refused_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Engines, a repository's models and the file of a served step are code as well."""
    both = ["--reference", "tensors:t.npz", "--deployed", "tensors:t.npz"]
    served = ["--reference", "tensors:t.npz", "--deployed", "triton:127.0.0.1:9/m"]
    for command in (
        ["diagnose", *both, "--model", "engine.onnx"], ["repair", *both, "--verify", "embedded"],
        ["diagnose", *served, "--images", "a.png", "--deployed-file", "hostile.py:f"],
    ):  # fmt: skip
        assert main([*command, "--no-code"]) == 2
        assert "--no-code refuses" in capsys.readouterr().err
    assert not (here / "ran").exists()


def test_what_is_only_parsed_goes_on(here: Path) -> None:
    """Data is read as before, by the command line and by the gate; the gate refuses code under the same name."""
    both = ["--reference", "tensors:t.npz", "--deployed", "tensors:t.npz"]
    assert main(["diagnose", *both, "--no-code"]) == 0
    assert gate.parity("tensors:t.npz", "tensors:t.npz", no_code=True).verdict == "match"
    with pytest.raises(InputError, match="runs code"):
        gate.parity("tensors:t.npz", "python:hostile.py:f", "a.png", no_code=True)
    assert not (here / "ran").exists()


@pytest.mark.parametrize("source", protocol.every(), ids=lambda source: source.kind)
def test_a_target_is_of_the_form_that_its_example_shows(source: protocol.Source) -> None:
    """Each form's own example is taken for that form, and each kind has one form for what is nothing else."""
    for form in source.forms:
        assert source.form(form.example.partition(":")[2]) is form
    assert [form.fits for form in source.forms].count(None) == 1


@given(
    st.sampled_from(["hostile", "a b", "x.dali", "é", ""]),
    st.sampled_from([".py", ".PY", ".json", ".yml", ""]),
    st.text(max_size=3),
)
def test_no_spelling_gets_code_past(stem: str, suffix: str, rest: str) -> None:
    """Whatever is behind the kind, what would be loaded as code is refused: the same question decides both."""
    from pixelparity.sources.dali.functions import is_function_spec
    from pixelparity.sources.mmpretrain.configs import is_file_name
    from pixelparity.sources.torchvision.transforms import is_file_spec

    target = f"{stem}{suffix}{rest}" or "x"
    for kind, runs in (("dali", is_function_spec), ("mmpretrain", is_file_name), ("torchvision", is_file_spec)):
        try:
            sides.parse(f"{kind}:{target}", no_code=True)
            refused = False
        except InputError:
            refused = True
        assert refused == runs(target)


@pytest.mark.parametrize(("function", "most"), [("politely", 3.0), ("stubbornly", 4.0)])
def test_a_deadline_ends_a_run(function: str, most: float, here: Path) -> None:
    """A run that waits is ended in time, and one that takes no interruption a little later, both with one line and 2."""
    side = f"python:sleeps.py:{function}"
    arguments = ["diagnose", "--reference", side, "--deployed", "tensors:t.npz", "--images", "a.png", "--deadline", "1"]
    code = "from pixelparity.cli import deadline, main\ndeadline.GRACE_SECONDS = 1\n"
    code += f"main.sys.exit(main.main({arguments}))"
    begun = time.monotonic()
    ran = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr.strip() == (
        "error: the run took longer than the 1 s of --deadline; give it more time, or fewer pictures (--limit)"
    )
    assert 1 <= time.monotonic() - begun < most + 10  # the machine may be slow to start


def test_a_deadline_that_is_kept_changes_nothing(here: Path) -> None:
    """A run that ends in time leaves no alarm behind."""
    import signal

    before = signal.getsignal(signal.SIGALRM)
    assert main(["diagnose", "--reference", "tensors:t.npz", "--deployed", "tensors:t.npz", "--deadline", "60"]) == 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) is before


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_deadline_is_a_time(seconds: float) -> None:
    """Nothing, less than nothing and for ever are no deadlines."""
    with pytest.raises(InputError, match="--deadline is"), deadline.within(seconds):
        pass
