"""A repair is proven on a server that is guarded, and nothing stays there, whatever ends the proof."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pixelparity import tools
from pixelparity.deploy import client
from pixelparity.deploy.server import Server
from pixelparity.errors import InputError, ServerError
from pixelparity.tools import looking
from tests.gates import TOKEN, grpc_gate, http_gate

pytestmark = pytest.mark.slow
PIPELINES = """from nvidia.dali import fn, pipeline_def, types


def resized():
    images = fn.external_source(name="IN", layout="HWC", dtype=types.UINT8)
    return fn.cast(fn.resize(images, size=(32, 24)), dtype=types.FLOAT)


@pipeline_def(batch_size=8, num_threads=1, device_id=None)
def right():
    return fn.transpose(fn.normalize(resized(), mean=0.0, stddev=255.0), perm=[2, 0, 1])


@pipeline_def(batch_size=8, num_threads=1, device_id=None)
def shipped():
    return fn.transpose(resized(), perm=[2, 0, 1])
"""
CONFIG = """name: "prep" backend: "python" max_batch_size: 8 instance_group [{ kind: KIND_CPU }]
input [{ name: "IN" data_type: TYPE_UINT8 dims: [-1, -1, 3] allow_ragged_batch: true }]
output [{ name: "OUT" data_type: TYPE_FP32 dims: [3, 32, 24] }]
parameters { key: "channels" value { string_value: "RGB" } }"""
SERVED = "from pixelparity.deploy.served import DaliModel as TritonPythonModel\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both pipelines, three pictures, and a model repository that serves the shipped pipeline."""
    from pixelparity.sources.dali.functions import serialize

    root = tmp_path_factory.mktemp("proving")
    (root / "pipelines.py").write_text(PIPELINES, encoding="utf-8")
    model = root / "models" / "prep"
    (model / "1").mkdir(parents=True)
    (model / "config.pbtxt").write_text(CONFIG, encoding="utf-8")
    (model / "1" / "model.py").write_text(SERVED, encoding="utf-8")
    (model / "1" / "model.dali").write_bytes(serialize(f"{root}/pipelines.py:shipped")[0])
    (root / "pictures").mkdir()
    rng = np.random.default_rng(4)
    for name, size in {"a": (61, 90), "b": (130, 50), "c": (75, 75)}.items():
        noise = PIL.Image.fromarray(rng.integers(0, 255, (12, 12, 3)).astype(np.uint8))
        noise.resize(size, PIL.Image.Resampling.BICUBIC).save(root / "pictures" / f"{name}.png")
    return root


@pytest.fixture(scope="module")
def images(folder: Path) -> dict[str, Path]:
    """The three pictures by name."""
    return {path.stem: path for path in sorted((folder / "pictures").iterdir())}


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server of the shipped pipeline."""
    with Server(folder / "models", models=["prep"], log=folder / "triton.log") as running:
        yield running


@pytest.mark.parametrize("kind", ["dali", "triton"])
@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_token_and_tls_hold_for_the_proof(protocol, kind, server, folder, images, certificate):
    """Behind TLS and a token a repair is proven, of a served side and of a file; without the token it stops at once."""
    gate, url = (grpc_gate, server.url) if protocol == "grpc" else (http_gate, server.http_url)
    with gate(url, certificate) as guarded:
        where = f"triton:{guarded}/prep"
        sides = (
            f"dali:{folder}/pipelines.py:right",
            where if kind == "triton" else f"dali:{folder}/pipelines.py:shipped",
        )
        reached = {"tls": True, "root_certificates": str(certificate[0]), "timeout": 30.0, "protocol": protocol}
        mended = tools.repair(*sides, images, verify=where, token=TOKEN, **reached)
        assert mended.proof is not None
        assert mended.proof.holds
        for token in (None, "wrong"):
            with pytest.raises(ServerError, match="check the token"):
                tools.repair(*sides, images, verify=where, token=token, **reached)
        with pytest.raises(ServerError, match="TLS"):  # the system does not know this certificate
            tools.repair(*sides, images, verify=where, token=TOKEN, tls=True, protocol=protocol, timeout=5.0)


def test_scheme_says_tls(server, folder, images, certificate):
    """``grpcs://`` in what is verified asks for TLS, whatever protocol the deployed side is spoken to with."""
    with grpc_gate(server.url, certificate) as guarded:
        mended = tools.repair(
            f"dali:{folder}/pipelines.py:right", f"dali:{folder}/pipelines.py:shipped", images,
            verify=f"triton:grpcs://{guarded}/prep", protocol="http", token=TOKEN, root_certificates=str(certificate[0]),
        )  # fmt: skip
    assert mended.proof is not None
    assert mended.proof.holds


