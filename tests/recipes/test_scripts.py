"""Values in Python source: what the text alone tells is read, and what it does not is refused with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixelparity.errors import InputError, UnsupportedStep
from pixelparity.recipes.scripts import Dotted, read_script


def argument(tmp_path: Path, before: str, written: str) -> Any:
    """Return the argument of one call ``f(...)`` behind some lines."""
    file = tmp_path / "script.py"
    file.write_text(f"{before}\nf({written})\n")
    script = read_script(file, "a script")
    (call,) = script.calls("f")
    return script.value(call.args[0])


@pytest.mark.parametrize(
    ("before", "written", "value"),
    [
        ("", "[1, -2.5, 'a', None, True]", [1, -2.5, "a", None, True]),
        ("", "0.5 * 255 + 1 - 3 / 2", 127.0),
        ("", "[127.5] * 3", [127.5, 127.5, 127.5]),
        ("MEAN = (1, 2)", "[MEAN]", [[1, 2]]),
        ("A, B = 3, 4", "{'a': A, 'b': B}", {"a": 3, "b": 4}),
        ("import cv2", "cv2.INTER_AREA", Dotted("cv2.INTER_AREA")),
        ("size: int = 224", "(size, size)", [224, 224]),
    ],
)
def test_what_the_text_tells(tmp_path: Path, before: str, written: str, value: Any) -> None:
    """Literals, arithmetic and names with one value are read as plain data; lists stand for tuples."""
    read = argument(tmp_path, before, written)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("before", "written"),
    [
        ("x = 1\nx = 2", "x"),
        ("x = [1]\nx.append(2)", "x"),
        ("x = [1]\nx[0] = 2", "x"),
        ("x = 1\nx += 1", "x"),
        ("x = 1\nfor x in range(3): pass", "x"),
        ("x = 1\ndef g(x): pass", "x"),
        ("", "open('a')"),
        ("", "[i for i in y]"),
        ("", "1 if y else 2"),
        ("", "1 / 0"),
        ("", "'a' * 3"),
        ("", "[0] * 10000000"),
        ("", "2 ** 9"),
        ("x = x", "x"),
        ("x = x + x", "x"),
        ("\n".join(f"x{i} = [x{i + 1}, x{i + 1}]" for i in range(30)) + "\nx30 = 1", "x0"),
        ("args = parse()", "args.mean"),
    ],
)
def test_what_it_does_not_tell(tmp_path: Path, before: str, written: str) -> None:
    """A name that is set twice, changed or given from outside has no value, and no more has any other expression."""
    with pytest.raises(UnsupportedStep, match=r"line \d+: what .* is, is not told by the file alone"):
        argument(tmp_path, before, written)


def test_nothing_is_run(tmp_path: Path) -> None:
    """A file that would write another one when run is only read."""
    mark = tmp_path / "ran"
    with pytest.raises(UnsupportedStep):
        argument(tmp_path, f"open({str(mark)!r}, 'w').close()", "__import__('os')")
    assert not mark.exists()


@pytest.mark.parametrize("text", ["def (", "x = \0", "(" * 5000, "-" * 100000 + "1"])
def test_what_is_no_python(tmp_path: Path, text: str) -> None:
    """A file that cannot be parsed is named in one line."""
    file = tmp_path / "script.py"
    file.write_text(text)
    with pytest.raises(InputError, match="is not readable as Python") as raised:
        read_script(file, "a script")
    assert "\n" not in str(raised.value)


def test_arguments_by_place_and_by_name(tmp_path: Path) -> None:
    """Arguments by place get the names that are told; more of them, and stars, are refused."""
    file = tmp_path / "script.py"
    file.write_text("m.f(1, b=2)\nm.g(*a)\n")
    script = read_script(file, "a script")
    (first,), (second,) = script.calls("f"), script.calls("g")
    assert {name: script.value(node) for name, node in script.arguments(first, ("a",)).items()} == {"a": 1, "b": 2}
    with pytest.raises(UnsupportedStep, match="1 arguments without names"):
        script.arguments(first)
    with pytest.raises(UnsupportedStep, match=r"has \* or \*\*"):
        script.arguments(second)
