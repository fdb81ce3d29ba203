"""Every command does what it says, and whatever goes wrong ends with 2 and one line on standard error."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pixelparity import sides, stages
from pixelparity.cli.main import main

SIDES = """
import numpy as np
from nvidia.dali import fn, pipeline_def, types
from pixelparity import pictures

LAYOUT, CHANNELS = "CHW", "RGB"

def right(path):
    return pictures.read_rgb(path).astype(np.float32).transpose(2, 0, 1) / 255

def scaled(path):
    return right(path) * 255

def fails(path):
    raise RuntimeError("boom")

@pipeline_def(batch_size=8, num_threads=1, device_id=None)
def pipeline():
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
    return fn.transpose(fn.cast(images, dtype=types.FLOAT) / 255.0, perm=[2, 0, 1])

@pipeline_def(batch_size=8, num_threads=1, device_id=None)
def unscaled():
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
    images = fn.cast(images, dtype=types.FLOAT)
    return fn.transpose(images, perm=[2, 0, 1])
"""
RIGHT, SCALED, PIPELINE = "python:sides.py:right", "python:sides.py:scaled", "dali:sides.py:pipeline"


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working folder: sides.py, two pictures, an empty folder, a picture that is none, files that are no pipelines."""
    root = tmp_path_factory.mktemp("commands")
    (root / "sides.py").write_text(SIDES, encoding="utf-8")
    (root / "broken.py").write_text("import lacking_module\n", encoding="utf-8")
    (root / "no.dali").write_bytes(b"no pipeline")
    (root / "no.json").write_text("{", encoding="utf-8")
    (root / "pictures").mkdir()
    (root / "empty").mkdir()
    (root / "not_a_picture.jpg").write_bytes(b"no picture")
    rng = np.random.default_rng(2)
    for name, size in (("a", (20, 30, 3)), ("b", (24, 18, 3))):
        PIL.Image.fromarray(rng.integers(0, 255, size).astype(np.uint8)).save(root / "pictures" / f"{name}.png")
    from pixelparity.sources.dali.functions import serialize

    (root / "model.dali").write_bytes(serialize(f"{root}/sides.py:pipeline")[0])
    (root / "truncated.dali").write_bytes((root / "model.dali").read_bytes()[:200])
    before = Path.cwd()
    os.chdir(root)
    yield root
    os.chdir(before)


def diagnose(reference: str, deployed: str, *more: str) -> list[str]:
    """Return the words of a diagnosis on the folder's pictures."""
    return ["diagnose", "--reference", reference, "--deployed", deployed, "--images", "pictures", *more]


@pytest.mark.parametrize(
    ("deployed", "code", "said"),
    [(RIGHT, 0, "MATCH"), (PIPELINE, 0, "MATCH"), ("dali:model.dali", 0, "MATCH"), (SCALED, 1, "scale_missing")],
)
def test_diagnosis_leaves_with_its_verdict(capsys, deployed, code, said):
    """0 says match, 1 differs; the text names the cause."""
    assert main(diagnose(RIGHT, deployed)) == code
    printed = capsys.readouterr()
    assert said in printed.out
    assert printed.err == ""


def test_diagnosis_is_written_for_machines_and_people(capsys):
    """--json gives the promised keys on standard output or in a file, --report a page."""
    assert main(diagnose(RIGHT, SCALED, "--json", "-")) == 1
    shown = json.loads(capsys.readouterr().out)
    promised = {"verdict", "first_divergence", "causes", "unexplained", "stages", "images", "tolerance", "versions"}
    assert promised <= set(shown)
    assert shown["verdict"] == "differs"
    assert main(diagnose(RIGHT, SCALED, "--json", "out/found.json", "--report", "page")) == 1
    assert json.loads(Path("out/found.json").read_text(encoding="utf-8"))["causes"] == shown["causes"]
    assert "scale_missing" in Path("page/index.html").read_text(encoding="utf-8")


