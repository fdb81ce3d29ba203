"""The fuzzer: it sees each thing that can go wrong, draws the same inputs from the same seed, and finds none that fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fuzz import attempt, base, changes, life, report, running, trial
from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.kinds import servers
from benchmarks.fuzz.known import code
from pixelparity.cli import main as command
from pixelparity.sources.dali.messages import pipeline_class

ROOT = Path(__file__).parents[2]
KEPT = sorted((ROOT / "tests" / "hostile").glob("*.json"))


def an_attempt(**changes: Any) -> Attempt:
    """Return an attempt of one command line."""
    return Attempt(**{"kind": "tensors", "name": "made up", "commands": (("diff", "a", "b"),), **changes})


def tried(monkeypatch: pytest.MonkeyPatch, main: Callable[[list[str]], int], **changes: Any) -> trial.Outcome:
    """Return what is said of a command line that does what ``main`` does."""
    monkeypatch.setattr(command, "main", main)
    return trial.tried(an_attempt(**changes))[0]


def _says(text: str, status: int = 2) -> Callable[[list[str]], int]:
    def main(_: list[str]) -> int:
        print(text, file=sys.stderr)
        return status

    return main


def _writes(name: str, text: str = "x") -> Callable[[list[str]], int]:
    def main(_: list[str]) -> int:
        Path(name).write_text(text, encoding="utf-8")
        return 0

    return main


def _raises(_: list[str]) -> int:
    raise RuntimeError("boom")


def _leaves_a_process(_: list[str]) -> int:
    return 0 if os.fork() else time.sleep(60) or 0


FAULTS: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "nothing": (_says("error: a.json is a folder; name a file"), ""),
    "code": (_writes(attempt.MARKER), "code executed"),
    "script": (_writes("page.html", "<p>a</p><SCRIPT>b</SCRIPT>"), "code executed"),
    "handler": (_writes("page.html", '<img src="data:," onerror=b>'), "code executed"),
    "address": (_writes("page.html", '<a href=" javascript:b">c</a>'), "code executed"),
    "traceback": (_raises, "tracebacks"),
    "unexpected": (_says("error: KeyError: 'id' (unexpected; run again with --debug)"), "unexpected"),
    "no word": (_says(""), "unexpected"),
    "file left": (_writes("scratch"), "left behind"),
    "process left": (_leaves_a_process, "left behind"),
    "wrong verdict": (_says("", status=1), "wrong verdicts"),
    "crash": (lambda _: os.kill(os.getpid(), signal.SIGKILL) or 0, "crashes"),
    "hang": (lambda _: time.sleep(60) or 0, "hangs"),
    "memory": (lambda _: len(b"1" * (900 * 2**20)) * 0, "memory over 2 GiB"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that goes wrong in one way is counted under that name; one clear line is no fault."""
    monkeypatch.setattr(trial, "HANG_SECONDS", 10.0)
    monkeypatch.setattr(trial, "MOST_MIB", 800)
    main, expected = FAULTS[fault]
    assert expected in ("", *trial.PROBLEMS)
    found = tried(monkeypatch, main, wrong=frozenset({1})).problems
    assert expected in found if expected else not found


def test_what_the_parent_holds_is_not_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside 900 MiB of the test's own, a command that holds nothing stays below a limit of 800."""
    held = b"x" * (900 << 20)
    monkeypatch.setattr(trial, "MOST_MIB", 800)
    outcome = tried(monkeypatch, _says("error: a.json is a folder; name a file"))
    assert outcome.problems == ()
    assert 0 < outcome.peak_mib < 800 < len(held)


def test_what_failed_is_kept_and_read_again(tmp_path: Path) -> None:
    """An attempt comes back from its file as it was, bytes and all; the table counts it."""
    given = an_attempt(files={"a/b.npz": bytes(range(256))}, special={"x": "fifo"}, wrong=frozenset({0, 1}))
    outcome = trial.Outcome(
        attempt=given, command=("diff",), status=2, said="error", seconds=1.0, peak_mib=9.0, problems=("hangs",)
    )
    tally = report.Tally()
    tally.add([outcome])
    kept = report.keep(tally, tmp_path)
    assert [attempt.from_text(file.read_text(encoding="utf-8")) for file in kept] == [given]
    assert tally.totals()["hangs"] == 1
    assert report.table(tally).splitlines()[1].split()[:2] == ["tensors", "1"]


