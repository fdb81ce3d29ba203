"""A live server is walked edge by edge, over gRPC and HTTP, and every way of not answering is named."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import numpy as np
import pytest

from pixelparity import pictures
from pixelparity.errors import ImageError, InputError, NotComparable, ServerError, ServerTimeout, SideError
from pixelparity.sources import triton
from pixelparity.stages import load, save
from tests.gates import TOKEN, grpc_gate, http_gate

pytestmark = pytest.mark.slow


def shrunk(path: Path) -> np.ndarray:
    """Return what the model ``shrink`` makes of a picture."""
    image = pictures.read_rgb(path)
    return image[np.arange(32) * image.shape[0] // 32][:, np.arange(24) * image.shape[1] // 24]


def scaled(path: Path) -> np.ndarray:
    """Return what the model ``scale`` makes of that."""
    return (shrunk(path).astype(np.float32) / 255).transpose(2, 0, 1)


@pytest.fixture
def grpc_url(triton_server) -> str:
    """HOST:PORT of gRPC."""
    return triton_server.url


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_chained_ensembles_with_an_encoded_input_are_walked(triton_server, triton_pictures, protocol):
    """Every picture on the way through an ensemble in an ensemble is there, bit for bit, the classifier's input last."""
    url = triton_server.url if protocol == "grpc" else triton_server.http_url
    captured = triton.capture(f"{url}/outer", triton_pictures, protocol=protocol)
    assert [stage.name for stage in captured.stages] == ["decode", "shrink", "scale"]
    assert captured.images == ("red", "blue", "any")
    for name, path in triton_pictures.items():
        np.testing.assert_array_equal(captured.tensor("decode", name), pictures.read_rgb(path))
        np.testing.assert_array_equal(captured.tensor("shrink", name), shrunk(path))
        np.testing.assert_array_equal(captured.tensor("scale", name), scaled(path))
        assert captured.outputs[name].shape == (2,)
        assert captured.outputs[name].sum() == pytest.approx(1.0, abs=1e-6)
    assert captured.outputs["red"][0] > 0.8 > 0.2 > captured.outputs["blue"][0]
    assert captured.facts["ensemble_minus_walk"] == 0.0
    assert captured.facts["feed"] == {"FILE": "encoded"}
    assert captured.facts["server"].startswith("triton 2.")
    assert [step["path"] for step in captured.facts["steps"]] == [
        ["outer"],
        ["outer", "inner"],
        ["outer", "inner"],
        ["outer"],
        ["outer"],
    ]


def test_what_is_declared_is_carried_and_nothing_else(grpc_url, triton_pictures):
    """Parameters and formats of configs declare channels, ranges and layouts; what nobody declares stays unknown."""
    decode, shrink, scale = triton.capture(f"{grpc_url}/outer", triton_pictures).stages
    assert (decode.layout, decode.channels, decode.value_range, decode.dtype) == (
        "HWC",
        "unknown",
        (0.0, 255.0),
        "uint8",
    )
    assert (shrink.layout, shrink.channels) == ("HWC", "unknown")
    assert (scale.layout, scale.channels, scale.value_range, scale.dtype) == ("CHW", "RGB", (0.0, 1.0), "float32")
    assert scale.origin == "output TENSOR of outer/inner/scale (python)"
    told = triton.capture(f"{grpc_url}/outer", triton_pictures, channels={"decode": "BGR"}).stages
    assert [stage.channels for stage in told] == ["BGR", "unknown", "RGB"]
    with pytest.raises(InputError, match="'CWH'"):
        triton.capture(f"{grpc_url}/outer", triton_pictures, layout={"decode": "CWH"})


def test_one_dimensional_bytes_are_fed_as_such(grpc_url, triton_pictures):
    """An encoded input declared as bytes of a vector gives what one declared as a string gives."""
    raw = triton.capture(f"{grpc_url}/outer_raw", triton_pictures)
    text = triton.capture(f"{grpc_url}/outer", triton_pictures)
    assert [stage.name for stage in raw.stages] == ["decode_raw", "shrink", "scale"]
    for name in triton_pictures:
        np.testing.assert_array_equal(raw.tensor("scale", name), text.tensor("scale", name))
        np.testing.assert_array_equal(raw.outputs[name], text.outputs[name])


