"""The server starts, answers, refuses bad input, names what fails, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pixelparity.deploy import client, places, server
from pixelparity.errors import ImageError, InputError, ServerError, ServerTimeout
from tests.environments import Environment, copy_project
from tests.processes import processes_with, wait_until

pytestmark = pytest.mark.slow
SIZES = ((40, 50), (50, 40), (40, 50), (33, 90), (200, 100), (24, 32))


def pictures(seed: int = 0) -> list[np.ndarray]:
    """Return random RGB pictures of several sizes."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in SIZES]


def test_server_listens_on_loopback_only_and_answers(tiny_server):
    """Every port is bound to 127.0.0.1, metrics included, and the wanted models and their steps are ready."""
    assert tiny_server.ready()
    states = tiny_server.models()  # another test may have left the name of a model that did not load
    assert {name: states[name] for name in ("tiny", "net", "prep")} == dict.fromkeys(("tiny", "net", "prep"), "READY")
    for url in (tiny_server.url, tiny_server.http_url, tiny_server.metrics_url):
        assert url.startswith("127.0.0.1:")
    with urllib.request.urlopen(f"http://{tiny_server.metrics_url}/metrics", timeout=10) as answer:
        assert b"nv_inference_count" in answer.read()
    assert "Started GRPCInferenceService at 127.0.0.1" in tiny_server.log_path.read_text()


def test_one_by_one_and_in_batches_give_the_same(tiny_server):
    """Pictures of many sizes get the same probabilities alone, in batches, and in the order given."""
    images = pictures()
    single = tiny_server.classify("tiny", images)
    assert single.shape == (len(images), 2)
    np.testing.assert_allclose(single.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(tiny_server.classify("tiny", images, batch=8), single)
    np.testing.assert_array_equal(single[0], tiny_server.classify("tiny", [images[0]])[0])


def test_requests_of_different_sizes_share_a_batch(tiny_server):
    """Six requests of different sizes that come at once are answered right, by fewer runs of the pipeline than requests."""
    images = pictures()
    expected = tiny_server.classify("prep", images)
    before = executions(tiny_server)
    barrier = threading.Barrier(len(images))

    def ask(image: np.ndarray) -> np.ndarray:
        barrier.wait()
        return client.classify(tiny_server.url, "prep", [image])[0]

    with ThreadPoolExecutor(len(images)) as pool:
        answers = list(pool.map(ask, images))
    np.testing.assert_array_equal(np.stack(answers), expected)
    assert executions(tiny_server) - before < len(images)


def executions(running: server.Server) -> int:
    """Return how often the pipeline has run."""
    statistics = running._call("get_inference_statistics", "prep")
    return int(statistics.model_stats[0].execution_count)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (np.zeros((40, 50), np.uint8), "unexpected shape"),
        (np.zeros((40, 50, 1), np.uint8), "unexpected shape"),
        (np.zeros((40, 50, 4), np.uint8), "unexpected shape"),
        (np.zeros((40, 50, 3), np.float32), "data-type"),
        (np.zeros((0, 50, 3), np.uint8), "is empty"),
        (np.zeros((40_000, 2, 3), np.uint8), "a side of 40000 pixels"),
        (np.zeros((1000, 1000, 3), np.uint8), "send fewer or smaller"),
    ],
)
def test_bad_input_is_refused_and_the_server_goes_on(tiny_server, bad, said):
    """Each kind of bad array gets one clear sentence; the next good request is answered as before."""
    with pytest.raises(ServerError, match=said) as caught:
        tiny_server.classify("tiny", [bad])
    assert "\n" not in str(caught.value)
    assert tiny_server.classify("tiny", pictures()[:1]).shape == (1, 2)


def test_bad_request_does_not_spoil_its_batch(tiny_server):
    """A bad request that shares a batch with good ones fails alone."""
    images = [*pictures()[:3], np.zeros((40_000, 2, 3), np.uint8)]
    barrier = threading.Barrier(len(images))

    def ask(image: np.ndarray) -> object:
        barrier.wait()
        try:
            return client.classify(tiny_server.url, "prep", [image]).shape
        except ServerError as error:
            return str(error)

    with ThreadPoolExecutor(len(images)) as pool:
        answers = list(pool.map(ask, images))
    assert answers[:3] == [(1, 3, 32, 24)] * 3
    assert "40000" in str(answers[3])


