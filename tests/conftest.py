"""What takes long is built once per run and shared: the deployment with its trained model, and one run of the workbook."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from pixelparity import kept, workbook

# A recipe that an earlier run has kept would hide what a test changes of its library.
os.environ[kept.SWITCH] = "1"

# A property is true or false; how long an example takes depends on what else the machine does.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def deployment() -> workbook.Deployment:
    """Return the incident's deployment; what it needs is built on first use and cached."""
    return workbook.Deployment()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for this machine, made on the spot, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "cert.pem", folder / "key.pem"
    about = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", *about, *named, "-keyout", str(key), "-out", str(chain)]
    subprocess.run(command, check=True, capture_output=True)
    return chain, key


@pytest.fixture(scope="session")
def run_of_the_workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report folder of one run of notebooks 01 to 06."""
    from pixelparity.workbook import runner

    return runner.run(reports=tmp_path_factory.mktemp("reports"))
