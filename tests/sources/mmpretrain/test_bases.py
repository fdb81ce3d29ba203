"""Which files a config of MMPretrain is made of, and which configs cannot be told by their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.sources.mmpretrain.bases import read_files

DATA = """
size = (512, 384)
mean = [round(x) for x in [103.53, 116.28]][::-1]
test_pipeline = [dict(type="Resize", scale=size), dict(type=f"Pack{'Inputs'}")]
data_preprocessor = dict(mean=mean, std=[255.0] * 3, to_rgb=True)
custom_imports = dict(imports=["pixelparity.deploy.transforms"], allow_failed_imports=False)
"""


def written(folder: Path, **configs: str) -> str:
    """Write configs by name and return the one that is called ``config``."""
    for name, text in configs.items():
        (folder / f"{name}.py").write_text(text)
    return str(folder / "config.py")


def test_a_config_is_its_file_and_its_bases(tmp_path: Path) -> None:
    """Bases of bases are named too, each once, and what a config takes over of them changes nothing of that."""
    target = written(
        tmp_path, config="_base_ = ['a.py', './b.py']\nmodel = dict(head=_base_.head)\n", a="_base_ = 'c.py'\n" + DATA,
        b="_base_ = ('c.py',)\nhead = dict()\n", c="x = 1\n",
    )  # fmt: skip
    found = read_files(target)
    assert found is not None
    assert {path.name for path in found} == {"config.py", "a.py", "b.py", "c.py"}
    assert all(path.is_absolute() for path in found)


def test_bases_of_a_loop_end(tmp_path: Path) -> None:
    """Two configs that are each other's bases are two files."""
    assert len(read_files(written(tmp_path, config="_base_ = 'a.py'", a="_base_ = 'config.py'")) or ()) == 2


def test_most_models_of_the_zoo_are_told() -> None:
    """A model's name is its config in the installed wheel, with the four files that it is based on."""
    pytest.importorskip("mmpretrain")
    found = read_files("resnet50_8xb32_in1k")
    assert found is not None
    assert sorted(path.name for path in found) == [
        "default_runtime.py", "imagenet_bs256.py", "imagenet_bs32.py", "resnet50.py", "resnet50_8xb32_in1k.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "import os", "from mine import size", "x = open('mean.txt')", "size = eval('1')",
        "x = dict\nx = open\ny = x('/etc/passwd')",
        "dict = open", "x = size.count(1)", "x = '{{ fileDirname }}'", "x = '{{$HOME:none}}'", "def f():\n    return 1",
        "custom_imports = dict(imports=['mine'])", "custom_imports = dict(imports=NAMES)", "x = [f for f in __builtins__]",
        "custom_imports = {'imports': ['pixelparity.sides']}", "x = dict(custom_imports=dict(imports=['mine']))",
        "_base_ = NAMES\nNAMES = ['a.py']", "_base_ = 'a.py'\n_base_ = 5", "x = {'_base_': 'a.py'}", "_base_ += 'a.py'",
        "_base_ = 'nosuchpackage::a.py'", "x = lambda: 1", "with x:\n    pass", "exec('')", "for x in [1]:\n    y = x",
    ],
)  # fmt: skip
def test_a_config_that_may_depend_on_more_is_not_told(tmp_path: Path, line: str) -> None:
    """What imports, calls, asks the environment, or names its bases in a way that only running it tells, is no plain data."""
    assert read_files(written(tmp_path, config=f"{DATA}{line}\n", a="")) is None
    assert read_files(written(tmp_path, config="_base_ = 'b.py'", b=f"{DATA}{line}\n", a="")) is None


def test_other_files_are_not_told(tmp_path: Path) -> None:
    """A config in JSON is read by MMEngine in its own way."""
    (tmp_path / "config.json").write_text("{}")
    assert read_files(str(tmp_path / "config.json")) is None
    assert read_files(written(tmp_path, config="_base_ = 'config.json'")) is None
