"""Two sides are diagnosed, repaired and proven, with the text of the deployed pipeline and without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pixelparity import diagnosis, gate, tools
from pixelparity.errors import InputError, SideError, SkewError
from pixelparity.tools import files

HEAD = """from nvidia.dali import fn, pipeline_def, types


@pipeline_def(batch_size=8, num_threads=1, device_id=None)
def preprocess():
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
"""
RIGHT = """    images = fn.resize(images, size=(32, 24), antialias=False, subpixel_scale=False)
    images = fn.cast(images, dtype=types.FLOAT)
    images = fn.normalize(images, mean=0.0, stddev=255.0)
    return fn.transpose(images, perm=[2, 0, 1])
"""
SHIPPED = """    images = fn.resize(images, size=(32, 24))
    images = fn.cast(images, dtype=types.FLOAT)
    return fn.transpose(images, perm=[2, 0, 1])
"""
SCORER = """
import numpy as np
import triton_python_backend_utils as triton

class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request.inputs()[0].as_numpy()) for request in requests]

    def answer(self, tensors):
        shares = np.stack([tensors[:, 0].mean((1, 2)), np.ones(len(tensors))], axis=1)
        return triton.InferenceResponse([triton.Tensor("P", (shares / shares.sum(1)[:, None]).astype(np.float32))])
"""
PREP = """backend: "python" max_batch_size: 8 instance_group [{ kind: KIND_CPU }]
input [{ name: "IN" data_type: TYPE_UINT8 dims: [-1, -1, 3] allow_ragged_batch: true }]
output [{ name: "OUT" data_type: TYPE_FP32 dims: [3, 32, 24] }]
parameters { key: "channels" value { string_value: "RGB" } }"""
NET = """backend: "python" max_batch_size: 8 instance_group [{ kind: KIND_CPU }]
input [{ name: "T" data_type: TYPE_FP32 dims: [3, 32, 24] }]
output [{ name: "P" data_type: TYPE_FP32 dims: [2] }]"""
BOTH = """platform: "ensemble" max_batch_size: 8
input [{ name: "IN" data_type: TYPE_UINT8 dims: [-1, -1, 3] }]
output [{ name: "P" data_type: TYPE_FP32 dims: [2] }]
ensemble_scheduling { step [
  { model_name: "prep" model_version: -1 input_map { key: "IN" value: "IN" } output_map { key: "OUT" value: "t" } },
  { model_name: "net" model_version: -1 input_map { key: "T" value: "t" } output_map { key: "P" value: "P" } }
] }"""


ODD = """import numpy as np
from pixelparity import pictures
LAYOUT, CHANNELS = 'CHW', 'RGB'
def odd(path):
    image = pictures.read_rgb(path)[:32, :24].astype(np.float32)
    return np.sort(np.pad(image, [(0, 32 - image.shape[0]), (0, 24 - image.shape[1]), (0, 0)]), 0).transpose(2, 0, 1)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with both pipelines' sources, a model repository that serves the shipped one; it is the working folder."""
    root = tmp_path_factory.mktemp("tools")
    (root / "right.py").write_text(HEAD + RIGHT, encoding="utf-8")
    (root / "shipped.py").write_text(HEAD + SHIPPED, encoding="utf-8")
    (root / "odd.py").write_text(ODD, encoding="utf-8")
    from pixelparity.sources.dali.functions import serialize

    for model, config in (("prep", PREP), ("net", NET), ("both", BOTH)):
        (root / "models" / model / "1").mkdir(parents=True)
        (root / "models" / model / "config.pbtxt").write_text(f'name: "{model}" {config}', encoding="utf-8")
    served = "from pixelparity.deploy.served import DaliModel as TritonPythonModel\n"
    (root / "models" / "prep" / "1" / "model.py").write_text(served, encoding="utf-8")
    (root / "models" / "net" / "1" / "model.py").write_text(SCORER, encoding="utf-8")
    (root / "models" / "prep" / "1" / "model.dali").write_bytes(serialize(f"{root}/shipped.py:preprocess")[0])
    (root / "right.dali").write_bytes(serialize(f"{root}/right.py:preprocess")[0])
    before = Path.cwd()
    os.chdir(root)
    yield root
    os.chdir(before)


