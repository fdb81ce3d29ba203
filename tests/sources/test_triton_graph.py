"""Configs become graphs, inputs become feeds and tensors become stages, without a server."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelparity.errors import InputError, ServerError, ServerTimeout
from pixelparity.sources.served import client, declared, ensembles, feeding, graph, walk
from pixelparity.sources.served.graph import TensorSpec
from pixelparity.sources.triton import targets

IMAGE = {"data_type": "TYPE_UINT8", "dims": ["-1", "-1", "3"]}
TENSOR = {"data_type": "TYPE_FP32", "dims": [3, 4, 5], "format": "FORMAT_NCHW"}
ANSWER = {"data_type": "TYPE_FP32", "dims": [2]}


def model(inputs: Mapping[str, Any], outputs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a config as the server sends it."""
    named = {
        "input": [{"name": name, **entry} for name, entry in inputs.items()],
        "output": [{"name": name, **entry} for name, entry in outputs.items()],
    }
    return {"max_batch_size": 8, **named, **more}


def step(name: str, read: Mapping[str, str], made: Mapping[str, str]) -> dict[str, Any]:
    """Return a step of an ensemble as the server sends it."""
    return {"model_name": name, "model_version": "-1", "input_map": dict(read), "output_map": dict(made)}


STEPS = [
    step("prepare", {"I": "IN"}, {"T": "x"}),
    step("prepare", {"I": "IN2"}, {"T": "y"}),
    step("net", {"A": "x", "B": "y"}, {"P": "OUT"}),
]
CONFIGS: dict[str, dict[str, Any]] = {
    "cut": model({"I": IMAGE}, {"T": IMAGE}),
    "scale": model({"I": IMAGE}, {"T": TENSOR}, parameters={"channels:T": {"string_value": "BGR"}}),
    "net": model({"A": TENSOR, "B": TENSOR}, {"P": ANSWER}, backend="onnxruntime"),
    "prepare": model(
        {"I": IMAGE},
        {"T": TENSOR},
        ensemble_scheduling={"step": [step("cut", {"I": "I"}, {"T": "x"}), step("scale", {"I": "x"}, {"T": "T"})]},
    ),
    "both": model({"IN": IMAGE, "IN2": IMAGE}, {"OUT": ANSWER}, ensemble_scheduling={"step": STEPS}),
}


def config_of(configs: Mapping[str, Any]):
    """Return the function that a graph is read with."""
    return lambda name, version: configs[name]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_order_of_steps_in_the_config_does_not_matter(order):
    """Whatever order an ensemble lists its steps in, each comes after those that feed it."""
    shuffled = {**CONFIGS, "both": {**CONFIGS["both"], "ensemble_scheduling": {"step": [STEPS[i] for i in order]}}}
    read = ensembles.read(config_of(shuffled), "both")
    assert sorted(node.model for node in read.nodes) == ["cut", "cut", "net", "scale", "scale"]
    assert read.nodes[-1].model == "net"
    known = {"IN", "IN2"}
    for node in read.nodes:
        assert known.issuperset(node.inputs.values())
        known.update(node.outputs.values())
    assert len(known) == 7  # two inputs, two cuts, two tensors, one answer: no two share a name
    assert known > {"OUT"}


def test_edges_know_their_makers_and_readers():
    """The graph answers who puts out an edge and who reads it."""
    read = ensembles.read(config_of(CONFIGS), "both")
    net = read.nodes[-1]
    maker, output = read.producer(net.inputs["A"]) or (None, "")
    assert (maker.model, output) == ("scale", "T")
    assert maker.path == ("both", "prepare")
    assert [(node.model, name) for node, name in read.consumers("IN")] == [("cut", "I")]
    assert read.producer("IN") is None
    assert declared.names(read)["IN"] == "IN"
    assert set(declared.names(read).values()) == {"IN", "IN2", "cut", "cut_2", "scale", "scale_2", "net"}


def test_configs_that_cannot_be_walked_are_refused():
    """Lacking edges, lacking inputs, circles, state and many answers each have their sentence."""

    def ensemble(*steps: dict[str, Any]) -> dict[str, Any]:
        return {**CONFIGS, "e": model({"IN": IMAGE}, {"OUT": TENSOR}, ensemble_scheduling={"step": list(steps)})}

    with pytest.raises(ServerError, match="nothing puts out 'e/lost', which 'scale' reads"):
        ensembles.read(config_of(ensemble(step("scale", {"I": "lost"}, {"T": "OUT"}))), "e")
    with pytest.raises(ServerError, match="does not feed input 'B' of 'net'"):
        ensembles.read(config_of(ensemble(step("net", {"A": "IN"}, {"P": "OUT"}))), "e")
    with pytest.raises(ServerError, match="contains itself"):
        ensembles.read(
            config_of({"e": model({"IN": IMAGE}, {}, ensemble_scheduling={"step": [step("e", {"IN": "IN"}, {})]})}), "e"
        )
    with pytest.raises(InputError, match="keeps state"):
        ensembles.read(config_of({"s": model({"I": IMAGE}, {}, sequence_batching={"max": 1})}), "s")
    with pytest.raises(InputError, match="decoupled"):
        ensembles.read(config_of({"d": model({"I": IMAGE}, {}, model_transaction_policy={"decoupled": True})}), "d")


