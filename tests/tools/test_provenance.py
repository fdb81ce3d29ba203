"""Where a result comes from: the commit with or without changes, the machine, and a hash of every input."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from pixelparity.tools import provenance


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    (tmp_path / "file").write_text("one")
    for words in (["init", "-q"], ["add", "file"], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, env={**os.environ, **who})
    return tmp_path


def test_a_commit_is_named_and_changes_are_said(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The commit as git has it; a changed file is said; a folder without a repository has none."""
    head = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    assert provenance.commit(repository) == head.stdout.strip()
    (repository / "file").write_text("two")
    assert provenance.commit(repository) == f"{head.stdout.strip()}, with changes"
    assert provenance.commit(tmp_path_factory.mktemp("bare")) == ""


def test_git_runs_nothing_of_the_repository(repository: Path) -> None:
    """A file monitor in the repository's own settings is not started."""
    monitor = repository / "monitor.sh"
    monitor.write_text(f"#!/bin/sh\ntouch {repository}/ran\n")
    monitor.chmod(0o755)
    subprocess.run(["git", "-C", str(repository), "config", "core.fsmonitor", str(monitor)], check=True)
    assert provenance.commit(repository)
    assert not (repository / "ran").exists()


def test_without_git_nothing_is_known(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git gives no commit, and no error."""
    monkeypatch.setenv("PATH", "")
    assert provenance.commit(repository) == ""


def test_every_input_has_its_hash(tmp_path: Path) -> None:
    """The file in a side, with a function or an output behind it; a folder's files together; pictures by name; no address."""
    (tmp_path / "side.py").write_bytes(b"side")
    (tmp_path / "golden").mkdir()
    (tmp_path / "golden" / "a").write_bytes(b"1")
    (tmp_path / "golden" / "b").write_bytes(b"2")
    picture = tmp_path / "p.png"
    picture.write_bytes(b"picture")
    sides = [
        f"python:{tmp_path}/side.py:f",
        f"dali:{tmp_path}/side.py:f#1",
        f"capture:{tmp_path}/golden",
        "triton:h:1/m",
    ]
    found = provenance.hashes(sides, {"p": picture}, {"model": str(picture), "facts": None, "trace": "lacking"})
    of = {name: hashlib.sha256(data).hexdigest() for name, data in (("side", b"side"), ("p", b"picture"), ("g", b"12"))}
    assert found == {
        sides[0]: of["side"], sides[1]: of["side"], sides[2]: of["g"], "model": of["p"], "picture p": of["p"],
    }  # fmt: skip


def test_a_folder_of_anything_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More files than a capture has, or none, give no hash."""
    monkeypatch.setattr(provenance, "_FILES", 2)
    for name in "abc":
        (tmp_path / name).write_text(name)
    (tmp_path / "empty").mkdir()
    assert provenance.hashes([f"capture:{tmp_path}", f"capture:{tmp_path}/empty"], None, {}) == {}


def test_the_machine_is_told_without_its_name() -> None:
    """System, processor, cores; never the host's name."""
    said = provenance.machine()
    assert f"{os.cpu_count()} cores" in said
    assert os.uname().nodename not in said