def test_preprocessing_alone_ends_in_its_tensor(grpc_url, triton_pictures):
    """An ensemble without a classifier has its last picture as final stage, and no outputs."""
    captured = triton.capture(f"{grpc_url}/inner", triton_pictures)
    assert [stage.name for stage in captured.stages] == ["input", "shrink", "scale"]
    assert [stage.step for stage in captured.stages] == ["input", "other", "other"]
    assert captured.stages[0].channels == "RGB"
    assert captured.outputs == {}
    for name, path in triton_pictures.items():
        np.testing.assert_array_equal(captured.tensor("input", name), pictures.read_rgb(path))
        np.testing.assert_array_equal(captured.tensors[captured.final.name][name], scaled(path))


def test_plain_python_model_sees_what_it_is_fed(grpc_url, triton_pictures):
    """A model that preprocesses by itself has its input as final stage, and its answers as outputs."""
    captured = triton.capture(f"triton:grpc://{grpc_url}/whole/1", triton_pictures)
    assert [stage.name for stage in captured.stages] == ["input"]
    chained = triton.capture(f"{grpc_url}/outer", triton_pictures)
    for name in triton_pictures:  # not bit for bit: numpy adds up in another order when the tensor is not contiguous
        np.testing.assert_allclose(captured.outputs[name], chained.outputs[name], rtol=1e-6)
    assert captured.source == f"triton:grpc://{grpc_url}/whole/1"
    assert "ensemble_minus_walk" not in captured.facts


def test_model_with_its_own_batch_axis_is_fed_one(grpc_url, triton_pictures):
    """A model without Triton's batching that declares [1, H, W, 3] gets and gives pictures without that axis."""
    captured = triton.capture(f"{grpc_url}/unbatched", triton_pictures)
    assert [stage.name for stage in captured.stages] == ["input", "unbatched"]
    np.testing.assert_array_equal(captured.tensor("unbatched", "any"), scaled(triton_pictures["any"]))


def test_feed_overrides_the_declaration(grpc_url, triton_pictures):
    """BGR on request is the turned picture, and says so."""
    rgb = triton.capture(f"{grpc_url}/inner", triton_pictures)
    bgr = triton.capture(f"{grpc_url}/inner", triton_pictures, feed="bgr")
    assert bgr.stages[0].channels == "BGR"
    np.testing.assert_array_equal(bgr.tensor("input", "red"), rgb.tensor("input", "red")[..., ::-1])
    np.testing.assert_array_equal(bgr.tensor("scale", "red"), rgb.tensor("scale", "red")[::-1])
    with pytest.raises(InputError, match="use one of rgb"):
        triton.capture(f"{grpc_url}/inner", triton_pictures, feed="yuv")
    with pytest.raises(InputError, match="cannot take a file's bytes"):
        triton.capture(f"{grpc_url}/inner", triton_pictures, feed="encoded")


def test_model_of_two_inputs_keeps_both(grpc_url, triton_pictures):
    """Two picture inputs need a word each; the tensors of both are the last stages, in the model's order."""
    with pytest.raises(InputError, match="2 inputs that take pictures"):
        triton.capture(f"{grpc_url}/pair", triton_pictures)
    captured = triton.capture(f"{grpc_url}/pair", triton_pictures, feed={"LEFT": "rgb", "RIGHT": "bgr"})
    assert captured.facts["inputs"] == ["scale", "scale_2"] == [stage.name for stage in captured.stages[-2:]]
    np.testing.assert_array_equal(captured.tensor("scale_2", "any"), captured.tensor("scale", "any")[::-1])
    constant = np.zeros((1, 8, 8, 3), np.uint8)
    half = triton.capture(f"{grpc_url}/pair", triton_pictures, constants={"RIGHT": constant})
    assert half.tensor("scale_2", "red").max() == 0
    with pytest.raises(InputError, match="no input 'MIDDLE'"):
        triton.capture(f"{grpc_url}/pair", triton_pictures, feed={"MIDDLE": "rgb"})
    with pytest.raises(InputError, match="also needs input 'RIGHT'"):
        triton.capture(f"{grpc_url}/pair", triton_pictures, feed={"LEFT": "rgb"})


def test_final_stage_and_output_can_be_chosen(grpc_url, triton_pictures):
    """An earlier stage can be declared the model's input; a stage or output that is not there is named."""
    captured = triton.capture(f"{grpc_url}/outer", triton_pictures, final="shrink", output="PROBABILITIES")
    assert [stage.name for stage in captured.stages] == ["decode", "shrink"]
    assert captured.outputs["red"].shape == (2,)
    with pytest.raises(InputError, match="no stage 'nothing'; there are decode, shrink, scale"):
        triton.capture(f"{grpc_url}/outer", triton_pictures, final="nothing")
    with pytest.raises(InputError, match="no vector output 'LABEL'"):
        triton.capture(f"{grpc_url}/outer", triton_pictures, output="LABEL")