class FakeClient:
    """A server of plain functions."""

    address = "nowhere:1"

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers, self.asked = answers, []

    def infer(self, name: str, version: str, inputs: Mapping[str, Any]) -> Any:
        self.asked.append(name)
        return self.answers[name](**{key: tensor for key, (_, tensor) in inputs.items()})


def test_walk_hands_each_tensor_to_its_readers():
    """A walk over plain functions gives every edge; an output that a model leaves out is named."""
    answers = {
        "cut": lambda I: {"T": I[:, :4, :5]},  # noqa: E741
        "scale": lambda I: {"T": I.transpose(0, 3, 1, 2) / 255},  # noqa: E741
        "net": lambda A, B: {"P": np.stack([A.mean((1, 2, 3)), B.mean((1, 2, 3))], axis=1)},
    }
    read = ensembles.read(config_of(CONFIGS), "both")
    fed = {"IN": np.full((1, 9, 9, 3), 255), "IN2": np.zeros((1, 7, 8, 3))}
    fake = FakeClient(answers)
    edges = walk.walk(read, fake, fed)
    assert edges["OUT"].tolist() == [[1.0, 0.0]]
    assert sorted(fake.asked) == ["cut", "cut", "net", "scale", "scale"]
    with pytest.raises(ServerError, match="left out its output 'P'"):
        walk.walk(read, FakeClient({**answers, "net": lambda A, B: {}}), fed)


def spec(datatype: str, *dims: int, layout: str = "") -> TensorSpec:
    """Return the declaration of an input X."""
    return TensorSpec(name="X", datatype=datatype, dims=dims, format=layout)


def served(*specs: TensorSpec, batch: int = 8) -> graph.Graph:
    """Return a graph of nothing but inputs."""
    return graph.Graph(model="m", is_ensemble=False, max_batch_size=batch, inputs=specs, outputs={}, nodes=())


@pytest.mark.parametrize(
    ("declaration", "batch", "shape"),
    [
        (spec("UINT8", -1, -1, 3), 8, (1, 6, 8, 3)),
        (spec("UINT8", 3, -1, -1), 8, (1, 3, 6, 8)),
        (spec("UINT8", -1, -1, -1, layout="NCHW"), 8, (1, 3, 6, 8)),
        (spec("UINT8", -1, -1, 3), 0, (6, 8, 3)),
        (spec("UINT8", -1, -1, -1, 3), 0, (1, 6, 8, 3)),
        (spec("UINT8", 1, 3, -1, -1), 0, (1, 3, 6, 8)),
        (spec("BYTES", 1), 8, (1, 1)),
        (spec("BYTES", -1), 0, (1,)),
        (spec("BYTES"), 8, (1,)),
    ],
)
def test_declared_input_decides_what_is_sent(tmp_path, declaration, batch, shape):
    """Data type, dims and format say whether pixels or bytes are sent, and in which shape."""
    file = tmp_path / "p.png"
    PIL.Image.fromarray(np.arange(144, dtype=np.uint8).reshape(6, 8, 3)).save(file)
    feed = feeding.plan(served(declaration, batch=batch))["X"]
    sent = feed.load(file)
    assert sent.shape == shape
    if feed.kind == "encoded":
        assert sent.flat[0] == file.read_bytes()
    elif feed.layout == "CHW":
        assert sent.reshape(3, 6, 8)[:, 0, 0].tolist() == [0, 1, 2]
    else:
        assert sent.reshape(6, 8, 3)[0, 0].tolist() == [0, 1, 2]


def test_vectors_of_bytes_have_the_files_length(tmp_path):
    """A one-dimensional uint8 input gets the file as it is, alone or with a batch axis of either kind."""
    file = tmp_path / "p.png"
    PIL.Image.new("RGB", (4, 4)).save(file)
    size = file.stat().st_size
    for declaration, batch, shape in (
        (spec("UINT8", -1), 8, (1, size)),
        (spec("UINT8", -1), 0, (size,)),
        (spec("UINT8", -1, -1), 0, (1, size)),
    ):
        assert feeding.plan(served(declaration, batch=batch))["X"].load(file).shape == shape


