"""Changes of sound inputs, as strategies of hypothesis: wrong values in JSON, code in texts, damaged bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from benchmarks.fuzz.attempt import MARKER

Path = tuple[Any, ...]


def code(value: str = "0") -> str:
    """Return Python that writes the marker into the current folder and is ``value``."""
    return f"[open('{MARKER}', 'w').write('x'), {value}][1]"


#: Python in every shape in which text has ever got into source: as an expression, behind quotes, line ends and docstrings.
CODES = (
    code(), code("48"), f"48 + {code()}", f'"""\n{code()}\n"""', f'" + {code(chr(34) * 2)} + "', f"' + {code(chr(39) * 2)} + '",
    f"\n{code()}\n", f"{{{code()}}}", f"1\n    {code()}", f"RGB, x={code()}", f"fn.resize(x) if {code()} else fn.resize",
    f"__import__('os').system('touch {MARKER}')", f"$(touch {MARKER})", f"`touch {MARKER}`",
    f"!!python/object/apply:os.system ['touch {MARKER}']",
)  # fmt: skip
TEXTS = (*CODES, "", "a", "\x00", "\u202e", "../../x", "/dev/full", "é" * 5000, "{0}", "%s", "\\", '"', "nan", "1e400")
NUMBERS = (
    0, 1, -1, 2, 3, 255, 1.5, -0.0, 1e-300, 1e308, 2**31, 2**63, 2**64, 10**30, 10**400, float("nan"), float("inf"),
)  # fmt: skip
_SCALARS = st.one_of(
    st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.sampled_from((None, True, False)), st.integers(-9, 5000)
)
VALUES = st.one_of(
    _SCALARS,
    st.lists(_SCALARS, max_size=4),
    st.dictionaries(st.sampled_from(("x", "height", "name", CODES[0])), _SCALARS, max_size=3),
    st.integers(1, 300).map(lambda depth: json.loads("[" * depth + "]" * depth)),
)


def places(content: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the way to every part of parsed JSON, the whole first."""
    yield path
    if isinstance(content, dict | list):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from places(value, (*path, key))


def put(content: Any, path: Path, value: Any) -> Any:
    """Return parsed JSON with another value in one place, which may be a new key."""
    if not path:
        return value
    key, *rest = path
    if isinstance(content, dict):
        return {**content, key: put(content.get(key), tuple(rest), value)}
    return [put(inner, tuple(rest), value) if number == key else inner for number, inner in enumerate(content)]


def _without(content: Any, path: Path) -> Any:
    *before, last = path
    holder = content
    for key in before:
        holder = holder[key]
    if isinstance(holder, dict):
        less: Any = {name: inner for name, inner in holder.items() if name != last}
    else:
        less = [inner for number, inner in enumerate(holder) if number != last]
    return put(content, tuple(before), less)


@st.composite
def changed_json(draw: st.DrawFn, content: Any, most: int = 3) -> Any:
    """Return parsed JSON with wrong values, keys that lack and keys that hold code: one most often."""
    for _ in range(draw(st.sampled_from((1, 1, 1, most)))):
        ways = list(places(content))[1:]
        if not ways:
            break
        path = draw(st.sampled_from(ways))
        how = draw(st.sampled_from(("value", "value", "value", "lacks", "named")))
        if how == "lacks":
            content = _without(content, path)
        elif how == "named" and isinstance(path[-1], str):
            content = put(_without(content, path), (*path[:-1], draw(st.sampled_from(TEXTS))), draw(VALUES))
        else:
            content = put(content, path, draw(VALUES))
    return content


@st.composite
def written_json(draw: st.DrawFn, content: Any) -> bytes:
    """Return changed JSON as a file's bytes, now and then damaged as text too."""
    text = json.dumps(draw(changed_json(content)))
    kind = draw(st.sampled_from(("as it is",) * 6 + ("damaged", "utf-16", "bom", "deep", "digits")))
    if kind == "damaged":
        return draw(changed_bytes(text.encode()))
    if kind == "deep":
        depth = draw(st.integers(100, 200_000))
        return b"[" * depth + text.encode() + b"]" * depth
    if kind == "digits":
        return text.replace("48", "4" * draw(st.integers(10, 10_000))).encode()
    encodings = {"utf-16": "utf-16", "bom": "utf-8-sig"}
    return text.encode(encodings.get(kind, "utf-8"), "surrogatepass")


@st.composite
def changed_bytes(draw: st.DrawFn, data: bytes, most: int = 6) -> bytes:
    """Return damaged bytes: bits flipped, parts cut, doubled, zeroed, exchanged for others."""
    content = bytearray(data)
    for _ in range(draw(st.integers(1, most))):
        if not content:
            break
        start = draw(st.integers(0, len(content) - 1))
        length = draw(st.integers(1, max(1, min(64, len(content) - start))))
        how = draw(st.sampled_from(("flip", "flip", "byte", "cut", "delete", "double", "zero", "random")))
        if how == "flip":
            content[start] ^= 1 << draw(st.integers(0, 7))
        elif how == "byte":
            content[start] = draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))
        elif how == "cut":
            del content[start:]
        elif how == "delete":
            del content[start : start + length]
        elif how == "double":
            content[start:start] = content[start : start + length]
        elif how == "zero":
            content[start : start + length] = bytes(length)
        else:
            content[start : start + length] = draw(st.binary(min_size=length, max_size=length))
    return bytes(content)