def test_a_step_can_be_exchanged_for_another_model(grpc_url, triton_pictures):
    """A walk with another model in a step's place has its tensor from there on, and says so; the served one stays."""
    served = triton.capture(f"{grpc_url}/outer", triton_pictures)
    repaired = triton.capture(f"{grpc_url}/outer", triton_pictures, exchange={"scale": "half"})
    assert [stage.name for stage in repaired.stages] == ["decode", "shrink", "half"]
    np.testing.assert_allclose(repaired.tensor("half", "red"), served.tensor("scale", "red") / 2)
    assert repaired.facts["exchanged"] == {"scale": "half"}
    with pytest.raises(InputError, match="no step 'nobody'; it has decode"):
        triton.capture(f"{grpc_url}/outer", triton_pictures, exchange={"nobody": "half"})
    with pytest.raises(ServerError, match="'nobody' is not on the server"):
        triton.capture(f"{grpc_url}/outer", triton_pictures, exchange={"scale": "nobody"})


def test_tensor_inputs_are_not_fed_pictures_unasked(grpc_url, triton_pictures):
    """A classifier that takes prepared tensors is refused with the sides to use instead."""
    with pytest.raises(InputError, match="capture them as python: or tensors:"):
        triton.capture(f"{grpc_url}/score", triton_pictures)


def test_captures_of_a_server_save_and_load_bit_for_bit(grpc_url, triton_pictures, tmp_path):
    """What is saved comes back equal, facts included."""
    captured = triton.capture(f"{grpc_url}/outer", triton_pictures)
    again = load(save(captured, tmp_path / "golden"))
    assert again.stages == captured.stages
    assert again.facts == captured.facts
    for stage in captured.stages:
        for name in captured.images:
            np.testing.assert_array_equal(again.tensor(stage.name, name), captured.tensor(stage.name, name))


def test_walking_changes_nothing_on_the_server(triton_server, triton_pictures):
    """The set of loaded models is the same before and after."""
    before = triton_server.models()
    triton.capture(f"{triton_server.url}/outer", triton_pictures)
    assert triton_server.models() == before


def test_graph_of_a_server_is_described(grpc_url):
    """The steps are the plain models in running order, each with its edges; ensembles are unfolded."""
    graph = triton.describe_graph(f"{grpc_url}/outer")
    assert [node.model for node in graph.nodes] == ["decode", "shrink", "scale", "score", "label"]
    assert dict(graph.nodes[0].inputs) == {"ENCODED": "FILE"}
    assert graph.nodes[1].inputs["IMAGE"] == graph.nodes[0].outputs["IMAGE"]
    assert graph.nodes[3].outputs["PROBABILITIES"] == "PROBABILITIES"
    assert list(graph.outputs) == ["PROBABILITIES", "LABEL"]
    assert graph.is_ensemble
    assert not triton.describe_graph(f"{grpc_url}/whole").is_ensemble


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_models_that_cannot_be_asked_are_named(triton_server, triton_pictures, protocol):
    """A model that is not there and one that is not loaded are told apart, over both protocols."""
    url = triton_server.url if protocol == "grpc" else triton_server.http_url
    with pytest.raises(ServerError, match=r"'nobody' is not on the server; there are decode, .*whole"):
        triton.capture(f"{url}/nobody", triton_pictures, protocol=protocol)
    with pytest.raises(ServerError, match="'unloaded' is not loaded; load it"):
        triton.capture(f"{url}/unloaded", triton_pictures, protocol=protocol)
    with pytest.raises(ServerError, match="'whole' has no version 7"):
        triton.capture(f"{url}/whole/7", triton_pictures, protocol=protocol)


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_nobody_at_the_address_is_an_error_after_bounded_retries(triton_pictures, protocol):
    """A closed port is tried again as often as asked, then named."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{probe.getsockname()[1]}/m"
    for retries, at_least in ((0, 0.0), (2, 0.6)):
        start = time.monotonic()
        with pytest.raises(ServerError, match="no Triton server answers at 127"):
            triton.capture(target, triton_pictures, protocol=protocol, retries=retries, timeout=2)
        assert at_least <= time.monotonic() - start < 5


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_silent_server_is_a_timeout(triton_pictures, protocol):
    """A port that accepts and never answers is given up after the time-out, without retries."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        with pytest.raises(ServerTimeout, match=r"did not answer within 0\.5 s"):
            triton.capture(f"127.0.0.1:{silent.getsockname()[1]}/m", triton_pictures, protocol=protocol, timeout=0.5)
        assert time.monotonic() - start < 3


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_slow_model_is_a_timeout(triton_server, triton_pictures, protocol):
    """A model that takes longer than allowed is named with the time."""
    url = triton_server.url if protocol == "grpc" else triton_server.http_url
    with pytest.raises(ServerTimeout, match=r"infer slow: .*within 0\.4 s"):
        triton.capture(f"{url}/slow", triton_pictures, protocol=protocol, timeout=0.4)


