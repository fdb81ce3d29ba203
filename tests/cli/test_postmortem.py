"""``pixelparity postmortem``: what it writes, prints and leaves with, and what is wrong in one line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import numpy as np
import PIL.Image
import pytest

from pixelparity.cli.main import main
from pixelparity.views.postmortem import values

SIDES = """
import numpy as np
from nvidia.dali import fn, pipeline_def, types
from pixelparity import pictures

LAYOUT, CHANNELS, VALUE_RANGE = "CHW", "RGB", (0.0, 1.0)

def right(path):
    return pictures.read_rgb(path).astype(np.float32).transpose(2, 0, 1) / 255

def scaled(path):
    return right(path) * 255

def swapped(path):
    return np.ascontiguousarray(scaled(path)[::-1])

@pipeline_def(batch_size=8, num_threads=1, device_id=None)
def unscaled():
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
    images = fn.cast(images, dtype=types.FLOAT)
    return fn.transpose(images, perm=[2, 0, 1])
"""
FACTS = """
title = "Every part was scrap"
[impact]
people = "Two lines stood."
[[actions]]
what = "Gate it."
type = "prevent"
"""


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working folder: sides.py, four coloured pictures, facts, and a model that tells red from blue."""
    root = tmp_path_factory.mktemp("postmortem")
    (root / "sides.py").write_text(SIDES, encoding="utf-8")
    (root / "facts.toml").write_text(FACTS, encoding="utf-8")
    (root / "pictures").mkdir()
    rng = np.random.default_rng(2)
    for name, tint in {"a": (1, 0.5, 0.2), "b": (0.2, 0.5, 1), "c": (1, 0.8, 0.3), "d": (0.9, 0.2, 0.1)}.items():
        picture = (rng.integers(0, 255, (24, 32, 3)) * np.array(tint)).astype(np.uint8)
        PIL.Image.fromarray(picture).save(root / "pictures" / f"{name}.png")
    _write_model(root / "model.onnx")
    before = Path.cwd()
    os.chdir(root)
    yield root
    os.chdir(before)


