"""Edits of a pipeline's text leave everything else as it was written."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelparity.errors import InputError
from pixelparity.repair.script import Script

TEXT = '''"""A module: ä."""
import nvidia.dali.fn as fn

SIZE = (7, 9)


def p():
    """Türkis."""
    images = fn.external_source(name="é")
    images = fn.resize(  # why
        images,
        size=SIZE,
        mode="stretch",
    )
    return fn.transpose(fn.cast(images, dtype=5), perm=[2, 0, 1])
'''


def test_calls_come_in_running_order() -> None:
    """Inner calls run before outer ones."""
    assert [call.name for call in Script(TEXT, "p").calls] == ["external_source", "resize", "cast", "transpose"]


def test_values_are_looked_up() -> None:
    """Names of module constants, tuples, products and attributes."""
    script = Script(TEXT.replace("SIZE,", "[SIZE[0]] * 2,"), "p")
    assert Script(TEXT, "p").value(Script(TEXT, "p").named("resize")[0].argument("size")) == (7, 9)
    assert script.value(script.named("resize")[0].argument("size")) is None
    assert script.value(script.named("transpose")[0].argument("perm")) == (2, 0, 1)


def test_arguments_are_set_and_taken_away() -> None:
    """In place, at the end, across lines and behind letters of several bytes."""
    script = Script(TEXT, "p")
    resize = script.named("resize")[0]
    assert 'mode="default",\n    )' in script.with_argument(resize, "mode", '"default"').source
    added = script.with_argument(resize, "antialias", "False")
    assert 'mode="stretch", antialias=False,\n    )' in added.source
    without = added.without_arguments(added.named("resize")[0], "size", "mode", "antialias")
    assert [k.arg for k in without.named("resize")[0].node.keywords] == []
    assert 'name="é"' in without.source
    empty = Script("def p():\n    return fn.external_source()\n", "p")
    assert "fn.external_source(name=1)" in empty.with_argument(empty.calls[0], "name", "1").source


def test_lines_are_added_and_taken_out() -> None:
    """A result that has a name gets a new line; a nested one is wrapped."""
    script = Script(TEXT, "p")
    after = script.after(script.named("external_source")[0], "fn.flip({})")
    assert '(name="é")\n    images = fn.flip(images)\n    images = fn.resize(' in after.source
    wrapped = script.after(script.named("cast")[0], "fn.flip({})")
    assert "fn.transpose(fn.flip(fn.cast(images, dtype=5)), perm" in wrapped.source
    assert "    return fn.flip(fn.transpose(" in script.around_result("fn.flip({})").source
    line = after.named("flip")[0].statement
    assert after.without_line(line).source == TEXT


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        (("images = fn.flip(images)", "return images"), ("return images",)),
        (("turned = fn.flip(images)", "return turned"), ("turned = images", "return turned")),
        (("images = fn.cast(fn.flip(images))", "return images"), ("images = fn.cast(images)", "return images")),
        (("return fn.flip(images)",), ("return images",)),
    ],
)
def test_a_call_that_is_taken_out_leaves_its_input(lines: tuple[str, ...], after: tuple[str, ...]) -> None:
    """The line goes too where all it did was to hand a name to itself; elsewhere the input stands in the call's place."""
    head = "from nvidia.dali import fn\ndef p(images):\n"
    script = Script(head + "".join(f"    {line}\n" for line in lines), "p")
    assert script.without_call(script.named("flip")[0]).source == head + "".join(f"    {line}\n" for line in after)


def test_imports_are_added_once() -> None:
    """A name that is there already is not imported again."""
    once = Script(TEXT, "p").importing("types")
    assert "as fn\nfrom nvidia.dali import types\n" in once.source
    assert once.importing("types", "fn").source == once.source


def test_a_function_has_one_return() -> None:
    """A pipeline function with two results in two places cannot be wrapped."""
    with pytest.raises(InputError, match="has 2 returns"):
        Script("def p():\n    if a:\n        return fn.a()\n    return fn.b()\n", "p").around_result("{}")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="aé漢 #", max_size=12), st.sampled_from(["size", "mode", "other"]), st.integers(-9, 9))
def test_an_edit_changes_its_argument_alone(comment: str, name: str, value: int) -> None:
    """Whatever letters stand around it, the argument has the new value and the other calls are the same."""
    script = Script(TEXT.replace("# why", f"# {comment}"), "p")
    edited = script.with_argument(script.named("resize")[0], name, str(value))
    assert edited.value(edited.named("resize")[0].argument(name)) == value
    assert [edited.text(c.node) for c in edited.calls if c.name != "resize"] == [
        script.text(c.node) for c in script.calls if c.name != "resize"
    ]
    assert f"# {comment}" in edited.source


@pytest.mark.parametrize(
    ("written", "value"),
    [("6 * 4", 24), ("0.5 * 3", 1.5), ("[3, 4] * 2", (3, 4, 3, 4)), ("'ab' * 2", None), ("edge * 2", None)],
)
def test_products_are_worked_out(written: str, value: object) -> None:
    """Numbers are multiplied and lists repeated; of anything else nothing is known."""
    assert Script(TEXT, "p").value(ast.parse(written, mode="eval").body) == value