def test_bad_targets_settings_and_pictures_are_refused(grpc_url, triton_pictures, tmp_path):
    """Each has its sentence before or instead of a request."""
    for target in ("localhost/model", "localhost:8001", "ftp://localhost:1/m", "localhost:8001/m/one"):
        with pytest.raises(InputError, match="names no served model"):
            triton.capture(target, triton_pictures)
    with pytest.raises(InputError, match="protocol is 'smtp'"):
        triton.capture(f"{grpc_url}/whole", triton_pictures, protocol="smtp")
    with pytest.raises(InputError, match="the settings are protocol, timeout"):
        triton.capture(f"{grpc_url}/whole", triton_pictures, tmeout=3)
    with pytest.raises(InputError, match="use more than 0 s"):
        triton.capture(f"{grpc_url}/whole", triton_pictures, timeout=0)
    with pytest.raises(InputError, match="does not exist"):
        triton.capture(f"{grpc_url}/whole", triton_pictures, tls=True, root_certificates=tmp_path / "no.pem")
    with pytest.raises(NotComparable, match="no picture"):
        triton.capture(f"{grpc_url}/whole", {})
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"text\.png"):
        triton.capture(f"{grpc_url}/outer", {"text": tmp_path / "text.png"})


def test_nan_on_an_edge_is_a_side_error(grpc_url, triton_pictures):
    """A step that puts out NaN is named with the picture."""
    with pytest.raises(SideError, match=r"'nan' holds NaN or infinity for image 'red'"):
        triton.capture(f"{grpc_url}/nan", triton_pictures)


def test_local_copy_adds_its_stages_when_it_gives_the_same(grpc_url, triton_pictures):
    """The inner stages of an equal copy are put in; a copy that differs is only told of."""
    served = triton.capture(f"{grpc_url}/inner", triton_pictures)
    copy = served.only(stages=("input", "shrink", "scale"))
    bare = served.only(stages=("input", "scale"))
    joined = triton.insert(bare, copy, stage="scale")
    assert [stage.name for stage in joined.stages] == ["input", "shrink", "scale"]
    assert joined.facts["local_copy"]["equal"] is True
    assert joined.facts["local_copy"]["max_abs"] == 0.0
    other = triton.capture(f"{grpc_url}/inner", triton_pictures, feed="bgr")
    kept = triton.insert(bare, other, stage="scale")
    assert kept.stages == bare.stages
    assert kept.facts["local_copy"]["equal"] is False
    assert 0 < kept.facts["local_copy"]["max_abs"] <= 1
    with pytest.raises(NotComparable, match="other pictures"):
        triton.insert(bare, copy.only(images=("red",)), stage="scale")


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_tls_and_bearer_token_open_a_guarded_server(triton_server, triton_pictures, certificate, protocol):
    """The right token behind TLS gives what the bare server gives; a wrong or no token, and no TLS, are refused."""
    gate, url = (grpc_gate, triton_server.url) if protocol == "grpc" else (http_gate, triton_server.http_url)
    with gate(url, certificate) as guarded:
        settings = {"protocol": protocol, "tls": True, "root_certificates": certificate[0], "timeout": 20}
        captured = triton.capture(f"{guarded}/outer", triton_pictures, token=TOKEN, **settings)
        bare = triton.capture(f"{triton_server.url}/outer", triton_pictures)
        np.testing.assert_array_equal(captured.tensor("scale", "any"), bare.tensor("scale", "any"))
        assert TOKEN not in str(captured.facts)
        for token in (None, "wrong"):
            with pytest.raises(ServerError, match="check the token") as caught:
                triton.capture(f"{guarded}/outer", triton_pictures, token=token, **settings)
            assert "wrong" not in str(caught.value).replace("wrong token", "")
        with pytest.raises(ServerError, match=r"TLS"):
            triton.capture(f"{guarded}/outer", triton_pictures, token=TOKEN, protocol=protocol, retries=0, timeout=5)
        with pytest.raises(ServerError, match="TLS"):  # the system does not know this certificate
            triton.capture(
                f"{guarded}/outer", triton_pictures, token=TOKEN, protocol=protocol, tls=True, retries=0, timeout=5
            )