def test_capture_stands_in_for_its_side(capsys):
    """What capture saves is a side: against itself, without pictures, and against the other side."""
    assert main(["capture", RIGHT, "--images", "pictures", "--out", "golden"]) == 0
    assert "2 pictures, 1 stages" in capsys.readouterr().out
    assert stages.load("golden").images == ("a", "b")
    assert main(["capture", SCALED, "--images", "pictures", "--out", "golden"]) == 2
    assert "golden holds a capture of python:sides.py:right (2 pictures, " in capsys.readouterr().err
    assert main(["capture", RIGHT, "--images", "pictures", "--out", "golden", "--replace"]) == 0
    assert main(["diagnose", "--reference", "capture:golden", "--deployed", "capture:golden"]) == 0
    assert main(diagnose("capture:golden", SCALED)) == 1


def test_a_served_file_is_listed_operator_by_operator(tmp_path, capsys):
    """The recipe of a ``model.dali`` comes after its operators, each with its arguments, defaults and source line."""
    from pixelparity.sources.dali.functions import serialize

    (tmp_path / "model.dali").write_bytes(serialize("sides.py:unscaled")[0])
    assert main(["recipe", f"dali:{tmp_path / 'model.dali'}"]) == 0
    printed = capsys.readouterr().out
    assert "fn.external_source" in printed
    assert "fn.cast on cpu: IN ->" in printed
    assert "transpose_layout=True*" in printed
    assert printed.index("fn.transpose on cpu") < printed.index("Recipe of dali:")