@pytest.fixture(scope="module")
def images(folder: Path) -> dict[str, Path]:
    """Four smooth drawn pictures of different sizes."""
    rng, found = np.random.default_rng(11), {}
    (folder / "pictures").mkdir()
    for name, (height, width) in {"a": (90, 61), "b": (50, 130), "c": (75, 75), "d": (133, 57)}.items():
        noise = PIL.Image.fromarray(rng.integers(0, 255, (height // 4, width // 4, 3)).astype(np.uint8))
        found[name] = folder / "pictures" / f"{name}.png"
        noise.resize((width, height), PIL.Image.Resampling.BICUBIC).save(found[name])
    return found


RIGHT_SIDE, SHIPPED_SIDE = "dali:right.py:preprocess", "dali:shipped.py:preprocess"
SERVED_FILE = "models/prep/1/model.dali"


def test_source_is_repaired_by_its_smallest_change(folder, images):
    """Of a pipeline with a source the two faulty lines change, and the repaired one is equal to the reference."""
    mended = tools.repair(RIGHT_SIDE, SHIPPED_SIDE, images)
    added = [line for line in mended.diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert len(added) == 2
    assert "255" in "".join(added)
    assert "antialias=False" in "".join(added)
    assert mended.code == 0
    assert set(mended.mended) >= {"scale_missing", "antialias"}
    assert mended.left == ()
    assert mended.distances[1] < 0.01 < 1000 < mended.distances[0]
    assert mended.before.verdict == "differs"
    assert mended.after.verdict == "match"
    assert mended.shown.startswith("--- a/shipped.py")
    assert "MATCH: diagnosed again on 4 pictures" in mended.summary
    assert (folder / "shipped.py").read_text(encoding="utf-8") == HEAD + SHIPPED


def test_pipelines_that_take_arguments_or_are_returned_are_repaired(images):
    """A function's own text is edited and called with the same arguments; what a factory returns is written out whole."""
    text = (HEAD + SHIPPED).replace("def preprocess():", "def preprocess(width):").replace("(32, 24)", "(32, width)")
    Path("given.py").write_text(text, encoding="utf-8")
    mended = tools.repair(RIGHT_SIDE, "dali:given.py:preprocess(24)", images)
    assert (mended.code, mended.shown[:14], "def preprocess(width):" in mended.text) == (0, "--- a/given.py", True)
    Path("returned.py").write_text(f"{HEAD}{SHIPPED}\n\ndef make():\n    return preprocess\n", encoding="utf-8")
    mended = tools.repair(RIGHT_SIDE, "dali:returned.py:make", images)
    assert mended.code == 0
    assert mended.shown.startswith('"""A DALI pipeline written out from returned.py.')


def test_file_without_source_gives_a_whole_pipeline(images):
    """Of a model.dali the repaired text is whole, runs as a side, and matches."""
    mended = tools.repair(RIGHT_SIDE, f"dali:{SERVED_FILE}", images)
    assert mended.code == 0
    assert mended.shown.startswith('"""A DALI pipeline written out from model.dali.')
    Path("mended.py").write_text(mended.text, encoding="utf-8")
    assert tools.diagnose(RIGHT_SIDE, "dali:mended.py:preprocess", images).verdict == "match"


def test_nothing_is_changed_where_nothing_differs(images):
    """A pipeline that matches is returned as it is, with nothing to mend."""
    mended = tools.repair(RIGHT_SIDE, "dali:right.dali", images)
    assert (mended.code, mended.mended, mended.diff) == (0, (), "")
    assert mended.summary == "MATCH: there is nothing to repair"


def test_what_no_edit_mends_is_left_and_said(images):
    """Against a reference that does what no family explains the repair ends with 1 and names what is left."""
    mended = tools.repair("python:odd.py:odd", SHIPPED_SIDE, images)
    assert mended.code == 1
    assert mended.after.verdict == "differs"
    assert "DIFFERS: diagnosed again" in mended.summary


def test_recipe_alone_is_written_as_a_pipeline(images):
    """Without a deployed side the reference's recipe is written out; with pictures it is run against the reference."""
    text = tools.repair(RIGHT_SIDE, None, None, feed="rgb").text
    compile(text, "pipeline.py", "exec")
    mended = tools.repair(RIGHT_SIDE, None, images, feed="rgb")
    assert mended.text == text
    assert mended.code == 0
    assert mended.after.verdict == "match"


def test_side_that_only_declares_is_stood_in_for(images):
    """A preprocessor_config.json is captured by a pipeline written from it, and the diagnosis says so."""
    Path("preprocessor_config.json").write_text(
        '{"image_processor_type": "ViTImageProcessor", "do_resize": true, "size": {"height": 32, "width": 24}, "resample": 2,'
        ' "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": false}',
        encoding="utf-8",
    )
    found = tools.diagnose("huggingface:preprocessor_config.json", SHIPPED_SIDE, images)
    assert found.verdict == "differs"
    assert "scale_missing" in [cause.family for cause in found.causes]
    assert "a DALI pipeline written from the recipe stood in for it" in found.notes[-1]


def test_mends_are_printed_as_changes_of_the_file(images):
    """A source's mends are its changed lines; those of a model.dali are its own, with the lines of its author's file."""
    found = tools.diagnose(RIGHT_SIDE, SHIPPED_SIDE, images)
    by_family = {cause.family: cause for cause in found.causes}
    scale, resize = by_family["scale_missing"], by_family["antialias"]
    assert scale.fix.startswith("shipped.py:9\n+    images = fn.normalize(images, mean=0.0, stddev=255.0)")
    assert (scale.fix_at.file, scale.fix_at.line) == ("shipped.py", 9)
    assert resize.fix == (
        "shipped.py:7\n-    images = fn.resize(images, size=(32, 24))\n"
        "+    images = fn.resize(images, size=(32, 24), antialias=False)"
    )
    shown = diagnosis.describe(found)
    assert (
        "   mend: shipped.py:7\n         -    images = fn.resize(images, size=(32, 24))\n         +    images" in shown
    )
    told = diagnosis.to_json(found)["causes"]
    assert {"file": "shipped.py", "line": 7} in [cause["fix_at"] for cause in told]
    serialized = tools.diagnose(RIGHT_SIDE, f"dali:{SERVED_FILE}", images)
    heads = {cause.family: cause.fix.splitlines()[0] for cause in serialized.causes}
    assert heads["scale_missing"] == "model.dali, after shipped.py:8"
    assert heads["antialias"] == "model.dali, from shipped.py:7"
    assert {cause.fix_at.line for cause in serialized.causes} >= {7, 8}


def test_a_test_fails_with_the_changes(images):
    """What the gate raises holds the lines to change, each with its file and number."""
    with pytest.raises(
        AssertionError, match=r"mend: shipped\.py:7\n +- +images = fn\.resize\(images, size=\(32, 24\)\)\n"
    ):
        gate.parity(RIGHT_SIDE, SHIPPED_SIDE, images)


def test_sides_whose_text_nobody_has_keep_the_detectors_words(images):
    """Tensors and Python code are no pipeline's text: their mends are what the detector says, with no line."""
    Path("code.py").write_text(
        "import numpy as np\nfrom pixelparity import pictures\nLAYOUT, CHANNELS = 'CHW', 'RGB'\n"
        "def small(path):\n    return pictures.read_rgb(path)[:32, :24].transpose(2, 0, 1).astype(np.float32)\n"
        "def scaled(path):\n    return small(path) / 255\n",
        encoding="utf-8",
    )
    found = tools.diagnose("python:code.py:scaled", "python:code.py:small", images)
    assert [(cause.family, cause.fix_at) for cause in found.causes] == [("scale_missing", None)]
    assert found.causes[0].fix == "images = fn.normalize(images, mean=0.0, stddev=255.0)"


def test_a_text_in_another_encoding_is_diagnosed_all_the_same(images):
    """A source that declares latin-1 is read as such, and one whose text cannot be read keeps the detector's words."""
    latin = f"# -*- coding: latin-1 -*-\n# gr\xf6\xdfe\n{HEAD}{SHIPPED}"
    Path("latin.py").write_bytes(latin.encode("latin-1"))
    found = tools.diagnose(RIGHT_SIDE, "dali:latin.py:preprocess", images)
    assert "latin.py:9" in [cause.fix.splitlines()[0] for cause in found.causes]
    Path("made.py").write_text(f"{HEAD}{SHIPPED}\n\nother = preprocess\n", encoding="utf-8")
    told = tools.diagnose(RIGHT_SIDE, "dali:made.py:other", images)
    assert told.verdict == "differs"
    assert {cause.fix_at for cause in told.causes} == {None}
    assert "the source defines no function 'other'" in told.notes[-1]


def test_one_picture_goes_through_both_sides(images):
    """What the explorer adds a picture with: the same stages and values as a capture of all pictures."""
    seen, (name, path) = tools.look(RIGHT_SIDE, SHIPPED_SIDE, images), next(iter(images.items()))
    both = tools.on_both(RIGHT_SIDE, SHIPPED_SIDE, images)
    added = both.capture(path)
    for whole, one in zip((seen.reference, seen.deployed), added, strict=True):
        assert one.images == (name,)
        assert [stage.name for stage in one.stages] == [stage.name for stage in whole.stages]
        np.testing.assert_array_equal(one.tensor(one.final.name, name), whole.tensor(whole.final.name, name))
    again = both.mends(seen.reference, seen.deployed)
    assert [cause.family for cause in again.causes] == [cause.family for cause in seen.mends.causes]
    mended = again.tensors(again.causes, name)[seen.deployed.final.name]
    assert np.abs(mended - seen.reference.tensor(seen.reference.final.name, name)).max() <= 1.01 / 255


def test_what_cannot_be_repaired_is_proposed_or_said(images):
    """A python side gets the reference's recipe as a pipeline that matches, or a sentence; a pipeline gets its repair."""
    Path("code.py").write_text("def prep(path):\n    raise NotImplementedError\n", encoding="utf-8")
    written = tools.propose(RIGHT_SIDE, "python:code.py:prep", images)
    assert "def preprocess" in written.shown
    assert written.verdict == "match"
    assert written.command == f"pixelparity repair --reference {RIGHT_SIDE} --images PICTURES"
    said = tools.propose("python:code.py:prep", "python:code.py:prep", images)
    assert "declares no recipe" in said.shown
    assert (said.after, said.command) == (None, "")
    repaired = tools.propose(RIGHT_SIDE, SHIPPED_SIDE, images, pictures="drawn")
    assert repaired.shown == tools.repair(RIGHT_SIDE, SHIPPED_SIDE, images).shown
    assert repaired.command.endswith("--images drawn --verify embedded")


def test_a_repair_that_fails_is_told(images):
    """A reference whose recipe nothing can be written from leaves the reason, not an exception."""
    unknown = "    images = fn.gaussian_blur(images, sigma=1.0)\n    return fn.transpose(images, perm=[2, 0, 1])\n"
    Path("blurred.py").write_text(HEAD + unknown, encoding="utf-8")
    told = tools.propose("dali:blurred.py:preprocess", "python:code.py:prep", images)
    assert "is code of its own" in told.shown
    assert told.after is None


def test_questions_that_cannot_be_answered_are_errors(images):
    """No pictures, no pipeline, a trace of a file and a repair to verify of nothing are each refused in one sentence."""
    with pytest.raises(InputError, match="give --images"):
        tools.repair(RIGHT_SIDE, SHIPPED_SIDE, None)
    with pytest.raises(InputError, match="is no pipeline that could be repaired"):
        tools.repair(RIGHT_SIDE, "python:odd.py:odd", images)
    with pytest.raises(InputError, match="go with triton:"):
        tools.diagnose(RIGHT_SIDE, SHIPPED_SIDE, images, trace="trace.json")
    with pytest.raises(InputError, match="give --deployed SIDE"):
        tools.repair(RIGHT_SIDE, None, images, verify="embedded")
    with pytest.raises(InputError, match="triton:HOST:PORT/MODEL, or embedded"):
        tools.repair(RIGHT_SIDE, "dali:right.dali", images, verify="elsewhere")
    with pytest.raises(InputError, match="is not a file"):
        tools.diagnose(RIGHT_SIDE, SHIPPED_SIDE, images, model="lacking.onnx")


@pytest.mark.slow
def test_incident_is_mended_through_the_server_and_the_file_alone(folder, images):
    """With no source: through ``triton:`` alone, with its file, and embedded; each repaired, served beside, taken away."""
    from pixelparity.deploy.server import Server

    with Server(folder / "models", models=["both"], log=folder / "triton.log") as server:
        target = f"triton:{server.url}/both"
        for options in ({}, {"local": SERVED_FILE}):
            mended = tools.repair(RIGHT_SIDE, target, images, verify=target, **options)
            assert mended.code == 0, mended.summary
            assert mended.is_new is not bool(options)
            assert mended.proof.names == {"prep": "prep_repaired"}
            assert mended.proof.gap < 1.0
            for name in images:
                assert mended.proof.before.outputs[name][0] > 0.9 > 0.6 > mended.proof.after.outputs[name][0]
        assert sorted(name for name, state in server.models().items() if state == "READY") == ["both", "net", "prep"]
        served = tools.diagnose(RIGHT_SIDE, target, images, local=SERVED_FILE)
        assert "model.dali, from shipped.py:7" in [cause.fix.splitlines()[0] for cause in served.causes]
        found = tools.diagnose(RIGHT_SIDE, target, images, local="right.dali")
        assert {cause.fix_at for cause in found.causes} == {None}  # that file is not what is served
        assert "is not what is served" in found.notes[-1]
        with pytest.raises(SkewError, match="declares no recipe to write it from"):
            tools.repair("python:odd.py:odd", target, images)
    mended = tools.repair(RIGHT_SIDE, f"dali:{SERVED_FILE}", images, verify="embedded")
    assert mended.code == 0
    assert mended.proof.names == {"prep": "prep_repaired", "both": "both_repaired"}
    assert "the served model answers as before; the copy is taken away" in mended.summary


@pytest.mark.slow
def test_file_outside_a_repository_is_proven_on_a_server_of_its_own(images):
    """A lone source is served by a repository written for it, and its repair beside it."""
    mended = tools.repair(RIGHT_SIDE, SHIPPED_SIDE, images, verify="embedded")
    assert mended.proof.names == {"deployed": "deployed_repaired"}
    assert mended.proof.holds
    assert mended.code == 0


def test_text_that_runs_vanishes(tmp_path):
    """The file that a text runs from is there in the block, and gone after it, also when the block fails."""
    with pytest.raises(SideError), files.as_module("x = 1", tmp_path) as file:  # noqa: PT012
        assert file.read_text(encoding="utf-8") == "x = 1"
        raise SideError("stop")
    assert not file.parent.exists()
