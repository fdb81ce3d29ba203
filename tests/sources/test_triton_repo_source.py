"""A Triton model repository on disk: followed to the network, read step by step, held against what its configs declare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest

from pixelparity import sides
from pixelparity.cli.main import main
from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes import Colour, Decode, Layout, Normalize, Resize
from pixelparity.sources import protocol, triton_repo
from pixelparity.sources.dali.functions import serialize
from tests.sources.onnx_models import CONV, build, constant, node
from tests.sources.triton_repositories import (
    ANSWERED,
    IMAGE,
    PIPELINES,
    PIXELS,
    PREPARED,
    autoserialized,
    ensemble,
    kinds,
    model,
    net,
    prep,
    step,
    tensor,
    whole,
)


def test_an_ensemble_is_followed_to_its_network(tmp_path: Path) -> None:
    """The recipe is that of the pipeline which lies in the step before the network, each step with the model that does it."""
    home = prep(tmp_path)
    net(tmp_path)
    found = triton_repo.recipe(whole(tmp_path))
    alone = protocol.of("dali").recipe(str(home / "model.dali"))  # type: ignore[misc]
    assert found.steps == alone.steps
    assert found.source == f"triton-repo:{tmp_path / 'whole'}"
    assert all(step.origin.startswith("prep: fn.") for step in found.steps)
    assert triton_repo.recipe(str(tmp_path / "prep")).steps == alone.steps


def test_the_listing_says_what_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command names each step with its file and says that it was parsed, and what the network declares."""
    prep(tmp_path)
    net(tmp_path)
    assert main(["recipe", f"triton-repo:{whole(tmp_path)}", "--no-code"]) == 0
    printed = capsys.readouterr().out
    assert "1 prep                 dali: 1/model.dali, parsed" in printed
    assert "2 net                  tensorrt_plan: the network; 'data' is TYPE_FP32 [3, 48, 32]" in printed


def test_a_recipe_of_a_repository_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``diff`` takes an ensemble and the file inside it, which mean the same."""
    home = prep(tmp_path)
    net(tmp_path)
    assert main(["diff", f"triton-repo:{whole(tmp_path)}", f"dali:{home / 'model.dali'}"]) == 0
    assert "mean the same" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (("FP32", 3, 32, 48), "the shapes differ"),
        (("FP32", 48, 32, 3), "the shapes differ"),
        (("FP16", 3, 48, 32), "the types differ"),
        (("UINT8", 3, 48, 32), "the types differ"),
        (("FP32", 1, 48, 32), "the shapes differ"),
    ],
)
def test_a_network_that_takes_something_else_is_refused(tmp_path: Path, declared: tuple[Any, ...], said: str) -> None:
    """Size, order of axes, count of channels and type that the network declares are the recipe's, or it is one sentence."""
    prep(tmp_path, tensor("PIXELS", declared[0], -1, -1, -1))
    net(tmp_path, *declared)
    with pytest.raises(InputError, match=f"makes float32 in CHW, .*{said}") as raised:
        triton_repo.recipe(whole(tmp_path))
    assert "\n" not in str(raised.value)


def test_a_declared_format_is_held_against_the_order_of_axes(tmp_path: Path) -> None:
    """Where dims leave the order open, FORMAT_NHWC contradicts a pipeline that ends in CHW."""
    prep(tmp_path, tensor("PIXELS", "FP32", -1, -1, -1))
    net(tmp_path, "FP32", 3, -1, -1, more="format: FORMAT_NHWC")
    with pytest.raises(InputError, match=r"FORMAT_NHWC: the orders of axes differ"):
        triton_repo.recipe(whole(tmp_path))


def test_open_dims_and_a_batch_among_them_agree(tmp_path: Path) -> None:
    """-1 is any length, and a network without batches may declare the axis of the batch itself."""
    prep(tmp_path)
    net(tmp_path, "FP32", -1, 3, -1, -1, batch=0)
    assert kinds(triton_repo.recipe(whole(tmp_path)))[-1] == "layout"


