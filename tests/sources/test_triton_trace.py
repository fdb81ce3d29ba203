"""Triton's TENSORS trace becomes a capture: the same tensors as a walk gives, to the digits that Triton prints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import Image

from pixelparity import pictures
from pixelparity.deploy.server import Server
from pixelparity.errors import InputError
from pixelparity.sources import triton
from pixelparity.sources.served import requests
from pixelparity.sources.triton import trace_file

ENTRY = b'{"id":%d,"activity":"%s","tensor":{"name":"%s","data":"%s","shape":"%s","dtype":"%s"}}'


def traced(number: int, kind: str, name: str, data: bytes, shape: str, dtype: str) -> bytes:
    """Return one entry as Triton writes it."""
    activity = "TENSOR_QUEUE_INPUT" if kind == "in" else "TENSOR_BACKEND_OUTPUT"
    return ENTRY % (number, activity.encode(), name.encode(), data, shape.encode(), dtype.encode())


def raw(array: np.ndarray) -> bytes:
    """Return one-byte numbers as Triton prints them: as they are, with commas between."""
    return b",".join(bytes([value]) for value in array.reshape(-1).tolist())


def text(array: np.ndarray) -> bytes:
    """Return floats as Triton prints them, with six digits."""
    return ",".join(f"{value:g}" for value in array.reshape(-1).tolist()).encode()


def write(path: Path, *entries: bytes) -> Path:
    """Write a trace file."""
    path.write_bytes(b"[" + b",".join(entries) + b"]")
    return path


@pytest.fixture
def picture() -> np.ndarray:
    """A picture whose bytes hold quotes, backslashes, commas and line ends, which JSON could not bear."""
    values = np.array([34, 92, 44, 10, 0, 255, 93, 125, 123, 58, 47, 13], np.uint8)
    return np.tile(values, 12).reshape(6, 8, 3)


def test_tensors_of_every_type_are_read(tmp_path, picture):
    """Raw bytes, floats and whole numbers come back with their shapes; odd bytes in the data confuse nothing."""
    floats = np.array([[0.25, -1.5e-7, 1234.5]], np.float32)
    file = write(
        tmp_path / "t.json",
        traced(2, "in", "IMAGE", raw(picture[np.newaxis]), "1,6,8,3", "UINT8"),
        traced(2, "out", "SCORES", text(floats), "1,3", "FP32"),
        traced(2, "out", "COUNT", b"7,-3", "2", "INT64"),
        b'{"id":2,"model_name":"m","model_version":1,"parent_id":1}',
    )
    (request,) = trace_file.read(file).values()
    np.testing.assert_array_equal(request.inputs["IMAGE"], picture[np.newaxis])
    np.testing.assert_array_equal(request.outputs["SCORES"], floats)
    assert request.outputs["COUNT"].tolist() == [7, -3]
    assert (request.number, request.model, request.parent) == (2, "m", 1)


def test_numbers_printed_as_numbers_are_read_too(tmp_path, picture):
    """A Triton that prints one-byte integers as decimal numbers is understood."""
    decimal = ",".join(map(str, picture.reshape(-1).tolist())).encode()
    file = write(tmp_path / "t.json", traced(1, "in", "IMAGE", decimal, "6,8,3", "UINT8"))
    np.testing.assert_array_equal(trace_file.read(file)[1].inputs["IMAGE"], picture)


def test_trace_in_parts_is_one_trace(tmp_path, picture):
    """Files that end in .0, .1, ... .10 are read in that order as one."""
    for number in (0, 1, 10):
        entry = traced(number + 1, "in", "IMAGE", raw(picture), "6,8,3", "UINT8")
        write(tmp_path / f"t.json.{number}", entry)
    assert list(trace_file.read(tmp_path / "t.json")) == [1, 2, 11]


def test_what_is_no_trace_is_refused(tmp_path, picture):
    """A file that is missing, cut, foreign, or holds no tensors is named with what to do."""
    whole = write(tmp_path / "t.json", traced(1, "in", "IMAGE", raw(picture), "6,8,3", "UINT8")).read_bytes()
    with pytest.raises(InputError, match="does not exist"):
        trace_file.read(tmp_path / "nothing.json")
    (tmp_path / "cut.json").write_bytes(whole[:100])
    with pytest.raises(InputError, match="ends in the middle of a tensor"):
        trace_file.read(tmp_path / "cut.json")
    (tmp_path / "open.json").write_bytes(whole[:-1])
    with pytest.raises(InputError, match="not a complete Triton trace"):
        trace_file.read(tmp_path / "open.json")
    (tmp_path / "short.json").write_bytes(whole.replace(b'"6,8,3"', b'"6,9,3"'))
    with pytest.raises(InputError, match="the file is damaged"):
        trace_file.read(tmp_path / "short.json")
    (tmp_path / "bare.json").write_text('[{"id":1,"timestamps":[{"name":"REQUEST_START","ns":1}]}]')
    with pytest.raises(InputError, match="level=TENSORS"):
        trace_file.read(tmp_path / "bare.json")
    with pytest.raises(InputError, match="no request with a picture"):
        triton.capture_trace(write(tmp_path / "f.json", traced(1, "in", "X", b"1,2", "2", "FP32")))


def ensemble_entries(number: int, image: np.ndarray, answer: bytes) -> list[bytes]:
    """Return a traced ensemble request without model names: the ensemble, then its preprocessing and its network."""
    tensor = image.astype(np.float32).transpose(2, 0, 1)
    shape = "1," + ",".join(map(str, image.shape))
    fed = traced(number, "in", "PICTURE", raw(image), shape, "UINT8")
    said = traced(number, "out", "PROBABILITIES", answer, "1,2", "FP32")
    tensor_shape = "1," + ",".join(map(str, tensor.shape))
    return [
        traced(number + 2, "in", "input", text(tensor), tensor_shape, "FP32"),
        traced(number + 2, "out", "PROBABILITIES", answer, "1,2", "FP32"),
        traced(number + 1, "in", "IMAGE", raw(image), shape, "UINT8"),
        traced(number + 1, "out", "TENSOR", text(tensor), tensor_shape, "FP32"),
        fed,
        said,
    ]


def test_trace_without_names_is_linked_by_its_tensors(tmp_path, picture):
    """Requests of a TENSORS-only trace find each other by content, although all answers are the same [1, 0]."""
    other = 255 - picture
    entries = [
        *ensemble_entries(1, picture, b"1,0"),
        *ensemble_entries(4, other, b"1,0"),
        *ensemble_entries(7, picture, b"1,0"),
    ]
    file = write(tmp_path / "t.json", *entries)
    assert [[r.number for r in f.requests] for f in requests.grouped(trace_file.read(file))] == [[2, 3], [5, 6]]
    captured = triton.capture_trace(file, channels={"step_1": "RGB"})
    assert captured.images == ("request_1", "request_2")
    assert [(s.name, s.layout, s.channels) for s in captured.stages] == [
        ("input", "HWC", "unknown"),
        ("step_1", "CHW", "RGB"),
    ]
    np.testing.assert_array_equal(captured.tensor("input", "request_2"), other)
    np.testing.assert_array_equal(captured.tensor("step_1", "request_2"), other.astype(np.float32).transpose(2, 0, 1))
    assert captured.outputs["request_1"].tolist() == [1.0, 0.0]


def test_one_number_is_no_answer(tmp_path, picture):
    """A vector of one float beside the probabilities is a temperature or a score, and not the outputs."""
    entries = [
        traced(1, "in", "IMAGE", raw(picture[np.newaxis]), "1,6,8,3", "UINT8"),
        traced(1, "out", "SURE", b"0.5", "1,1", "FP32"),
        traced(1, "out", "SCORES", b"0.25,0.75", "1,2", "FP32"),
    ]
    for order in (entries, [entries[0], *entries[:0:-1]]):
        assert triton.capture_trace(write(tmp_path / "t.json", *order)).outputs["request_1"].tolist() == [0.25, 0.75]


def test_pictures_fed_in_planes_are_found(tmp_path, picture):
    """A request that was fed CHW, or BGR, is the picture's all the same; another picture was not traced."""
    file = tmp_path / "p.png"
    Image.fromarray(picture).save(file)
    for fed, shape, channels in (
        (picture, "1,6,8,3", "RGB"),
        (picture[..., ::-1], "1,6,8,3", "BGR"),
        (picture.transpose(2, 0, 1), "1,3,6,8", "RGB"),
    ):
        entry = traced(1, "in", "IMAGE", raw(np.ascontiguousarray(fed)), shape, "UINT8")
        captured = triton.capture_trace(write(tmp_path / "t.json", entry), {"p": file})
        assert (captured.images, captured.stages[0].channels) == (("p",), channels)
    Image.fromarray(255 - picture).save(file)
    with pytest.raises(InputError, match="was fed 'p'"):
        triton.capture_trace(tmp_path / "t.json", {"p": file})


