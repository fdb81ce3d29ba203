"""Saved captures: heads that lie, members that were changed after they were written."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt

KIND = "capture"
HEAD = "capture.json"


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """Return a capture with one file changed, compared with itself; no changed member may pass unsaid."""
    sound = base.capture()
    name = draw(st.sampled_from((HEAD, HEAD, *sound)))
    if name == HEAD:
        content = draw(changes.written_json(json.loads(sound[HEAD])))
        same = _same(content, sound[HEAD])
    else:
        content = draw(changes.changed_bytes(sound[name]))
        same = content == sound[name]
    files = {f"golden/{file}": data for file, data in {**sound, name: content}.items()}
    files |= {f"sound/{file}": data for file, data in sound.items()}
    deployed = draw(st.sampled_from(("golden", "sound")))
    command = base.diagnose("capture:golden", f"capture:{deployed}", images=False)
    wrong = frozenset({1} if same else {0, 1})
    return Attempt(kind=KIND, name=f"changed {name}", files=files, commands=(command,), wrong=wrong)


def _same(content: bytes, sound: bytes) -> bool:
    try:
        return bool(json.loads(content) == json.loads(sound))
    except (ValueError, RecursionError):
        return False
