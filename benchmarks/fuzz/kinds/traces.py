"""Trace files of Triton: entries of wrong types, damaged bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt
from benchmarks.fuzz.kinds import servers

KIND = "trace"
_TENSOR = re.compile(rb'"data":"(.*?)","shape":', re.DOTALL)


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """Return a changed trace, read for the picture that was traced."""
    content = draw(st.one_of(changes.changed_bytes(base.trace()), _entries(), _entries()))
    command = (*base.diagnose("capture:golden", "triton:127.0.0.1:9/prep"), "--trace", "trace.json")
    return Attempt(kind=KIND, name="drawn", files=servers.files() | {"trace.json": content}, commands=(command,))


def parted() -> tuple[Any, Callable[[Any], bytes]]:
    """Return a sound trace as parsed JSON without its tensors' data, and what writes such a trace with the data in place."""
    sound = base.trace()
    found = _TENSOR.findall(sound)
    number = iter(range(len(found)))
    plain = _TENSOR.sub(lambda _: b'"data":"@%d@","shape":' % next(number), sound)

    def whole(content: Any) -> bytes:
        text = json.dumps(content).replace('", "', '","').replace('": "', '":"').encode()
        for place, data in enumerate(found):
            text = text.replace(b"@%d@" % place, data)
        return text

    return json.loads(plain), whole


@st.composite
def _entries(draw: st.DrawFn) -> bytes:
    """Return a trace with wrong values in its entries; the tensors' data stand in their places, where there still are such."""
    plain, whole = parted()
    return whole(draw(changes.changed_json(plain)))
