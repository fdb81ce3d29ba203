"""The Triton server inside the nvidia-pytriton wheel: where its parts lie and how a process has to be set up to run it.

The wheel keeps the server, the Python backend and one stub per Python version in separate folders; Triton wants the stub
beside the backend, so a work folder of symbolic links brings them together. The stub embeds Python and ignores
``PYTHONPATH`` (seen with Python 3.11): it finds a virtual environment by the first ``python3`` on ``PATH``, and the
package because the server's working directory is theirs.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from pixelparity.deploy import stub_python
from pixelparity.deploy.places import IMPORT_ROOT
from pixelparity.deploy.plain import through
from pixelparity.errors import ServerError
from pixelparity.extras import missing


def find() -> Path:
    """Return the wheel's ``tritonserver`` folder; raise ``MissingLibrary`` with the install line when it is not there."""
    spec = importlib.util.find_spec("pytriton")
    folders = spec.submodule_search_locations if spec else None
    if not folders or not (Path(folders[0]) / "tritonserver" / "bin" / "tritonserver").is_file():
        raise missing("nvidia-pytriton", "workbook")
    return Path(folders[0]) / "tritonserver"


def assemble(folder: Path) -> Path:
    """Bring backend and stub together in ``folder`` by symbolic links and return the backend directory.

    Raises ``ServerError`` when the wheel has no stub for this Python, or this Python no shared library to embed.
    """
    tritonserver = find()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = tritonserver / "python_backend_stubs" / version / "triton_python_backend_stub"
    if not stub.is_file():
        known = ", ".join(sorted(entry.name for entry in stub.parent.parent.iterdir()))
        raise ServerError(f"the Triton wheel has no Python backend for Python {version}; use one of {known}")
    _check_shared_python(version)
    backend = folder / "backends" / "python"
    backend.mkdir(parents=True)
    for part in (*(tritonserver / "backends" / "python").iterdir(), stub):
        (backend / part.name).symlink_to(part)
    return backend.parent


def environment(folder: Path) -> Mapping[str, str]:
    """Return the environment in which the server and its Python stubs find their libraries, this Python and this package.

    What Triton cannot be given by its own path is linked into ``folder``.
    """
    site_packages = through(find().parents[1], folder / "site-packages")
    package = through(IMPORT_ROOT, folder / "package")
    shared = sysconfig.get_config_var("LIBDIR")
    libraries = [
        str(through(shared, folder / "libpython")) if shared else None,
        str(site_packages / "nvidia_pytriton.libs"),
    ]
    return {
        **os.environ,
        "PATH": _joined([str(stub_python.programs(folder)), os.environ.get("PATH")]),
        "LD_LIBRARY_PATH": _joined([*libraries, os.environ.get("LD_LIBRARY_PATH")]),
        "PYTHONPATH": _joined([str(package), str(site_packages), os.environ.get("PYTHONPATH")]),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder),
    }


def _check_shared_python(version: str) -> None:
    name = f"libpython{version}.so.1.0"
    if (Path(sysconfig.get_config_var("LIBDIR") or "") / name).is_file():
        return
    try:
        ctypes.CDLL(name)
    except OSError:
        raise ServerError(
            f"this Python has no shared library ({name}), which Triton's Python backend embeds; "
            f"install the system's libpython{version}, or use a Python built with --enable-shared"
        ) from None


def _joined(parts: list[str | None]) -> str:
    return os.pathsep.join(part for part in parts if part)