def _write_model(path: Path) -> None:
    """Write a network with two classes: red brighter than blue, and the other way round."""
    import onnx
    from onnx import TensorProto, helper

    from pixelparity.deploy.engine import INPUT, OUTPUT

    weights = np.array([[4.0, 0.0, -4.0], [-4.0, 0.0, 4.0]], np.float32).T
    nodes = [
        helper.make_node("GlobalAveragePool", [INPUT], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
        helper.make_node("Softmax", ["scores"], [OUTPUT]),
    ]
    graph = helper.make_graph(
        nodes, "model",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor("weights", TensorProto.FLOAT, weights.shape, weights.ravel())],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def words(deployed: str, out: str, *more: str) -> list[str]:
    """Return the words of a postmortem on the folder's pictures."""
    sides = ["--reference", "python:sides.py:right", "--deployed", deployed]
    return ["postmortem", *sides, "--images", "pictures", "--out", out, *more]


def written(out: str) -> dict:
    """Return the JSON of a postmortem after its schema held for it."""
    found = json.loads(Path(out, "postmortem.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, values.schema())
    return found


def test_a_deployment_that_differs_leaves_with_1_and_four_files(capsys) -> None:
    """The headline and the summary are printed, every form is written, facts and measurements stand side by side."""
    assert main(words("dali:sides.py:unscaled", "one", "--facts", "facts.toml")) == 1
    said = capsys.readouterr()
    assert said.out.startswith("Every part was scrap\nWhat happened. ")
    assert "postmortem: one/postmortem.html" in said.err
    assert sorted(os.listdir("one")) == ["junit.xml", "postmortem.html", "postmortem.json", "postmortem.md"]
    found = written("one")
    assert found["verdict"] == "differs"
    assert found["facts"]["impact"]["people"] == "Two lines stood."
    assert found["mend"]["is_diff"]
    assert "+    images = fn.normalize(images, mean=0.0, stddev=255.0)" in found["mend"]["change"]
    assert found["held"] is True
    assert found["status"] == "a mend is written and holds; not deployed"
    assert found["provenance"]["command"].startswith("pixelparity postmortem \\\n    --reference python:sides.py:right")
    names = {"python:sides.py:right", "dali:sides.py:unscaled", "facts", *(f"picture {name}" for name in "abcd")}
    assert set(found["provenance"]["hashes"]) == names
    assert "Two lines stood." in Path("one/postmortem.md").read_text(encoding="utf-8")


def test_a_model_counts_the_answers_and_names_what_flipped(capsys) -> None:
    """Exchanged channels flip all four pictures; mending the scale alone flips none back; all undone, all agree."""
    assert main(words("python:sides.py:swapped", "two", "--model", "model.onnx")) == 1
    found = written("two")
    variants = found["answers"]["variants"]
    assert variants["as deployed"]["flipped"] == ["a", "b", "c", "d"]
    assert variants["only scale_missing mended"]["flipped"] == ["a", "b", "c", "d"]
    assert variants["every cause undone"]["agreement"] == 1
    assert {values["images"] for values in variants.values()} == {4}
    by = {cost["family"]: cost for cost in found["costs"]}
    assert by["channel_order"]["impact"]["agreement_if_left"] == 0
    assert by["scale_missing"]["left_alone"] > by["channel_order"]["left_alone"] > 1
    assert found["mend"]["shortest"]
    assert "has no pipeline that could be changed" in found["mend"]["notes"][0]
    assert "0 of 4 pictures get the reference's class" in capsys.readouterr().out


def test_a_match_leaves_with_0_and_a_page_that_says_so(capsys) -> None:
    """Nothing differs: no cause, no cost, no mend, and no failure for CI."""
    assert main(words("python:sides.py:right", "same", "--model", "model.onnx")) == 0
    assert capsys.readouterr().out.startswith("Nothing differs: both sides preprocess alike\n")
    found = written("same")
    assert (found["verdict"], found["costs"], found["mend"]["change"], found["held"]) == ("match", [], "", None)
    assert "Nothing differs" in Path("same/postmortem.html").read_text(encoding="utf-8")
    assert ElementTree.parse("same/junit.xml").getroot().get("failures") == "0"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--facts", "lacking.toml"], "lacking.toml cannot be read as the facts of an incident: it does not exist"),
        (["--facts", "sides.py"], "sides.py is no TOML"),
        (["--model", "lacking.onnx"], "lacking.onnx is not a file"),
        (["--verify", "embedded"], "--verify serves a repair, and python:sides.py:scaled has no pipeline to repair"),
        (["--no-code", "--model", "model.onnx"], "--model runs an engine, which --no-code refuses"),
        (["--no-code"], "python:sides.py:right"),
        (["--images", "nowhere"], "nowhere does not exist"),
    ],
)
def test_what_cannot_run_leaves_with_2_and_one_line(capsys, more: list[str], said: str) -> None:
    """It says what and what to do, and writes nothing."""
    assert main(words("python:sides.py:scaled", "never", *more)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "unexpected" not in error
    assert not Path("never").exists()


def test_what_lacks_is_named(capsys) -> None:
    """Sides and a folder are asked for, all at once, unless only a facts file is written."""
    assert main(["postmortem", "--reference", "python:sides.py:right"]) == 2
    assert "postmortem needs --deployed, --out, or --init FILE alone; see: pixelparity postmortem --help" in (
        capsys.readouterr().err
    )


def test_a_facts_file_is_written_once_and_can_be_given(capsys, tmp_path: Path) -> None:
    """--init explains every field; a file that is there stays unless --replace is said; what it writes is taken as it is."""
    file = tmp_path / "incident.toml"
    assert main(["postmortem", "--init", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: fill it in, then give it as --facts\n"
    file.write_text(file.read_text(encoding="utf-8").replace('title = ""', 'title = "Mine"'), encoding="utf-8")
    assert main(["postmortem", "--init", str(file)]) == 2
    assert f"{file} is there already, and may hold what somebody wrote" in capsys.readouterr().err
    assert 'title = "Mine"' in file.read_text(encoding="utf-8")
    assert main(words("python:sides.py:right", str(tmp_path / "out"), "--facts", str(file))) == 0
    assert capsys.readouterr().out.startswith("Mine\n")
    assert main(["postmortem", "--init", str(file), "--replace"]) == 0
    assert 'title = ""' in file.read_text(encoding="utf-8")


def test_two_captures_without_pictures_are_told_apart(capsys, tmp_path: Path) -> None:
    """Where both sides hold their tensors no picture is needed; there is then no pipeline to run."""
    for name in ("right", "scaled"):
        assert main(["capture", f"python:sides.py:{name}", "--images", "pictures", "--out", str(tmp_path / name)]) == 0
    sides = ["--reference", f"capture:{tmp_path}/right", "--deployed", f"capture:{tmp_path}/scaled"]
    assert main(["postmortem", *sides, "--out", str(tmp_path / "out")]) == 1
    found = written(str(tmp_path / "out"))
    assert [cost["family"] for cost in found["costs"]] == ["scale_missing"]
    assert set(found["provenance"]["hashes"]) == {sides[1], sides[3]}