def test_requests_too_large_together_run_in_turn(tiny_server):
    """Three requests that fit into memory one by one, and not together, are all answered."""
    images = [np.full((700, 700, 3), shade, np.uint8) for shade in (50, 100, 150)]
    barrier = threading.Barrier(len(images))

    def ask(image: np.ndarray) -> float:
        barrier.wait()
        return float(client.classify(tiny_server.url, "prep", [image])[0].max())

    with ThreadPoolExecutor(len(images)) as pool:
        assert list(pool.map(ask, images)) == [50.0, 100.0, 150.0]
    with pytest.raises(ServerError, match="send fewer or smaller"):
        tiny_server.classify("prep", images, batch=3)


def test_files_are_decoded_and_bad_files_named(tiny_server, tmp_path):
    """A picture file gives what its decoded array gives; files that are no RGB pictures are refused by name."""
    import PIL.Image

    array = pictures()[0]
    PIL.Image.fromarray(array).save(tmp_path / "good.png")
    np.testing.assert_array_equal(
        tiny_server.classify("tiny", {"good": tmp_path / "good.png"}), tiny_server.classify("tiny", [array])
    )
    (tmp_path / "text.jpg").write_text("not a picture")
    PIL.Image.fromarray(array).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:600])
    PIL.Image.fromarray(array[..., 0]).save(tmp_path / "grey.png")
    PIL.Image.fromarray(array).convert("CMYK").save(tmp_path / "cmyk.jpg")
    for name in ("text.jpg", "cut.jpg", "grey.png", "cmyk.jpg"):
        with pytest.raises(ImageError, match=name):
            tiny_server.classify("tiny", [tmp_path / name])


def test_client_errors_say_what_to_do(tiny_server):
    """No picture, an unknown model, an unknown output, and an address that is none are told apart."""
    with pytest.raises(InputError, match="no picture"):
        tiny_server.classify("tiny", [])
    with pytest.raises(ServerError, match="unknown model: 'nobody'"):
        tiny_server.classify("nobody", pictures()[:1])
    with pytest.raises(InputError, match="it has probabilities"):
        tiny_server.classify("tiny", pictures()[:1], output="logits")
    with pytest.raises(InputError, match="HOST:PORT"):
        client.connect("localhost")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ServerError, match=r"no Triton server answers at .* \(.+\); check"):
            client.connect(f"127.0.0.1:{unused.getsockname()[1]}")


def test_connection_to_a_server_elsewhere_leaves_it_running(tiny_server):
    """An existing HOST:PORT has the same face, and closing the connection does not stop the server."""
    with client.connect(tiny_server.url) as connection:
        np.testing.assert_array_equal(
            connection.classify("tiny", pictures()[:2]), tiny_server.classify("tiny", pictures()[:2])
        )
    assert tiny_server.ready()


def test_a_slow_answer_is_a_timeout(tiny_server):
    """A request that does not come back in time raises ServerTimeout with the time."""
    with client.Connection(tiny_server.url, timeout=0.001) as hasty, pytest.raises(ServerTimeout, match=r"0\.001 s"):
        hasty.classify("tiny", pictures()[:1])


def test_models_that_do_not_load_are_named_with_the_reason(tiny_repository, tiny_server, tmp_path):
    """A missing artefact and a model.py that raises are both named, and the failed server is gone."""
    with pytest.raises(ServerError, match=r"no model\.dali") as caught:
        tiny_server.load("unbuilt")
    assert "make workbook" in str(caught.value)
    log = tmp_path / "failed.log"
    with pytest.raises(ServerError, match="the disk is on fire") as caught:
        server.serve(tiny_repository, models=["broken", "unbuilt"], log=log)
    assert "broken: " in str(caught.value)
    assert "unbuilt: " in str(caught.value)
    assert str(log) in str(caught.value)
    with pytest.raises(InputError, match="has no model 'nobody'; it has broken, net, plain"):
        server.Server(tiny_repository, models=["nobody"])
    with pytest.raises(InputError, match="not a folder"):
        server.Server(tmp_path / "nowhere")


