"""What a Triton model repository may not do to its reader: lead elsewhere, go on without end, say what makes no sense."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.sources import triton_repo
from tests.sources.triton_repositories import ensemble, kinds, model, net, prep, step, tensor, whole


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("tensorrt_plan", "no step comes before the network 'net'"),
        ("preprocess_cpp", "the backend 'preprocess_cpp', which no source"),
    ],
)
def test_a_model_alone_that_no_source_reads(tmp_path: Path, backend: str, said: str) -> None:
    """An engine alone, and a backend of one's own, are refused with a way on."""
    model(tmp_path, "net", backend, tensor("data", "FP32", 3, 48, 32), tensor("out", "FP32", 3, 4, 4))
    with pytest.raises(UnsupportedStep, match=f"{said}.*python:FILE.py:FUNCTION"):
        triton_repo.recipe(str(tmp_path / "net"))


def test_a_repository_without_pictures_is_told(tmp_path: Path) -> None:
    """Models of text have no preprocessing of pictures; the declared inputs are shown."""
    model(tmp_path, "words", "onnxruntime", tensor("ids", "INT64", -1), tensor("out", "FP32", 2))
    with pytest.raises(InputError, match=r"words reads no picture, as its config declares its inputs \(ids \[-1\]\)"):
        triton_repo.recipe(str(tmp_path / "words"))


def test_a_missing_model_is_answered_with_those_that_are_there(tmp_path: Path) -> None:
    """A folder in place of a model, a model that is not there, and no folder at all, are each one sentence."""
    prep(tmp_path / "models")
    with pytest.raises(InputError, match="has no model 'nosuch'; its models are prep"):
        triton_repo.recipe(str(tmp_path / "models" / "nosuch"))
    with pytest.raises(InputError, match="it is a repository itself: name one of its models, prep"):
        triton_repo.recipe(str(tmp_path / "models"))
    with pytest.raises(InputError, match="is no folder"):
        triton_repo.recipe(str(tmp_path / "nothing" / "prep"))
    with pytest.raises(InputError, match="has no model 'gone'; its models are whole"):
        triton_repo.recipe(ensemble(tmp_path / "empty", step("gone", {"I": "IMAGE"}, {"O": "ANSWER"})))


@pytest.mark.parametrize("name", ["../other", "..", ".", "/etc", "a/b", "a\\\\b", "", "x" * 5000, "a\\000b"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    """A step's model is a folder of the repository, whatever the config writes."""
    with pytest.raises(InputError) as raised:
        triton_repo.recipe(ensemble(tmp_path, step(name, {"I": "IMAGE"}, {"O": "ANSWER"})))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 1000


def test_loops_of_ensembles_are_refused(tmp_path: Path) -> None:
    """An ensemble in itself, at once or round a corner, is named with its way."""
    ensemble(tmp_path, step("b", {"IMAGE": "IMAGE"}, {"ANSWER": "ANSWER"}), name="a")
    ensemble(tmp_path, step("a", {"IMAGE": "IMAGE"}, {"ANSWER": "ANSWER"}), name="b")
    with pytest.raises(InputError, match=r"contains itself \(a > b > a\)"):
        triton_repo.recipe(str(tmp_path / "a"))


@pytest.mark.parametrize("place", ["prep", "prep/config.pbtxt", "prep/1", "prep/1/model.dali"])
def test_links_out_of_the_repository_are_refused(tmp_path: Path, place: str) -> None:
    """A link inside the repository is followed, as on a mounted volume; one that leads out of it is not."""
    models = tmp_path / "models"
    prep(models)
    net(models)
    target = whole(models)
    for home, fits in ((models / "..data", True), (tmp_path / "elsewhere", False)):
        path = models / place
        home.mkdir()
        path.rename(home / "moved")
        path.symlink_to(home / "moved")
        if fits:
            assert triton_repo.recipe(target).steps
        else:
            with pytest.raises(InputError, match=r"leads out of the repository, to .*elsewhere"):
                triton_repo.recipe(target)
        path.unlink()
        (home / "moved").rename(path)


@pytest.mark.parametrize("place", ["prep/config.pbtxt", "prep/1/model.dali", "whole/config.pbtxt"])
def test_a_fifo_is_refused_at_once(tmp_path: Path, place: str) -> None:
    """A FIFO in a file's place would be waited for without end."""
    prep(tmp_path)
    net(tmp_path)
    target = whole(tmp_path)
    (tmp_path / place).unlink()
    os.mkfifo(tmp_path / place)
    with pytest.raises(InputError, match="a FIFO, not a regular file"):
        triton_repo.recipe(target)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x7fELF\x00\xff", "no UTF-8 text"),
        (b"name: 'x' " + b"# padding\n" * 2**18, "larger than 1 MiB"),
        (b"input [" * 100000, "not one that Triton understands"),
        (b"", "no picture|no backend|does not name"),
        (b'platform: "ensemble"', "no ensemble_scheduling"),
        (b"ensemble_scheduling { }", "has no step"),
    ],
)
def test_a_damaged_config_is_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    """Binary, endless, nested and empty configs are refused by the file's name, or by what they lack."""
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "config.pbtxt").write_bytes(content)
    with pytest.raises((InputError, UnsupportedStep), match=said) as raised:
        triton_repo.recipe(str(tmp_path / "m"))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize("name", ["shipped", "fixed", "parity"])
def test_the_repository_of_the_project_is_followed(name: str) -> None:
    """Each ensemble of model_repository/ comes to its pipeline, which the workbook puts there; till then that is what lacks."""
    root = Path(__file__).parents[2] / "model_repository"
    file = root / f"preprocess_{name}" / "1" / "model.dali"
    if file.is_file():
        assert kinds(triton_repo.recipe(str(root / f"classifier_{name}")))[-1] == "layout"
        return
    with pytest.raises(InputError, match=f"'preprocess_{name}' has no model.dali in its folder"):
        triton_repo.recipe(str(root / f"classifier_{name}"))