def test_floats_are_fed_pixels_only_when_asked(tmp_path):
    """A float input is refused by default; on request it gets the same numbers as floats."""
    file = tmp_path / "p.png"
    PIL.Image.new("RGB", (4, 5), (10, 20, 30)).save(file)
    with pytest.raises(InputError, match=r"no input of m takes a picture by its declaration \(X FP32 \[3, -1, -1\]\)"):
        feeding.plan(served(spec("FP32", 3, -1, -1)))
    sent = feeding.plan(served(spec("FP32", 3, -1, -1)), "bgr")["X"].load(file)
    assert sent.dtype == np.float32
    assert sent[0, :, 0, 0].tolist() == [30.0, 20.0, 10.0]


@given(st.tuples(*[st.sampled_from([1, 2, 3, 4, 5, 64])] * 3))
@settings(max_examples=60, deadline=None)
def test_layout_is_read_from_a_shape_with_one_reading_only(shape):
    """HWC and CHW are never both possible for what is returned, and turning the tensor round turns the answer."""
    found = declared.layout_from_shape(shape)
    turned = declared.layout_from_shape((shape[2], shape[0], shape[1]))
    if found == "HWC":
        assert shape[2] in (1, 3, 4)
        assert turned in ("CHW", "")
    if found == "CHW":
        assert shape[0] in (1, 3, 4)
    if shape[0] in (1, 3, 4) and shape[2] in (1, 3, 4) and min(shape) > 1:
        assert found == ""


def test_one_picture_is_what_a_batch_of_one_holds():
    """The batch axis goes; more or fewer than one picture is none."""
    tensor = np.zeros((1, 4, 5, 3))
    assert declared.one_picture(tensor, batched=True).shape == (4, 5, 3)
    assert declared.one_picture(np.zeros((2, 4, 5, 3)), batched=True) is None
    assert declared.one_picture(tensor, batched=False).shape == (4, 5, 3)
    assert declared.one_picture(tensor[0], batched=False).shape == (4, 5, 3)
    assert declared.one_picture(np.zeros((1, 7)), batched=False).shape == (7,)


@pytest.mark.parametrize(
    ("text", "address", "name", "version", "scheme"),
    [
        ("localhost:8001/m", "localhost:8001", "m", "", ""),
        ("triton:10.0.0.1:8001/m/3", "10.0.0.1:8001", "m", "3", ""),
        ("triton:https://host.example:443/m.v2/", "host.example:443", "m.v2", "", "https"),
        ("grpcs://[::1]:8001/m", "[::1]:8001", "m", "", "grpcs"),
    ],
)
def test_targets_are_read(text, address, name, version, scheme):
    """Address, model, version and scheme are told apart; the scheme decides protocol and TLS."""
    target = targets.parse(text)
    assert (target.address, target.model, target.version, target.scheme) == (address, name, version, scheme)
    assert targets.parse(str(target)) == target
    access = target.applied(client.Access())
    assert access.protocol == ("http" if scheme.startswith("http") else "grpc")
    assert access.tls is scheme.endswith("s")


def test_retries_are_for_unreachable_servers_only(monkeypatch):
    """An unreachable server is tried again as often as asked, with growing pauses; a refusal and a time-out are not."""
    pauses: list[float] = []
    monkeypatch.setattr(client.time, "sleep", pauses.append)

    def run(ours: ServerError | None, retries: int) -> int:
        calls = []

        def call() -> None:
            calls.append(1)
            raise OSError("x")

        with pytest.raises(type(ours) if ours else OSError):
            client.retried(call, lambda error: ours, retries)
        return len(calls)

    assert run(client.Unreachable("no server"), 3) == 4
    assert pauses == [0.2, 0.4, 0.8]
    assert run(ServerError("no"), 3) == run(ServerTimeout("late"), 3) == run(None, 3) == 1
    assert client.retried(lambda: 7, lambda error: None, 0) == 7


def test_token_is_sent_and_never_shown():
    """The token becomes a header and stays out of what is printed."""
    access = client.Access(token="secret", headers={"x": "y"})
    assert access.all_headers() == {"x": "y", "authorization": "Bearer secret"}
    assert "secret" not in repr(access)
    assert client.Access().all_headers() == {}


def test_configs_of_the_repository_declare_what_they_put_out():
    """The served preprocessing of this repository declares layout and channels of its tensor."""
    from google.protobuf import text_format
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    root = Path(__file__).parents[2] / "model_repository"
    for file in sorted(root.glob("preprocess_*/**/*.pbtxt")):
        parameters = text_format.Parse(file.read_text(), ModelConfig()).parameters
        assert parameters["layout"].string_value == "CHW"
        assert parameters["channels"].string_value == "RGB"