def test_small_tensors_before_a_picture_hide_nothing(tmp_path, picture):
    """A request that holds a few numbers links nothing, and what comes behind it is still read."""
    counts = [traced(1, "in", "COUNT", b"7", "1", "INT64"), traced(1, "out", "TWICE", b"14", "1", "INT64")]
    file = write(tmp_path / "t.json", *counts, *ensemble_entries(4, picture, b"1,0"))
    assert triton.capture_trace(file).images == ("request_1",)


def test_a_declared_layout_holds_for_what_the_server_makes(tmp_path, picture):
    """A stage is laid out as the caller says; what was fed is laid out as its shape says."""
    file = write(tmp_path / "t.json", *ensemble_entries(1, picture, b"1,0"))
    for layout in ("HWC", {"step_1": "HWC", "input": "CHW"}):
        stages = triton.capture_trace(file, layout=layout).stages
        assert [stage.layout for stage in stages] == ["HWC", "HWC"]
    assert [stage.layout for stage in triton.capture_trace(file).stages] == ["HWC", "CHW"]


@pytest.mark.slow
def test_trace_of_a_live_server_equals_its_walk(tmp_path, triton_server, triton_models, triton_pictures):
    """What a real server traced has the stages of its walk: pictures sent alone, in a batch, and as encoded bytes."""
    triton_models(
        tmp_path / "models",
        {"outer", "outer_raw", "inner", "decode", "decode_raw", "shrink", "scale", "score", "label"},
    )
    file = tmp_path / "trace.json"
    images = {name: pictures.read_rgb(path) for name, path in triton_pictures.items()}
    with Server(tmp_path / "models", models=["outer", "outer_raw"], log=tmp_path / "l.log", trace_file=file) as server:
        for path, image in zip(triton_pictures.values(), images.values(), strict=True):
            server.infer("inner", {"PICTURE": image[np.newaxis]})
            server.infer("outer_raw", {"FILE": np.frombuffer(path.read_bytes(), np.uint8)[np.newaxis]})
            server.infer("outer", {"FILE": np.array([[path.read_bytes()]], np.object_)})
        server.infer("inner", {"PICTURE": np.stack([images["red"], images["red"][::-1]])})
    families = requests.grouped(trace_file.read(file))
    assert [[family.model, *(r.model for r in family.requests)] for family in families[:3]] == [
        ["inner", "shrink", "scale"],
        ["outer_raw", "decode_raw", "shrink", "scale", "score"],
        ["outer", "decode", "shrink", "scale", "score", "label"],
    ]
    with pytest.raises(InputError, match=r"clients asked inner, outer, outer_raw; choose one"):
        triton.capture_trace(file)
    with pytest.raises(InputError, match="no client asked 'label'"):
        triton.capture_trace(file, model="label")
    for model in ("inner", "outer", "outer_raw"):
        walked = triton.capture(f"{triton_server.url}/{model}", triton_pictures)
        read = triton.capture_trace(file, triton_pictures, model=model, channels={"scale": "RGB"})
        assert [(s.name, s.layout) for s in read.stages] == [(s.name, s.layout) for s in walked.stages]
        assert (read.stages[0].channels, read.stages[-1].channels) == (walked.stages[0].channels, "RGB")
        for name in triton_pictures:
            for stage in walked.stages:
                np.testing.assert_allclose(read.tensor(stage.name, name), walked.tensor(stage.name, name), rtol=1e-5)
        assert read.outputs.keys() == walked.outputs.keys()
    batched = triton.capture_trace(file, model="inner")
    assert len(batched.images) == 5
    np.testing.assert_array_equal(batched.tensor("input", "request_5"), images["red"][::-1])
    with pytest.raises(InputError, match="none of the 5 traced requests was fed 'other'"):
        triton.capture_trace(file, {"other": other_picture(tmp_path)}, model="inner")


