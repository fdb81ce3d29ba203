"""``config.pbtxt``: damaged configs in the repository of a pipeline, which is mended and served, or only read."""

from __future__ import annotations

from hypothesis import strategies as st

from benchmarks.fuzz import base, changes
from benchmarks.fuzz.attempt import Attempt

KIND, ON_DISK = "config.pbtxt", "triton-repo"
PREP = """name: "prep" backend: "python" max_batch_size: 8 instance_group [{ kind: KIND_CPU }]
input [{ name: "INPUT" data_type: TYPE_UINT8 dims: [-1, -1, 3] allow_ragged_batch: true }]
output [{ name: "OUT" data_type: TYPE_FP32 dims: [3, 48, 32] }]
parameters { key: "channels" value { string_value: "RGB" } }
"""
WHOLE = """platform: "ensemble" max_batch_size: 8
input [{ name: "IMAGE" data_type: TYPE_UINT8 dims: [-1, -1, 3] }]
output [{ name: "PIXELS" data_type: TYPE_FP32 dims: [3, 48, 32] }]
ensemble_scheduling { step [{
  model_name: "prep" model_version: -1 input_map { key: "INPUT" value: "IMAGE" } output_map { key: "OUT" value: "PIXELS" }
}] }
"""
CODE = "from pixelparity.deploy.served import DaliModel as TritonPythonModel\n"
CONFIGS = ("models/prep/config.pbtxt", "models/whole/config.pbtxt")
COMMAND = ("repair", *base.diagnose("dali:right.dali", "dali:models/prep/1/model.dali")[1:], "--verify", "embedded")


def files() -> dict[str, bytes]:
    """Return the files of every attempt: a repository of a pipeline and an ensemble, the right pipeline, and a picture."""
    return {
        **dict(zip(CONFIGS, (PREP.encode(), WHOLE.encode()), strict=True)), "models/prep/1/model.py": CODE.encode(),
        "models/prep/1/model.dali": base.model("shipped"), "models/whole/1/none": b"", "right.dali": base.model("right"),
        f"{base.PICTURES}/drawn.png": base.picture(),
    }  # fmt: skip


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """Return a repository with a config that is damaged, or that holds another text in place of one of its own."""
    name = draw(st.sampled_from(CONFIGS))
    sound = files()[name]
    changed = draw(st.one_of(changes.changed_bytes(sound), _renamed(sound)))
    return Attempt(kind=KIND, name=name, files=files() | {name: changed}, commands=(COMMAND,))


@st.composite
def on_disk(draw: st.DrawFn) -> Attempt:
    """Return such a repository as a side, compared with itself, as an ensemble or as the pipeline alone."""
    drawn = draw(attempts())
    side = draw(
        st.sampled_from(("triton-repo:models/whole", "triton-repo:models/prep", "triton-repo:models/whole#prep"))
    )
    commands = (("diff", side, side), ("recipe", side))
    return Attempt(kind=ON_DISK, name=drawn.name, files=drawn.files, commands=commands, wrong=frozenset({1}))


@st.composite
def _renamed(draw: st.DrawFn, sound: bytes) -> bytes:
    """Return a config with one of its words exchanged for a text, a number or nothing."""
    words = sound.split(b" ")
    place = draw(st.integers(0, len(words) - 1))
    text = draw(st.sampled_from([*changes.TEXTS, *map(str, changes.NUMBERS), '"a"', "[", "}", "step [{}]", "[-1]"]))
    words[place] = text.encode("utf-8", "surrogatepass")
    return b" ".join(words)
