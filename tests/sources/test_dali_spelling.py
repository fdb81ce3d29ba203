"""Operators that DALI has renamed: a file of DALI 1.x is read, run, diagnosed and repaired like today's."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from pixelparity import diagnosis, tools
from pixelparity.sources import dali
from pixelparity.sources.dali.functions import serialize
from pixelparity.sources.dali.messages import pipeline_class
from pixelparity.sources.dali.serialized import parse
from pixelparity.sources.dali.spelling import RENAMED, installed_name, localise, modernise

FILE = Path(__file__).with_name("dali_pipelines.py")
FORMER = {today: former for former, today in RENAMED.items()}
#: What a person's name for an operator reads in a file of DALI 1.x.
FORMER_WORDS = {b"_tensor_subscript": b"tensor_subscript", b"_shape": b"shapes"}


def aged(data: bytes) -> bytes:
    """Return a pipeline as DALI 1.35 would have written it: the operators' former names, and those only."""
    message = pipeline_class().FromString(data)
    for op in message.op:
        op.name = FORMER.get(op.name, op.name)
        for argument in op.args:
            if argument.name == "_display_name":
                argument.strings[:] = [FORMER_WORDS.get(word, word) for word in argument.strings]
    return bytes(message.SerializeToString())


def forget_words(message: Any) -> None:
    """Take away what newer DALIs store beside an operator's name."""
    for op in message.op:
        for argument in [a for a in op.args if a.name.startswith("_")]:
            op.args.remove(argument)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Four smooth pictures of different sizes."""
    folder, rng, found = tmp_path_factory.mktemp("pictures"), np.random.default_rng(3), {}
    for name, size in {"a": (60, 44), "b": (44, 60), "c": (50, 50), "d": (81, 30)}.items():
        noise = PIL.Image.fromarray(rng.integers(0, 255, (9, 9, 3)).astype(np.uint8))
        found[name] = folder / f"{name}.png"
        noise.resize(size, PIL.Image.Resampling.BICUBIC).save(found[name])
    return found


@pytest.mark.parametrize("name", ["computed", "conditional", "swapped_by_stack", "on_gpu"])
def test_former_names_are_read_as_todays(name: str) -> None:
    """Graph, recipe, description and written source are those of the same file under today's names."""
    new = serialize(f"{FILE}:{name}")[0]
    old = aged(new)
    assert old != new
    before, after = dali.read(new), dali.read(old)
    assert after.nodes == before.nodes
    assert dali.recipe(after).steps == dali.recipe(before).steps
    assert dali.describe(after) == dali.describe(before)
    assert dali.to_source(after) == dali.to_source(before)


def test_scale_of_an_old_file_is_a_scale() -> None:
    """``images / 255.0`` of DALI 1.x, which stores no Python names either, is the recipe's normalisation."""
    message = pipeline_class().FromString(aged(serialize(f"{FILE}:on_gpu")[0]))
    forget_words(message)
    kinds = [step.kind for step in dali.recipe(dali.read(message.SerializeToString())).steps]
    assert "normalize" in kinds
    assert "other" not in kinds


@pytest.mark.parametrize("name", ["computed", "conditional", "swapped_by_stack"])
def test_old_files_run(name: str, pictures: dict[str, Path]) -> None:
    """A capture of an old file has the stages and tensors, bit for bit, of the same file under today's names."""
    new = serialize(f"{FILE}:{name}")[0]
    before, after = dali.capture(new, pictures), dali.capture(aged(new), pictures)
    assert after.stages == before.stages
    for stage, tensors in before.tensors.items():
        for image, tensor in tensors.items():
            np.testing.assert_array_equal(after.tensor(stage, image), tensor)


def test_old_files_are_diagnosed_and_repaired(tmp_path: Path, pictures: dict[str, Path]) -> None:
    """Diagnosis and repair of an old file say what they say of the same file under today's names."""
    deployed = serialize(f"{FILE}:sized")[0]
    found, mended = [], []
    for folder, data in (("new", deployed), ("old", aged(deployed))):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "model.dali"
        file.write_bytes(data)
        sides = f"dali:{FILE}:sized_scaled", f"dali:{file}"
        found.append(diagnosis.to_json(tools.diagnose(*sides, pictures)))
        mended.append(tools.repair(*sides, pictures))
    assert [cause["family"] for cause in found[1]["causes"]] == ["scale_missing"]
    assert found[1]["causes"] == found[0]["causes"]
    assert (mended[1].text, mended[1].mended, mended[1].code) == (mended[0].text, mended[0].mended, 0)


def test_names_are_put_into_those_of_the_installed_dali() -> None:
    """A pipeline is run under the names that the installed DALI knows, be it older or newer than the file."""
    new = serialize(f"{FILE}:computed")[0]
    message = parse(aged(new), "old")
    assert message.SerializeToString() == new
    localise(message, lambda name: name not in FORMER)
    assert message.SerializeToString() == aged(new)
    modernise(message)
    localise(message, lambda name: name not in RENAMED)
    assert message.SerializeToString() == new


def test_operators_that_no_dali_knows_have_no_name() -> None:
    """An operator is found under its own, its former or its present name, and under no other."""
    assert installed_name("_Shape", {"Shapes"}.__contains__) == "Shapes"
    assert installed_name("Shapes", {"_Shape"}.__contains__) == "_Shape"
    assert installed_name("_Shape", {"_Shape", "Shapes"}.__contains__) == "_Shape"
    assert installed_name("FutureSharpen", {"_Shape", "Shapes"}.__contains__) is None
