"""The wheel's parts are found and brought together, and what lacks is named with the mend."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from pixelparity.deploy import places, wheel
from pixelparity.errors import MissingLibrary, ServerError


def test_backend_and_stub_come_together(tmp_path):
    """The backend's library, its Python module and this Python's stub lie side by side, as links to the wheel."""
    backend = wheel.assemble(tmp_path) / "python"
    assert {"libtriton_python.so", "triton_python_backend_utils.py", "triton_python_backend_stub"} == {
        entry.name for entry in backend.iterdir()
    }
    stub = (backend / "triton_python_backend_stub").resolve()
    assert stub.parent.name == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_environment_finds_this_python_first(tmp_path):
    """The stub looks for python3 on PATH and gets the running one; the package's root is on the path too."""
    environment = wheel.environment(tmp_path)
    programs = Path(environment["PATH"].split(os.pathsep)[0])  # the folder itself, or a plain name for it
    assert (programs / "python3").resolve() == Path(sys.executable).resolve()
    assert Path(environment["PYTHONPATH"].split(os.pathsep)[0]).resolve() == places.IMPORT_ROOT
    assert "nvidia_pytriton.libs" in environment["LD_LIBRARY_PATH"]


def test_what_lacks_is_named(tmp_path, monkeypatch):
    """No wheel, no stub for this Python and no shared library of it have each their sentence."""
    with pytest.raises(ServerError, match=r"no shared library \(libpython9\.99\.so"):
        wheel._check_shared_python("9.99")
    monkeypatch.setattr(wheel.sys, "version_info", type("Version", (), {"major": 9, "minor": 99}))
    with pytest.raises(ServerError, match=r"no Python backend for Python 9\.99; use one of .*3\.11"):
        wheel.assemble(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingLibrary, match="pip install"):
        wheel.find()