def test_models_load_under_a_new_name_with_their_files(tiny_repository, tiny_server):
    """A pipeline sent along is served under a new name beside the old one, and a taken name is refused."""
    version = tiny_repository / "prep" / "1"
    config = (tiny_repository / "prep" / "config.pbtxt").read_text().replace('name: "prep"', 'name: "prep_repaired"')
    files = {f"1/{name}": (version / name).read_bytes() for name in ("model.py", "model.dali")}
    client.load_model(tiny_server.url, "prep_repaired", config, files)
    try:
        image = pictures()[:1]
        np.testing.assert_array_equal(tiny_server.classify("prep_repaired", image), tiny_server.classify("prep", image))
        with pytest.raises(InputError, match="choose a new name"):
            client.load_model(tiny_server.url, "prep_repaired", config, files)
    finally:
        tiny_server.unload("prep_repaired")
    assert not tiny_server.serves("prep_repaired")
    assert tiny_server.serves("prep")
    with pytest.raises(InputError, match="not one that Triton understands"):
        tiny_server.load("x", config="nonsense {", files={})


def test_port_in_use_is_named(tiny_repository):
    """A chosen port that somebody else listens on is named, and nothing is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 cannot be used"):
            server.serve(tiny_repository, models=["net"], ports=server.Ports(grpc=port))


@pytest.mark.parametrize("kind", ["grpc", "metrics"])
def test_a_port_lost_before_it_is_used_is_chosen_again(tiny_repository, tmp_path, monkeypatch, kind):
    """Somebody else takes a chosen port before Triton listens on it: others are chosen, and nobody notices."""
    real, calls = server.choose, []

    def choose(host: str, asked: server.Ports) -> server.Ports:
        calls.append(real(host, asked))
        return calls[0] if len(calls) > 1 else replace(calls[0], **{kind: taken.getsockname()[1]})

    monkeypatch.setattr(server, "choose", choose)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with server.Server(tiny_repository, models=[], log=tmp_path / "l.log") as running:
            assert running.ready()
    assert len(calls) == 2


def test_an_early_end_quotes_the_log(tiny_repository, tmp_path):
    """A server that refuses its arguments is an error that quotes what it said."""
    with pytest.raises(ServerError, match="no-such-option"):
        server.serve(tiny_repository, models=["net"], log=tmp_path / "l.log", options=["--no-such-option"])


def test_config_name_chooses_the_config(tiny_repository, tmp_path):
    """With a config name, the model's configs/NAME.pbtxt is served in place of config.pbtxt."""
    with server.Server(tiny_repository, models=["plain"], log=tmp_path / "l.log", config_name="other") as running:
        assert list(running.infer("plain", {"x": np.ones(3, np.float32)})) == ["other"]