def test_recipes_are_printed_and_compared(capsys):
    """recipe prints text and JSON, diff leaves with 0 for equal and 1 for different recipes."""
    assert main(["recipe", "dali:model.dali"]) == 0
    assert "normalize" in capsys.readouterr().out
    assert main(["recipe", PIPELINE, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"]
    assert main(["diff", PIPELINE, "dali:model.dali"]) == 0
    assert main(["diff", PIPELINE, "dali:sides.py:unscaled"]) == 1
    assert "scale_missing" in capsys.readouterr().out


def test_a_recipe_says_what_the_pipeline_is_fed():
    """A pipeline that is fed BGR declares a picture that arrives as BGR, as its capture does."""
    for feed, order in (("bgr", "BGR"), ("rgb", "RGB"), ("auto", "RGB")):
        side = sides.parse(PIPELINE, feed=feed)
        assert side.recipe().steps[0].channels == order
        assert side.capture({"a": Path("pictures/a.png")}).stages[0].channels == order


def test_repair_is_printed_or_written(capsys):
    """repair prints the change and what it does, or writes the whole pipeline, which then matches."""
    words = ["repair", "--reference", PIPELINE, "--deployed", "dali:sides.py:unscaled", "--images", "pictures"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("--- a/sides.py")
    assert "mended: scale_missing" in printed
    assert main([*words, "--out", "mended.py"]) == 0
    assert main(diagnose(RIGHT, "dali:mended.py:unscaled")) == 0
    assert main(["repair", "--reference", PIPELINE, "--feed", "rgb", "--out", "new.py"]) == 0
    assert main(diagnose(RIGHT, "dali:new.py:preprocess")) == 0


def test_what_is_passed_over_is_said(tmp_path, capsys):
    """A FIFO among the pictures of a folder does not stop the work: it is named on standard error."""
    (tmp_path / "a.png").write_bytes(Path("pictures/a.png").read_bytes())
    os.mkfifo(tmp_path / "b.png")
    assert main([*diagnose(RIGHT, RIGHT)[:-1], str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert said == f"note: {tmp_path}/b.png is a FIFO, not a regular file; it is passed over\n"


WRONG = {
    "no such form": (diagnose("nosuch:file", RIGHT), "is not a side; write one of"),
    "no colon": (["recipe", "model.dali"], "is not a side"),
    "no such file": (diagnose("python:lacking.py:f", RIGHT), "lacking.py is not a file"),
    "no such function": (diagnose("python:sides.py:f", RIGHT), "has no function 'f'"),
    "no function at all": (diagnose("python:sides.py", RIGHT), "python:FILE.py:FUNCTION"),
    "function fails": (diagnose("python:sides.py:fails", RIGHT), "boom"),
    "import fails": (diagnose("python:broken.py:f", RIGHT), "lacking_module"),
    "no DALI file": (diagnose(RIGHT, "dali:lacking.py:f"), "lacking.py does not exist"),
    "no DALI function": (diagnose(RIGHT, "dali:sides.py:f"), "its pipeline functions are pipeline, unscaled"),
    "not decorated": (diagnose(RIGHT, "dali:sides.py:right"), "decorate it with @pipeline_def"),
    "no model.dali": (diagnose(RIGHT, "dali:lacking.dali"), "lacking.dali"),
    "not a pipeline": (["recipe", "dali:no.dali"], "is not a DALI pipeline"),
    "truncated": (diagnose(RIGHT, "dali:truncated.dali"), "truncated"),
    "no zoo model": (["recipe", "mmpretrain:lacking-net"], "lacking-net"),
    "no config": (["recipe", "mmpretrain:lacking.py"], "lacking.py"),
    "no server": (diagnose(RIGHT, "triton:127.0.0.1:1/model", "--timeout", "5"), "127.0.0.1:1"),
    "no address": (diagnose(RIGHT, "triton:model"), "write triton:HOST:PORT/MODEL"),
    "no npz": (diagnose(RIGHT, "tensors:lacking.npz"), "lacking.npz is not a file"),
    "no capture": (diagnose("capture:empty", RIGHT), "empty is not a readable capture"),
    "no torchvision": (["recipe", "torchvision:Lacking_Weights.ONE"], "Lacking_Weights"),
    "no timm": (["recipe", "timm:no.json"], "no.json"),
    "no huggingface": (["recipe", "huggingface:lacking.json"], "lacking.json"),
    "no mmdeploy": (["recipe", "mmdeploy:no.json"], "no.json"),
    "no recipe": (["recipe", RIGHT], "a recipe cannot be read from python"),
    "no recipe to diff": (["diff", PIPELINE, RIGHT], "a recipe cannot be read from python"),
    "no pictures": (["diagnose", "--reference", RIGHT, "--deployed", RIGHT], "give --images"),
    "no such folder": ([*diagnose(RIGHT, RIGHT)[:-1], "lacking"], "lacking does not exist"),
    "empty folder": ([*diagnose(RIGHT, RIGHT)[:-1], "empty"], "no picture in empty"),
    "not a picture": ([*diagnose(RIGHT, PIPELINE)[:-1], "not_a_picture.jpg"], "not_a_picture"),
    "no limit": (diagnose(RIGHT, RIGHT, "--limit", "0"), "use 1 or more"),
    "endless config": (["recipe", "huggingface:/dev/full"], "/dev/full cannot be read as"),
    "endless token": (diagnose(RIGHT, RIGHT, "--token-file", "/dev/zero"), "/dev/zero cannot be read as a token"),
    "endless picture": ([*diagnose(RIGHT, RIGHT)[:-1], "/dev/zero"], "/dev/zero cannot be read as a picture"),
    "no token": (diagnose(RIGHT, RIGHT, "--token-file", "lacking"), "lacking cannot be read"),
    "no engine": (diagnose(RIGHT, RIGHT, "--model", "lacking.onnx"), "lacking.onnx"),
    "trace of no server": (diagnose(RIGHT, RIGHT, "--trace", "t.json"), "go with triton:"),
    "no trace": (diagnose(RIGHT, "triton:h:1/m", "--trace", "lacking.json"), "lacking.json"),
    "stage without a name": (diagnose(RIGHT, "triton:h:1/m", "--layout", "CHW", "HWC"), "STAGE=VALUE"),
    "json into a folder": (diagnose(RIGHT, RIGHT, "--json", "empty"), "empty is a folder"),
    "repair of a function": (
        ["repair", "--reference", PIPELINE, "--deployed", RIGHT, "--images", "pictures"],
        "is no pipeline that could be repaired",
    ),
    "repair from a function": (["repair", "--reference", RIGHT], "a recipe cannot be read from python"),
    "capture into a full folder": (["capture", RIGHT, "--images", "pictures", "--out", "pictures"], "is not a capture"),
    "capture of a recipe": (["capture", "timm:no.json", "--images", "pictures", "--out", "x"], "recipe only"),
    "no repository": (["serve", "--repository", "lacking"], "lacking"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_goes_wrong_is_one_line(capfd, case):
    """Exit code 2, nothing on standard output, one line on standard error that names what is wrong."""
    words, said = WRONG[case]
    assert main(words) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1, printed.err
    assert printed.err.startswith("error: ")
    assert said in printed.err


@pytest.mark.parametrize("words", [[], ["diagnose"], ["mend"], ["recipe"], ["diagnose", "--limit", "many"]])
def test_command_line_that_is_none_is_one_line_too(capsys, words):
    """A word that is missing or unknown ends like every other mistake."""
    with pytest.raises(SystemExit) as leaving:
        main(words)
    assert leaving.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
    assert "--help" in printed


def test_unexpected_errors_are_never_a_verdict(capsys, monkeypatch):
    """A mistake of the package's own ends with 2, not with 1, and --debug shows where it happened."""
    monkeypatch.setattr("pixelparity.sides.parse", lambda *_, **__: {}["lacking"])
    assert main(["recipe", "dali:model.dali"]) == 2
    assert capsys.readouterr().err == "error: KeyError: 'lacking' (unexpected; run again with --debug)\n"
    assert main(["--debug", "recipe", "dali:model.dali"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (
            OSError(28, "No space left on device", "/x/.cache"),
            "/x/.cache: No space left on device; make room, or choose",
        ),
        (PermissionError(13, "Permission denied", b"/x"), "/x: Permission denied; see that "),
        (OSError(24, "Too many open files"), "Too many open files; "),
        (OSError("odd"), "odd; "),
        (MemoryError(), "the memory is full; give fewer or smaller pictures (--limit)"),
        (MemoryError("Unable to allocate 9 GiB"), "the memory is full (Unable to allocate 9 GiB); "),
    ],
)
def test_what_the_system_refuses_is_told_with_a_remedy(capsys, monkeypatch, raised, said):
    """A disk, a right or memory that is wanting is one line: where, what the system says, and what to do."""

    def refuse(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("pixelparity.sides.parse", refuse)
    assert main(["recipe", "dali:model.dali"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {said}")


def test_ctrl_c_while_the_modules_are_read_is_no_traceback():
    """A command that is interrupted before it has begun ends by that signal, and says nothing."""
    interrupted = """if True:
        import builtins, os, signal
        signal.signal(signal.SIGINT, signal.default_int_handler)
        real = builtins.__import__

        def read(name, *rest, **more):
            if name == "pixelparity.cli.main":
                os.kill(os.getpid(), signal.SIGINT)
            return real(name, *rest, **more)

        builtins.__import__ = read
        from pixelparity.__main__ import run
        run()
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(stages.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", interrupted], capture_output=True, text=True, timeout=60, env=environment
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_help_is_light():
    """--help lists the commands and loads nothing heavy."""
    code = "import sys; sys.argv = ['x', '--help']\ntry:\n    from pixelparity.cli.main import main; main()\nexcept SystemExit:\n"
    code += "    print(sorted({'numpy', 'torch', 'nvidia', 'matplotlib'} & set(sys.modules)))"
    root = Path(stages.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    for command in ("diagnose", "recipe", "diff", "repair", "capture", "sides", "serve", "workbook"):
        assert command in done.stdout
    assert done.stdout.endswith("[]\n")
