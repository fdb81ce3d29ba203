"""Put mutants into a copy of the working tree, one at a time, and run tests against each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mutants.generate import Mutant, apply
from benchmarks.mutants.selection import tests_of
from pixelparity.errors import InputError

COPIED = ("helpers", "tests", "benchmarks", "docs", "notebooks", "model_repository")
#: Seconds that a module's tests may take, with a mutant and without. A mutant that takes longer counts as noticed only where
#: the tests without it need no more than this over the slack.
LIMIT, SLACK = 300.0, 2.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a mutant: killed, survived, timeout; untested where no test file is known for its module.

    ``unclean`` says that its tests failed without any mutant, and ``killed_by`` which did: nothing is known of it then.
    """

    mutant: Mutant
    result: str
    seconds: float
    killed_by: str = ""


@dataclass(frozen=True)
class Copy:
    """A copy of the working tree that may be changed at will; ``clean`` holds what test files take without a mutant."""

    root: Path
    clean: dict[tuple[str, ...], float] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: Path, folder: Path) -> Copy:
        """Copy what tests need of a working tree to a folder that is not there yet."""
        folder.mkdir(parents=True)
        ignore = shutil.ignore_patterns("__pycache__", ".cache", ".ipynb_checkpoints", "*.egg-info")
        for name in COPIED:
            if (tree / name).is_dir():
                shutil.copytree(tree / name, folder / name, ignore=ignore)
        for path in tree.iterdir():
            if path.is_file() and not path.name.startswith("."):
                shutil.copy2(path, folder / path.name)
        return cls(folder.resolve())

    def test(self, mutant: Mutant) -> Outcome:
        """Run the tests of the mutant's module with the mutant in place; the copy is clean again afterwards."""
        files = tests_of(self.root, mutant.module)
        if not files:
            return Outcome(mutant=mutant, result="untested", seconds=0.0)
        path = self.root / mutant.module
        source = path.read_text(encoding="utf-8")
        start = time.perf_counter()
        try:
            path.write_text(apply(mutant, source), encoding="utf-8")
            _forget(path)
            code, said = self.run(files, LIMIT)
        finally:
            path.write_text(source, encoding="utf-8")
            _forget(path)
        seconds = time.perf_counter() - start
        try:
            self._check(files, code, said)
        except InputError as error:  # one module's tests fail: the others' results stay worth having
            return Outcome(mutant=mutant, result="unclean", seconds=seconds, killed_by=str(error))
        result = "timeout" if code is None else "survived" if code == 0 else "killed"
        return Outcome(mutant=mutant, result=result, seconds=seconds, killed_by=_failed(said))

    def _check(self, files: Sequence[str], code: int | None, said: str) -> None:
        """Raise ``InputError`` where the tests do without the mutant what they did with it.

        Tests that pass need no check. Only the file that failed is run again, and all of them where time ran out.
        """
        if code == 0:
            return
        asked = files if code is None else [_failed(said).partition("::")[0] or files[0]]
        if self.seconds_without(asked) * SLACK > LIMIT and code is None:
            raise InputError(f"{files[0]} and its like take too long for a limit of {LIMIT:g} s")

    def seconds_without(self, files: Sequence[str]) -> float:
        """Return what these test files take without a mutant; raise ``InputError`` where one of them fails already."""
        key = tuple(files)
        if key not in self.clean:
            start = time.perf_counter()
            code, said = self.run(files, LIMIT)
            if code != 0:
                raise InputError(f"{_failed(said) or files[0]} fails without any mutant; mend it first")
            self.clean[key] = time.perf_counter() - start
        return self.clean[key]

    def run(self, files: Sequence[str], limit: float) -> tuple[int | None, str]:
        """Run test files until the first failure; returns pytest's exit code, ``None`` past the limit, and its output."""
        # The copy's own package goes before any that is installed; hypothesis draws the same for every mutant.
        paths = os.pathsep.join((str(self.root / "helpers"), str(self.root), os.environ.get("PYTHONPATH", "")))
        told = {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        options = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
        command = [sys.executable, "-m", "pytest", *options, *files]
        process = subprocess.Popen(
            command, cwd=self.root, env=os.environ | told, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            said, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)  # what the tests started goes too
            said, _ = process.communicate()
            return None, said
        return process.returncode, said


def _failed(said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return lines[0].split(" - ")[0].partition(" ")[2] if lines else ""


def _forget(path: Path) -> None:
    # Byte code is told from its source by size and second: two mutants within a second may have both in common.
    for cached in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        cached.unlink()