def test_what_is_not_ours_is_left(server, folder, images, monkeypatch):
    """A model of a copy's name is named before anything is captured, with how to unload it; a suffix goes round it."""
    sides = f"dali:{folder}/pipelines.py:right", f"dali:{folder}/pipelines.py:shipped"
    where = f"triton:{server.url}/prep"
    with client.connect(server.url) as connection, a_model(connection, folder, "prep_repaired"):
        assert tools.repair(*sides, images, verify=where, suffix="_again").proof.names == {"prep": "prep_again"}
        monkeypatch.setattr(looking, "look", lambda *_, **__: pytest.fail("the work began"))
        with pytest.raises(InputError, match=r"'prep_repaired' already.*curl -X POST .*prep_repaired/unload.*--suffix"):
            tools.repair(*sides, images, verify=where)
        assert connection.serves("prep_repaired")
    with pytest.raises(InputError, match="--suffix is '/x'"):
        tools.repair(*sides, images, verify=where, suffix="/x")


@contextmanager
def a_model(connection: client.Connection, folder: Path, name: str) -> Iterator[None]:
    """Serve the shipped pipeline under another name, as anybody may."""
    data = (folder / "models" / "prep" / "1" / "model.dali").read_bytes()
    config = CONFIG.replace('"prep"', f'"{name}"')
    connection.load(name, config=config, files={"1/model.dali": data, "1/model.py": SERVED.encode()})
    try:
        yield
    finally:
        connection.unload(name)


def repairing(folder: Path, address: str) -> subprocess.Popen[str]:
    """Start a repair that is proven on the server at an address."""
    command = [sys.executable, "-m", "pixelparity", "repair", "--images", "pictures"]
    command += ["--verify", f"triton:{address}/prep"]
    command += ["--reference", "dali:pipelines.py:right", "--deployed", "dali:pipelines.py:shipped"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_what_a_killed_run_left_is_taken_away_by_the_next(server, folder):
    """SIGKILL while the copy is asked leaves it; the next run waits for no person, takes it away, says so, and proves."""
    started: list[subprocess.Popen[str]] = []
    loaded: list[str] = []
    refused: list[str] = []

    def answered(method: str) -> None:
        loaded.extend([method] if method == "RepositoryModelLoad" else [])
        if method == "ModelInfer" and loaded and started:
            _, said = repairing(folder, server.url).communicate(timeout=120)  # beside the first, which lives
            refused.append(said)
            started.pop().kill()

    with grpc_gate(server.url, token=None, answered=answered) as address:
        run = repairing(folder, address)
        started.append(run)
        run.communicate(timeout=240)
    assert run.returncode == -signal.SIGKILL
    assert f"of a run that goes on (process {run.pid})" in refused[0]
    assert server.serves("prep_repaired")
    told, _ = repairing(folder, server.url).communicate(timeout=120)
    assert "taken away first, left by an earlier run: prep_repaired" in told
    assert "answers as before; the copy is taken away" in told
    assert not server.serves("prep_repaired")
    assert server.serves("prep")


@pytest.mark.parametrize(("number", "moment"), [(signal.SIGTERM, "ModelInfer"), (signal.SIGHUP, "RepositoryModelLoad")])
def test_signal_takes_the_copy_away(number, moment, server, folder):
    """A signal while the copy loads, or while it is asked, ends the command with 2 and one line, and the copy is gone."""
    calls: list[str] = []
    started: list[subprocess.Popen[str]] = []

    def answered(method: str) -> None:
        calls.append(method)
        if method == moment and "RepositoryModelLoad" in calls and len(started) == 1:
            assert server.serves("prep_repaired")
            started.pop().send_signal(number)

    with grpc_gate(server.url, token=None, answered=answered) as address:
        # Under nohup the suite ignores SIGHUP and so would the command, which is right of it, and not what this shows.
        before = signal.signal(number, signal.SIG_DFL)
        try:
            run = repairing(folder, address)
        finally:
            signal.signal(number, before)
        started.append(run)
        _, said = run.communicate(timeout=120)
    assert started == []
    assert run.returncode == 2
    assert said.splitlines()[-1] == f"error: stopped by {number.name}"
    assert not server.serves("prep_repaired")
    assert server.serves("prep")