def test_two_steps_that_declare_one_tensor_differently(tmp_path: Path) -> None:
    """Triton loads no ensemble whose steps disagree on a tensor's type; both declarations are shown."""
    prep(tmp_path, tensor("PIXELS", "UINT8", -1, -1, 3))
    net(tmp_path, "FP32", 1, -1, -1, 3, batch=0)
    with pytest.raises(InputError, match=r"'PIXELS' as TYPE_UINT8 \[-1, -1, 3\], and 'net' .*TYPE_FP32.*types differ"):
        triton_repo.recipe(whole(tmp_path))


def test_python_steps_are_named_and_not_run(tmp_path: Path) -> None:
    """A step of the Python backend is code: all of them are named, and what can be read alone."""
    given = model(tmp_path, "guard", "python", IMAGE, tensor("CHECKED", "UINT8", -1, -1, 3))
    (given / "model.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    prep(tmp_path)
    net(tmp_path)
    target = ensemble(
        tmp_path,
        step("guard", {"IMAGE": "IMAGE"}, {"CHECKED": "c"}),
        step("prep", {"INPUT": "c"}, {"PIXELS": "x"}),
        ANSWERED,
    )
    with pytest.raises(
        UnsupportedStep, match=r"'guard' is Python code .*python:FILE.*; of the others, triton-repo:.*/prep is"
    ):
        triton_repo.recipe(target)
    assert not (tmp_path / "ran").exists()


def test_a_model_py_of_ours_is_known(tmp_path: Path) -> None:
    """A ``model.py`` that only takes over this package's DALI model runs the ``model.dali`` beside it; one line more is code."""
    home = prep(tmp_path)
    (tmp_path / "prep" / "config.pbtxt").write_text(
        f'backend: "python" max_batch_size: 8 input [{tensor("INPUT", "UINT8", -1, -1, 3)}] output [{PIXELS}]'
    )
    net(tmp_path)
    line = "from pixelparity.deploy.served import DaliModel as TritonPythonModel  # noqa: F401\n"
    (home / "model.py").write_text(f"# ours\n{line}")
    assert kinds(triton_repo.recipe(whole(tmp_path))) == ["decode", "resize", "crop", "cast", "layout"]
    (home / "model.py").write_text(f"{line}TritonPythonModel.run = None\n")
    with pytest.raises(UnsupportedStep, match="'prep' is Python code"):
        triton_repo.recipe(str(tmp_path / "whole"))


def test_the_network_of_the_python_backend(tmp_path: Path) -> None:
    """Where Python runs the network too, the network is what takes a picture and puts out none."""
    prep(tmp_path)
    (net(tmp_path, backend="python") / "model.py").write_text("a = 1\n")
    assert kinds(triton_repo.recipe(whole(tmp_path)))[-1] == "layout"


def test_a_dali_py_is_run_where_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without ``:dali.py`` it is named and not run; with it, its one marked function is read, and the listing says executed."""
    target, ran = autoserialized(tmp_path)
    with pytest.raises(
        UnsupportedStep, match=r"'prep' is a dali\.py, which is code and not run: write triton-repo:\S+:dali\.py"
    ):
        triton_repo.recipe(target)
    with pytest.raises(InputError, match=r"runs code .*--no-code refuses"):
        sides.parse(f"triton-repo:{target}:dali.py", no_code=True)
    assert not ran.exists()
    assert main(["recipe", f"triton-repo:{target}:dali.py"]) == 0
    assert ran.exists()
    assert "1 prep                 dali: 1/dali.py, executed" in capsys.readouterr().out
    *_, size, scale, layout = triton_repo.recipe(f"{target}:dali.py").steps
    assert isinstance(size, Resize)
    assert (size.height, size.width) == (24, 16)
    assert (scale, layout) == (Normalize(std=(255.0,)), Layout(source="HWC", target="CHW"))


def test_a_dali_py_without_one_marked_function(tmp_path: Path) -> None:
    """DALI's backend takes exactly one function with ``@autoserialize``."""
    target, _ = autoserialized(tmp_path)
    file = tmp_path / "prep" / "1" / "dali.py"
    file.write_text(file.read_text().replace("@autoserialize", ""))
    with pytest.raises(InputError, match="has 0 functions with @autoserialize"):
        triton_repo.recipe(f"{target}:dali.py")


def onnx_net(root: Path, *front: Any, stored: Any = (), shape: Any = ("N", 3, 48, 32)) -> None:
    """Write a network of ONNX with operators in front."""
    home = net(root, backend="onnxruntime")
    onnx.save(build([*front, CONV], list(stored), list(shape)), home / "model.onnx")


def test_what_an_onnx_network_does_itself_comes_behind(tmp_path: Path) -> None:
    """A division in front of the first convolution is a step of the recipe, once; the caller's part is what the pipeline does."""
    prep(tmp_path)
    onnx_net(tmp_path, node("Div", "s"), stored=[constant("s", 255.0)])
    found = triton_repo.recipe(whole(tmp_path))
    assert kinds(found) == ["decode", "resize", "crop", "cast", "layout", "normalize"]
    assert found.steps[-1] == Normalize(std=(255.0,))
    assert found.steps[-1].origin.startswith("net: ")


def test_a_plain_onnx_network_adds_nothing(tmp_path: Path) -> None:
    """A network that begins with its convolution leaves the recipe as it is; alone it has none, and says who prepares."""
    prep(tmp_path)
    onnx_net(tmp_path)
    assert kinds(triton_repo.recipe(whole(tmp_path)))[-1] == "layout"
    with pytest.raises(UnsupportedStep, match="holds no preprocessing"):
        triton_repo.recipe(str(tmp_path / "net"))


def test_an_onnx_network_that_takes_another_layout(tmp_path: Path) -> None:
    """The config may be silent, the file itself says channels last: the step before contradicts it."""
    prep(tmp_path, tensor("PIXELS", "FP32", -1, -1, -1))
    home = net(tmp_path, "FP32", -1, -1, -1, backend="onnxruntime", more="format: FORMAT_NCHW")
    chain = [node("Div", "s"), node("Transpose", perm=[0, 3, 1, 2]), CONV]
    onnx.save(build(chain, [constant("s", 255.0)], ["N", 48, 32, 3]), home / "model.onnx")
    with pytest.raises(
        InputError, match=r"'net': its file takes float32 in HWC, and the step before makes float32 in CHW"
    ):
        triton_repo.recipe(whole(tmp_path))


def test_a_step_of_onnx_prepares(tmp_path: Path) -> None:
    """A model of ONNX that hands a picture to the network is no network, and is read."""
    home = model(tmp_path, "prep", "onnxruntime", tensor("image", "FP32", 3, 48, 32), PIXELS)
    onnx.save(build([node("Div", "s")], [constant("s", 255.0)], ["N", 3, 48, 32]), home / "model.onnx")
    net(tmp_path)
    target = ensemble(tmp_path, step("prep", {"image": "IMAGE"}, {"PIXELS": "x"}), ANSWERED)
    assert kinds(triton_repo.recipe(target)) == ["layout", "cast", "normalize"]


def test_two_pipelines_in_a_row_are_joined(tmp_path: Path) -> None:
    """The second is read as fed with what the first makes, in its order of channels, and says nothing of a decoder again."""
    home = model(
        tmp_path,
        "first",
        "dali",
        tensor("E", "UINT8", -1),
        tensor("A", "FP32", 3, 40, 40) + "," + tensor("B", "UINT8", 40, 40, 3),
    )
    (home / "model.dali").write_bytes(serialize(f"{PIPELINES}:encoded")[0])
    prep(tmp_path)
    net(tmp_path)
    target = ensemble(
        tmp_path,
        step("first", {"E": "IMAGE"}, {"A": "unused", "B": "b"}),
        step("prep", {"INPUT": "b"}, {"PIXELS": "x"}),
        ANSWERED,
    )
    found = triton_repo.recipe(target)
    assert [step.channels for step in found.steps if isinstance(step, Decode)] == ["BGR"]
    assert [step.origin.partition(":")[0] for step in found.steps].count("prep") == 4
    assert not [step for step in found.steps if isinstance(step, Colour)]


def test_a_second_pipeline_that_is_fed_tensors_is_refused(tmp_path: Path) -> None:
    """What a pipeline means is read for decoded pictures: behind one that ends in floats it is not guessed."""
    prep(tmp_path)
    home = model(tmp_path, "more", "dali", tensor("INPUT", "FP32", 3, 48, 32), tensor("PIXELS", "FP32", 3, 48, 32))
    (home / "model.dali").write_bytes(serialize(f"{PIPELINES}:shipped")[0])
    net(tmp_path)
    target = ensemble(
        tmp_path,
        step("prep", {"INPUT": "IMAGE"}, {"PIXELS": "p"}),
        step("more", {"INPUT": "p"}, {"PIXELS": "x"}),
        ANSWERED,
    )
    with pytest.raises(
        UnsupportedStep, match=r"step 'more': it is read as fed with a picture of uint8 in HWC, .* float32 in CHW"
    ):
        triton_repo.recipe(target)


def test_a_step_that_reads_two_pictures_is_not_guessed(tmp_path: Path) -> None:
    """Where a step is fed with two tensors of the step before, the first is not taken for the picture."""
    made = f"{tensor('A', 'FP32', 3, 40, 40)}, {tensor('B', 'UINT8', 40, 40, 3)}"
    first = model(tmp_path, "first", "dali", tensor("E", "UINT8", -1), made)
    (first / "model.dali").write_bytes(serialize(f"{PIPELINES}:encoded")[0])
    given = f"{tensor('I', 'UINT8', 40, 40, 3)}, {tensor('J', 'FP32', 3, 40, 40)}"
    model(tmp_path, "prep", "dali", given, PIXELS)
    net(tmp_path)
    both = step("prep", {"I": "b", "J": "a"}, {"PIXELS": "x"})
    target = ensemble(tmp_path, step("first", {"E": "IMAGE"}, {"A": "a", "B": "b"}), both, ANSWERED)
    with pytest.raises(InputError, match=r"'prep' of whole reads several tensors .*\(whole/a, whole/b\)"):
        triton_repo.recipe(target)


def test_of_several_networks_one_is_named(tmp_path: Path) -> None:
    """Two networks that see pictures are listed; ``#STEP`` chooses one, and a name that is none is answered with all."""
    prep(tmp_path)
    net(tmp_path)
    model(tmp_path, "other", "tensorrt_plan", tensor("data", "FP32", 3, 48, 32), tensor("out", "FP32", 2))
    target = ensemble(tmp_path, PREPARED, ANSWERED, step("other", {"data": "x"}, {"out": "more"}))
    with pytest.raises(InputError, match=r"2 networks that see pictures \(net, other\); name .* #STEP"):
        triton_repo.recipe(target)
    assert kinds(triton_repo.recipe(f"{target}#other"))[-1] == "layout"
    with pytest.raises(InputError, match=r"no step and no output 'nosuch'; it has prep, net, other, ANSWER"):
        triton_repo.recipe(f"{target}#nosuch")


def test_of_several_outputs_one_is_named(tmp_path: Path) -> None:
    """A pipeline alone that puts out two pictures is asked which, and Triton's order in the config finds its output."""
    made = tensor("A", "FP32", 3, 40, 40) + "," + tensor("B", "UINT8", 40, 40, 3)
    home = model(tmp_path, "prep", "dali", tensor("E", "UINT8", -1), made)
    (home / "model.dali").write_bytes(serialize(f"{PIPELINES}:encoded")[0])
    with pytest.raises(InputError, match=r"puts out several tensors \(A, B\); name .* #B"):
        triton_repo.recipe(str(tmp_path / "prep"))
    assert "normalize" in kinds(triton_repo.recipe(f"{tmp_path / 'prep'}#A"))
    assert "normalize" not in kinds(triton_repo.recipe(f"{tmp_path / 'prep'}#B"))


def test_an_ensemble_that_only_prepares_is_asked_by_its_own_names(tmp_path: Path) -> None:
    """Without a network, the outputs are named as the ensemble calls them, and each of these names is taken."""
    made = f"{tensor('A', 'FP32', 3, 40, 40)}, {tensor('B', 'UINT8', 40, 40, 3)}"
    home = model(tmp_path, "prep", "dali", tensor("E", "UINT8", -1), made)
    (home / "model.dali").write_bytes(serialize(f"{PIPELINES}:encoded")[0])
    target = ensemble(tmp_path, step("prep", {"E": "IMAGE"}, {"A": "ANSWER", "B": "SEEN"}))
    config = tmp_path / "whole" / "config.pbtxt"
    config.write_text(config.read_text() + f"output [{tensor('SEEN', 'UINT8', -1, -1, 3)}]")
    with pytest.raises(InputError, match=r"several tensors \(ANSWER, SEEN\); name .* #SEEN"):
        triton_repo.recipe(target)
    assert "normalize" in kinds(triton_repo.recipe(f"{target}#ANSWER"))
    assert "normalize" not in kinds(triton_repo.recipe(f"{target}#SEEN"))


def test_a_config_may_leave_much_to_triton(tmp_path: Path) -> None:
    """Without a config, or with an empty one, the backend is told by the file and the tensors by the ensemble's maps."""
    home = tmp_path / "prep" / "1"
    home.mkdir(parents=True)
    (home / "model.dali").write_bytes(serialize(f"{PIPELINES}:shipped")[0])
    net(tmp_path)
    target = ensemble(tmp_path, step("prep", {"INPUT": "IMAGE"}, {"__Transpose_4": "x"}), ANSWERED)
    with pytest.raises(InputError, match=r"has no output '__Transpose_4'|'__Transpose_4'"):
        triton_repo.recipe(target)
    (tmp_path / "prep" / "config.pbtxt").write_text("max_batch_size: 8")
    assert kinds(triton_repo.recipe(str(tmp_path / "prep")))[-1] == "layout"


def test_a_network_may_leave_its_input_to_triton(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An engine whose config declares nothing is the network all the same, and the listing says what was left open."""
    prep(tmp_path)
    (tmp_path / "net" / "1").mkdir(parents=True)
    (tmp_path / "net" / "config.pbtxt").write_text('platform: "tensorrt_plan" max_batch_size: 8')
    assert main(["recipe", f"triton-repo:{whole(tmp_path)}"]) == 0
    assert "tensorrt_plan: the network; 'data' is left to Triton" in capsys.readouterr().out


def test_the_version_is_the_one_that_triton_serves(tmp_path: Path) -> None:
    """The highest number is served, unless the step or the policy names another; 10 is more than 9."""
    home = prep(tmp_path)
    net(tmp_path)
    for number in ("9", "10"):
        (home.parent / number).mkdir()
    (home / "model.dali").rename(home.parent / "10" / "model.dali")
    assert triton_repo.recipe(whole(tmp_path)).steps
    target = ensemble(tmp_path, step("prep", {"INPUT": "IMAGE"}, {"PIXELS": "x"}, version=9), ANSWERED, name="older")
    with pytest.raises(InputError, match=r"'prep' has neither a model.dali nor a dali.py"):
        triton_repo.recipe(target)
    config = home.parent / "config.pbtxt"
    config.write_text(config.read_text() + "version_policy: { specific: { versions: [1, 7] } }")
    with pytest.raises(InputError, match=r"'prep' has neither a model.dali nor a dali.py"):
        triton_repo.recipe(str(tmp_path / "whole"))


def test_a_file_of_another_name_is_found(tmp_path: Path) -> None:
    """``default_model_filename`` names the file; one that leads elsewhere is refused."""
    home = prep(tmp_path, more='default_model_filename: "mine.dali"')
    net(tmp_path)
    (home / "model.dali").rename(home / "mine.dali")
    assert triton_repo.recipe(whole(tmp_path)).steps
    config = home.parent / "config.pbtxt"
    for name in ("../../secret", "/etc/passwd", ".."):
        config.write_text(config.read_text().replace("mine.dali", name))
        with pytest.raises(InputError, match=r"the default_model_filename of 'prep': it is .*, which leads elsewhere"):
            triton_repo.recipe(str(tmp_path / "whole"))
        config.write_text(config.read_text().replace(name, "mine.dali"))
