"""The table of sources: one home per kind, complete rows, options that captures take, and light to import."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from pixelparity.errors import InputError
from pixelparity.sources import protocol
from pixelparity.sources.protocol import Source
from pixelparity.sources.served.client import Access

HELPERS = Path(protocol.__file__).parents[2]
HEAVY = {"torch", "mmpretrain", "mmengine", "nvidia", "tritonclient", "onnxruntime", "matplotlib", "cv2", "PIL"}
SOURCES = pytest.mark.parametrize("source", protocol.every(), ids=lambda source: source.kind)


def test_a_kind_has_one_home() -> None:
    """Registering a kind twice is an error, and what is in no file is no kind."""
    with pytest.raises(ValueError, match="registered already"):
        protocol.register(protocol.of("dali"))
    with pytest.raises(KeyError):
        protocol.of("protocol")


@SOURCES
def test_every_row_is_complete(source: Source) -> None:
    """Each source gives a recipe or captures, and each way to write it says what it takes and what happens to it."""
    assert source.gives
    assert source.forms
    for form in source.forms:
        assert all((form.takes, form.handling))
        assert form.text.startswith(f"{source.kind}:")
        assert protocol.split(form.example) == (source, form.example.removeprefix(f"{source.kind}:"))


@SOURCES
def test_captures_take_their_options(source: Source) -> None:
    """Every option that a source names is a parameter of its capture, or one of those with which a server is reached."""
    if source.capture is None:
        assert not source.options
        return
    parameters = inspect.signature(source.capture).parameters
    access = source.served.access if source.served is not None else ()
    assert set(access) <= {field.name for field in fields(Access)}
    assert set(source.options) - set(access) <= set(parameters)
    assert (parameters["images"].default is None) == (not source.needs_images)


@SOURCES
def test_recipes_take_their_options(source: Source) -> None:
    """What a recipe is told is a parameter of its reader, and an option that the side's capture knows too."""
    assert set(source.recipe_options) <= set(source.options)
    if source.recipe is not None:
        assert set(source.recipe_options) <= set(inspect.signature(source.recipe).parameters)


def test_a_local_copy_is_a_side() -> None:
    """The kind that reads the file of a served step is one that captures."""
    for source in protocol.every():
        if source.served is not None:
            assert protocol.of(source.served.local_copy).capture is not None


def test_the_table_is_light() -> None:
    """Reading the whole table loads no outside library."""
    code = "import sys; from pixelparity.sources import protocol; protocol.every(); print(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=HELPERS, capture_output=True, text=True, check=True)
    assert "pixelparity.sources.dali" in ran.stdout
    assert not {name.split(".")[0] for name in ran.stdout.split()} & HEAVY


def test_a_name_that_is_near_no_kind_is_answered_with_all() -> None:
    """A foreign format gets every form, and the two ways in that are always open."""
    with pytest.raises(InputError, match=r"write one of: .*; a format without a reader comes in as python:"):
        protocol.split("nosuch:model.bin")
