"""A serving system is whatever answers as ``served.client.Client`` does: plain functions go the whole way to a capture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pixelparity.errors import InputError, ServerError
from pixelparity.sources.served import walk
from pixelparity.sources.served.client import Access, Client, Target
from pixelparity.sources.served.declared import Declared
from pixelparity.sources.served.graph import Graph, Node, TensorSpec
from pixelparity.stages import Tensor

PICTURE = TensorSpec(name="image", datatype="UINT8", dims=(-1, -1, 3))
SCALED = TensorSpec(name="scaled", datatype="FP32", dims=(3, -1, -1))
SCORES = TensorSpec(name="scores", datatype="FP32", dims=(2,))
TARGET = Target(kind="other", address="nowhere:1", model="classifier", scheme="https")


def node(model: str, taken: TensorSpec, given: TensorSpec) -> Node:
    """Return a model of one input and one output, whose edges are called as its tensors."""
    edges = {taken.name: taken.name}, {given.name: given.name}
    return Node(
        model=model, max_batch_size=8, inputs=edges[0], outputs=edges[1], input_specs=(taken,), output_specs=(given,)
    )


GRAPH = Graph(
    model="classifier",
    is_ensemble=True,
    max_batch_size=8,
    inputs=(PICTURE,),
    outputs={"scores": "scores"},
    nodes=(node("prepare", PICTURE, SCALED), node("net", SCALED, SCORES)),
)


class Functions:
    """A server that is three functions: two models, and the ensemble of them."""

    address = "nowhere:1"

    def __init__(self, *, ready: bool = True) -> None:
        self.is_ready = ready
        self.asked: list[str] = []

    def ready(self, model: str, version: str = "") -> bool:
        return self.is_ready

    def models(self) -> Mapping[str, str]:
        return {"classifier": "LOADING"}

    def graph(self, model: str, version: str = "") -> Graph:
        return replace(GRAPH, model=model)

    def infer(self, model: str, version: str, inputs: Mapping[str, tuple[str, Tensor]]) -> dict[str, Tensor]:
        self.asked.append(model)
        ((_, tensor),) = inputs.values()
        if model == "half":
            return {"scaled": (tensor.transpose(0, 3, 1, 2) / np.float32(510)).astype(np.float32)}
        if model != "net":
            tensor = (tensor.transpose(0, 3, 1, 2) / np.float32(255)).astype(np.float32)
        if model == "prepare":
            return {"scaled": tensor}
        mean = tensor.mean((1, 2, 3))
        return {"scores": np.stack([mean, 1 - mean], axis=1).astype(np.float32)}

    def server(self) -> str:
        return "functions 1"

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def images(tmp_path: Path) -> dict[str, Path]:
    """One picture of 4 x 5 pixels, red with 51 of 255."""
    path = tmp_path / "dark.png"
    PIL.Image.fromarray(np.full((4, 5, 3), (51, 0, 0), np.uint8)).save(path)
    return {"dark": path}


def test_any_client_is_captured(images):
    """A client that is no library's gives stages, outputs and facts; its kind stands in the source."""
    client: Client = Functions()
    captured = walk.capture(client, TARGET, images, walk.Choices(declared=Declared(channels="RGB")))
    assert captured.source == "other:https://nowhere:1/classifier"
    assert [stage.name for stage in captured.stages] == ["input", "prepare"]
    assert (captured.final.layout, captured.final.channels) == ("CHW", "RGB")
    np.testing.assert_allclose(captured.tensor("prepare", "dark")[0], 0.2, rtol=1e-6)
    np.testing.assert_allclose(captured.outputs["dark"], [0.2 / 3, 1 - 0.2 / 3], rtol=1e-6)
    assert captured.facts["server"] == "functions 1"
    assert captured.facts["ensemble_minus_walk"] == 0.0


def test_a_model_is_asked_in_anothers_place(images):
    """An exchanged step is asked instead, and the ensemble, which does not know of it, is left alone."""
    client = Functions()
    captured = walk.capture(client, TARGET, images, walk.Choices(exchange={"prepare": "half"}))
    np.testing.assert_allclose(captured.tensor(captured.final.name, "dark")[0], 0.1, rtol=1e-6)
    assert client.asked == ["half", "net"]
    with pytest.raises(InputError, match="has no step 'other'; it has prepare, net"):
        walk.capture(client, TARGET, images, walk.Choices(exchange={"other": "half"}))


def test_a_model_that_is_not_ready_is_named(images):
    """What the server says of a model that cannot be asked stands in the error, with the target."""
    with pytest.raises(ServerError, match="other:https://nowhere:1/classifier: model 'classifier' is loading"):
        walk.capture(Functions(ready=False), TARGET, images, walk.Choices())


def test_the_scheme_of_a_target_decides_how_it_is_reached():
    """https means HTTP with TLS, whatever the options say; without its kind a target is what a source takes."""
    access = TARGET.applied(Access(protocol="grpc"))
    assert (access.protocol, access.tls) == ("http", True)
    assert TARGET.bare == "https://nowhere:1/classifier"