def other_picture(folder: Path) -> Path:
    """Write a picture that nobody sent."""
    PIL.Image.new("RGB", (9, 9)).save(folder / "other.png")
    return folder / "other.png"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[{}]", "entry 0: id is None"),
        (b"{}", "the trace is {}"),
        (b"5", "the trace is 5"),
        (b"[1, 2]", r"the trace is \[1, 2\]"),
        (b'[{"id": "x"}]', "entry 0: id is 'x'"),
        (b'[{"id": 1, "activity": "IN", "tensor": 5}]', "entry 0: tensor is 5"),
        (b'[{"id": 1, "model_name": [1]}]', r"entry 0: model_name is \[1\]"),
        (b'[{"id": 1, "model_name": "m", "parent_id": {}}]', "entry 0: parent_id is {}"),
        (b'[{"id": 1, "tensor": {"name": "a", "data": 3}}]', "activity is None"),
        (b'[{"id": 1, "activity": "IN", "tensor": {"name": "a", "data": 3}}]', "the place of its data is 3"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"[" + traced(1, "in", "I", b"1,2", "9999999999,3", "FP32") + b"]", "has 3 bytes of data"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_trace_of_wrong_types_is_refused_by_place(tmp_path, content, said):
    """Entries that are no entries are named with the file, the place and the field."""
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(InputError, match=said) as told:
        trace_file.read(tmp_path / "t.json")
    assert str(tmp_path / "t.json") in str(told.value)


def test_requests_that_are_each_others_parents_end():
    """Parents in a circle are followed once around."""
    made = {n: requests.Request(number=n, model="m", parent=3 - n) for n in (1, 2)}
    assert [len(answered.requests) for answered in requests.grouped(made)] == [0, 0]


def test_requests_that_lost_their_inputs_hold_no_picture():
    """A client's request of which only what came out was written tells of no picture, and ends nothing else."""
    made = {1: requests.Request(number=1, model="m", outputs={"OUT": np.ones((1, 3, 4, 4), np.float32)})}
    (answered,) = requests.grouped(made)
    assert list(requests.passages(answered.requests)) == []
    empty = requests.Request(number=2, model="", inputs={"IN": np.zeros((0,), object)})
    assert all(not list(requests.passages(one.requests)) for one in requests.grouped({2: empty}))