def test_not_ready_in_time_is_a_timeout(tiny_repository, tmp_path, monkeypatch):
    """A server that takes longer than allowed is stopped and raises ServerTimeout; its work folder goes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ServerTimeout, match=r"0\.01 s"):
        server.serve(tiny_repository, models=["net"], log=tmp_path / "late.log", ready_timeout=0.01)
    assert [entry.name for entry in tmp_path.iterdir()] == ["late.log"]


CHILD = """
import sys, time
from pixelparity.deploy.server import Server
server = Server(sys.argv[1], models=["prep"], log=sys.argv[2]).start()
print(server.url, flush=True)
time.sleep(120)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_a_killed_parent(tiny_repository, tmp_path, number):
    """Server, stub, watchdog, work folder and shared memory go when the process that started them is killed."""
    before = set(Path("/dev/shm").iterdir())
    environment = {
        **os.environ,
        "PYTHONPATH": str(places.IMPORT_ROOT),
        "SKEW_TEST_MARK": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-c", CHILD, str(tiny_repository), str(tmp_path / "server.log")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().startswith("127.0.0.1:")
        mark = f"SKEW_TEST_MARK={tmp_path}"
        assert len(processes_with(mark)) >= 4  # parent, watchdog, server, stub
        assert set(Path("/dev/shm").iterdir()) - before
        parent.send_signal(number)
    assert wait_until(lambda: not processes_with(mark)), processes_with(mark)
    assert [entry.name for entry in tmp_path.iterdir()] == ["server.log"]
    assert not set(Path("/dev/shm").glob("triton-*")) - before


ASK = """
import sys
import numpy as np
from pixelparity.deploy.server import Server
with Server(sys.argv[1], models=["tiny"], log=sys.argv[2], ready_timeout=90) as server:
    print(server.classify("tiny", [np.full((40, 50, 3), 7, np.uint8)]).tolist())
    try:
        server.load("broken")
    except Exception as error:
        print(error)
"""


def test_serves_from_a_folder_with_a_blank_and_letters_beyond_ascii(tiny_server, tiny_repository, tmp_path):
    """Checkout, environment, repository, log, HOME and TMPDIR in such a folder: the answers are those of any other."""
    folder = tmp_path / "sp ace ünï图"
    checkout = copy_project(folder / "checkout")
    shutil.copytree(tiny_repository, folder / "repository")
    environment = Environment(folder / ".venv")
    environment.link("nvidia-pytriton", "nvidia-dali-cuda120", "tritonclient[grpc,http]", "onnxruntime", "polygraphy")
    environment.link("setuptools", "opencv-python-headless", "pillow", "onnx", "ml-dtypes", "protobuf")
    environment.install("-e .", checkout)
    (folder / "tmp").mkdir()
    (folder / "ask.py").write_text(ASK)
    odd = {"HOME": str(folder), "TMPDIR": str(folder / "tmp"), "SKEW_TEST_MARK": str(tmp_path)}
    done = environment.run("python", "ask.py", "repository", "triton.log", cwd=folder, more=odd)
    assert done.returncode == 0, done.stderr
    answer, refusal = done.stdout.splitlines()
    images = [np.full((40, 50, 3), 7, np.uint8)]
    np.testing.assert_allclose(json.loads(answer), tiny_server.classify("tiny", images), atol=1e-6)
    assert "the disk is on fire" in refusal
    assert list((folder / "tmp").iterdir()) == []
    assert wait_until(lambda: not processes_with(f"SKEW_TEST_MARK={tmp_path}"))


def test_a_model_whose_process_was_killed_says_so(tiny_repository, tmp_path):
    """Whoever asks a model whose process was ended from outside learns what to do; Triton may go down with it."""
    with server.Server(tiny_repository, models=["plain"], log=tmp_path / "l.log") as running:
        x = {"x": np.ones(3, np.float32)}
        assert running.infer("plain", x)["plain"].tolist() == [1, 1, 1]
        assert running.lost() == []
        (stub,) = processes_of(running, "triton_python_backend_stub")
        os.kill(stub, signal.SIGKILL)
        # In about one of thirty its Python backend has not noticed yet, and aborts the whole server.
        with pytest.raises(ServerError, match=r"Its process was ended: POST|is gone, SIGABRT ended it"):
            running.infer("plain", x)
        if running.running():
            assert running.lost() == ["plain"]
            running.reload("plain")
            assert running.lost() == []
            assert running.infer("plain", x)["plain"].tolist() == [1, 1, 1]


def test_a_server_that_was_killed_says_so(tiny_repository, tmp_path):
    """Whoever asks a server of our own that was ended from outside learns by what, at once."""
    with server.Server(tiny_repository, models=["plain"], log=tmp_path / "l.log") as running:
        (program,) = processes_of(running, "tritonserver")
        os.kill(program, signal.SIGKILL)
        with pytest.raises(
            ServerError, match=r"is gone, SIGKILL ended it, for lack of memory perhaps .*; start it again"
        ):
            running.infer("plain", {"x": np.ones(3, np.float32)})


def processes_of(running: server.Server, program: str) -> list[int]:
    """Return the ids of a server's processes of some program."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(program.encode()) and str(running._work).encode() in b" ".join(words):
            found.append(int(entry.name))
    return found
