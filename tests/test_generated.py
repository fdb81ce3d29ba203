"""Texts that were written from data are checked as trees: what the writers write passes, anything else does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixelparity.errors import InputError
from pixelparity.recipes import KERNELS, Crop, Decode, Layout, Normalize, Pad, Recipe, Resize
from pixelparity.repair import runtime_text
from pixelparity.repair.write_dali import write_dali
from pixelparity.sources import dali
from pixelparity.sources.dali.functions import serialize
from pixelparity.tools import files, generated

PIPELINES = Path(__file__).parent / "sources" / "dali_pipelines.py"
HEAD = "from nvidia.dali import fn, math, pipeline_def, types\n\n\n@pipeline_def\ndef preprocess():\n"
SOUND = '    images = fn.external_source(name="IN")\n    return fn.resize(images, size=[4, 4])\n'


def resized(kernel: str, library: str, *, antialias: bool, mode: str = "stretch", rounding: str = "none") -> Resize:
    """Return a resize to 48 x 40 pixels."""
    return Resize(
        mode=mode, size=48, height=48, width=40, kernel=kernel, antialias=antialias, subpixel=False, library=library,
        rounding=rounding, passes="horizontal_first" if library == "pillow" else "one",
    )  # fmt: skip


WINDOWS = (
    Crop(height=40, width=40, rounding="half_even", out_of_bounds="pad"),
    Crop(fraction=(7, 8), rounding="half_even", out_of_bounds="trim"),
    Pad(height=60, width=60, position="centre", fill=(1.0, 2.5, 3.0)),
    Pad(divisor=32, position="top_left", fill=(0.0,)),
)


@pytest.mark.parametrize("library", ["opencv", "pillow", "torch", "dali"])
@pytest.mark.parametrize("kernel", [kernel for kernel in KERNELS if kernel not in ("hamming", "gaussian")])
@pytest.mark.parametrize("feed", ["encoded", "bgr"])
def test_written_recipes_pass(library: str, kernel: str, feed: str) -> None:
    """Whatever the writer of recipes brings along, helper functions and lambdas included, passes."""
    for antialias in (False, True):
        for window in WINDOWS:
            for mode, rounding in (("stretch", "none"), ("shorter", "half_even"), ("not_larger", "floor_plus_half")):
                step = resized(kernel, library, antialias=antialias, mode=mode, rounding=rounding)
                steps = (Decode(library="opencv", channels="RGB"), step, window, Layout(source="HWC", target="CHW"))
                recipe = Recipe(source="test", steps=(*steps, Normalize(mean=(1.0, 2.0, 3.0), std=(5.0,) * 3)))
                generated.check(write_dali(recipe, feed=feed))


@pytest.mark.parametrize(
    "name", ["shipped", "encoded", "on_gpu", "computed", "conditional", "sliced", "swapped_by_cat"]
)
def test_pipeline_files_written_out_pass(name: str) -> None:
    """Every operator, expression and subscript of a file that is written out passes."""
    generated.check(dali.to_source(dali.read(serialize(f"{PIPELINES}:{name}")[0])))


@pytest.mark.parametrize(
    "body",
    [
        "    return open('x')\n",
        "    return __import__('os')\n",
        "    images = open\n    return images('x')\n",
        "    return fn.resize(eval, size=[4, 4])\n",
        "    return fn.sys.exit(1)\n",
        "    return math.sys.exit(1)\n",
        "    return fn._b.LoadLibrary('x')\n",
        "    return fn.python_function(function=preprocess)\n",
        "    return fn.no_such_operator()\n",
        "    return fn.resize.__globals__\n",
        "    return types.__loader__\n",
        "    return types.Constant(1)\n",
        "    return ().__class__\n",
        "    return [x for x in (1, 2)]\n",
        "    return f'{fn}'\n",
        "    return (lambda x=open: x)('y')\n",
        "    import os\n    return os\n",
        "    fn = open\n    return fn('x')\n",
        "    with fn.resize() as x:\n        return x\n",
        "    return fn.resize(*[open])\n",
        "    return fn.resize(**{})\n",
        "    types.FLOAT = 1\n    return 1\n",
        "    return (y := 1)\n",
        "    return b'x'\n",
        "    fn.resize()\n    return 1\n",
        "    return 1 +\n",
    ],
)
def test_anything_else_in_a_function_is_refused(body: str) -> None:
    """Built-ins, modules, private parts, foreign calls and statements that no pipeline needs are named with their line."""
    with pytest.raises(InputError, match="nothing of it was run"):
        generated.check(HEAD + body)


@pytest.mark.parametrize(
    "line",
    [
        "import os\n",
        "import nvidia.dali.fn as types\n",
        "from os import path\n",
        "from nvidia.dali import backend\n",
        "from nvidia.dali import backend as fn\n",
        "from . import fn\n",
        "open('x')\n",
        "x = 1\n",
        "class A:\n    pass\n",
        "if True:\n    pass\n",
        "@staticmethod\ndef f():\n    return 1\n",
        "@pipeline_def(batch_size=open('x'))\ndef f():\n    return 1\n",
        "def f(x=open('y')):\n    return x\n",
        "def f(x: open('y')):\n    return x\n",
        "def f() -> open('y'):\n    return 1\n",
        "def f(*x):\n    return x\n",
        "def fn():\n    return 1\n",
        "\x00\n",
        "# coding: no-such-coding\n",
        "(" * 5000 + ")" * 5000 + "\n",
    ],
)
def test_anything_else_in_a_module_is_refused(line: str) -> None:
    """Only imports of DALI and numpy, docstrings, and functions that pass are a module's statements."""
    generated.check(HEAD + SOUND)
    with pytest.raises(InputError, match="nothing of it was run"):
        generated.check(line + HEAD + SOUND)


def test_own_helpers_pass_letter_for_letter_only() -> None:
    """A helper function of the project passes as it is; one in which a word was changed has to keep the rules itself."""
    tapped = runtime_text.functions()["tapped_columns"]
    generated.check(tapped + HEAD + SOUND)
    with pytest.raises(InputError, match="nothing of it was run"):
        generated.check(tapped.replace("total = 0.0", "total = open('x')") + HEAD + SOUND)


def test_only_an_authors_file_is_run_unchecked(tmp_path: Path) -> None:
    """A text with a home is its author's code and may be anything; a text without one was written here and is checked."""
    text = "import os\n" + HEAD + SOUND
    with files.as_module(text, home=tmp_path) as file:
        assert file.read_text() == text
    with pytest.raises(InputError, match="nothing of it was run"), files.as_module(text):
        raise AssertionError("a text that was not checked was handed out")