def test_a_seed_draws_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve attempts of a kind are the same twice, and others with another seed."""

    def names(seed: int) -> list[str]:
        found: list[str] = []
        monkeypatch.setattr(trial, "tried", lambda given, *_: found.append(attempt.to_text(given)) or [])
        nobody = running.Servers(folder=Path(), http="", grpc="")
        running.drawn("timm", 12, seed, nobody, time.monotonic() + 60, lambda _: None)
        return found

    assert names(1) == names(1)
    assert names(1) != names(2)


def test_every_place_of_json_is_changed() -> None:
    """The ways to the parts of a content are all of them, and a value put there is there, and nowhere else."""
    content = {"a": [1, {"b": 2}], "c": 3}
    assert list(changes.places(content)) == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",)]
    assert changes.put(content, ("a", 1, "b"), "x") == {"a": [1, {"b": "x"}], "c": 3}


def test_a_page_of_text_runs_nothing(tmp_path: Path) -> None:
    """Escaped tags, fragments and pictures inside the page are no code."""
    page = tmp_path / "page.html"
    page.write_text('<p title="onerror=a">&lt;script&gt;</p><a href="#b"><img src="data:,"></a>', encoding="utf-8")
    assert not trial._is_live(page)


def test_code_gets_into_every_place() -> None:
    """Each text, number and key of a content holds each form of code once, and nothing else is changed then."""
    content = {"a": [1, {"b": "x"}], "c": True}
    found = [changed for _, changed in code.filled(content)]
    for form in code.FORMS:
        for expected in (
            {**content, "a": [form, {"b": "x"}]}, {**content, "a": [1, {"b": form}]}, {**content, "c": form},
        ):  # fmt: skip
            assert expected in found
        assert any(form in changed and changed[form] == content["a"] for changed in found)
    assert len(found) == 3 * len(code.FORMS) + len(code.FORMS)


def test_code_in_a_pipeline_reaches_every_text() -> None:
    """A pipeline of one operator has its names, its edges and its argument's text changed one by one."""
    message = pipeline_class().FromString(base.model())
    del message.op[1:], message.op[0].args[1:]
    changed = {
        data.files["model.dali"] for n, _ in enumerate(code._texts(message)) for data in code._with_code(message, n)
    }
    assert len(changed) == len(code.FORMS) * len(list(code._texts(message)))
    assert all(changes.MARKER.encode() in data for data in changed)


def test_the_lying_server_says_what_it_is_told() -> None:
    """Over HTTP it gives the config of the answers, a lie included."""
    with running.lying() as served:
        answers = {**servers.SOUND, "server": {"name": "liar", "version": 5}}
        (served.folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
        with urllib.request.urlopen(f"http://{served.http}/v2", timeout=20) as answer:
            assert json.load(answer)["name"] == "liar"


def test_sound_inputs_are_sound() -> None:
    """What the changes begin with is what it says: a picture, an archive of two pictures, a capture with its head."""
    assert base.picture()[1:4] == b"PNG"
    assert set(base.tensors()) >= {"p0", "p1", "layout"}
    assert "capture.json" in base.capture()


@pytest.mark.slow
def test_a_minute_of_hostile_inputs(tmp_path: Path) -> None:
    """The known inputs, and a few hundred drawn with a fixed seed: no code, no traceback, no hang, nothing left behind."""
    asked = ["--inputs", "250", "--seed", "12", "--no-places", "--out", str(tmp_path)]
    program = [sys.executable, "-m", "benchmarks.fuzz", *asked]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert sum(json.loads((tmp_path / "fuzz.json").read_text(encoding="utf-8"))["inputs"].values()) > 400


@pytest.mark.slow
def test_code_in_no_place_of_a_text_format_runs(tmp_path: Path) -> None:
    """Python in the place of each text and number of each format but ``model.dali`` and servers, which ``make fuzz`` tries."""
    kinds = ["huggingface", "timm", "mmdeploy", "torchvision", "mmpretrain", "capture", "trace"]
    asked = ["--inputs", "0", "--no-known", "--out", str(tmp_path), "--kind", *kinds]
    program = [sys.executable, "-m", "benchmarks.fuzz", *asked]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    found = json.loads((tmp_path / "fuzz.json").read_text(encoding="utf-8"))["inputs"]
    assert min(found.values()) >= len(code.FORMS)


@pytest.mark.slow
@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
def test_what_failed_once_fails_no_more(file: Path) -> None:
    """Each input that the fuzzer ever found is refused in one line or judged rightly."""
    again = (
        "import sys\nfrom pathlib import Path\nfrom benchmarks.fuzz import attempt, report, running, trial\n"
        "given = attempt.from_text(Path(sys.argv[1]).read_text(encoding='utf-8'))\n"
        "trial.warm([given.kind])\n"
        "with running.lying() as served:\n    outcomes = served.tried(given)\n"
        "print(*[report.line(o) for o in outcomes if o.problems], sep='\\n')\n"
        "sys.exit(any(o.problems for o in outcomes))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", again, str(file)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_lives_of_a_server_leave_nothing() -> None:
    """One of each way to end, and each odd place: nothing wrong is said, and no process, folder or shared memory stays."""
    chosen = [case for case in life.cases() if case.name.endswith("after 1.5 s") or " after " not in case.name]
    assert len(list(life.cases())) >= 40
    assert {case.name: life.tried(case) for case in chosen} == {case.name: [] for case in chosen}


def test_what_a_life_leaves_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process and a folder that stay are each counted, and what a case says is kept."""
    monkeypatch.setattr(life, "GONE_SECONDS", 1.0)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "triton-of-somebody").mkdir()
    waits = [sys.executable, "-c", "print('ready', flush=True); input()"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(waits, env={life.MARK: str(tmp_path)}, **pipes) as stays:
        assert stays.stdout is not None
        stays.stdout.readline()
        assert life._left(tmp_path, set()) == ["a process was left", "a temporary folder was left"]
        stays.kill()
    assert life.tried(life.Case(name="made up", act=lambda home: ["said"])) == ["said"]
