"""A model repository on disk: its configs, and the file that lies behind each of its models, all inside its folder."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixelparity import model_config
from pixelparity.errors import InputError
from pixelparity.fields import shown, within

CONFIG = "config.pbtxt"
#: The files by which Triton completes a config that names no backend, and that backend.
BY_FILE = {
    "model.dali": "dali", "dali.py": "dali", "model.onnx": "onnxruntime", "model.xml": "openvino", "model.plan": "tensorrt",
    "model.pt": "pytorch", "model.savedmodel": "tensorflow", "model.graphdef": "tensorflow", "model.py": "python",
}  # fmt: skip
_LISTED = 8
#: What stands for a tensor's type and shape where a config leaves them to Triton.
_UNDECLARED: Mapping[str, Any] = {"data_type": "", "dims": []}


class Repository:
    """The models of one folder. A config is read once; its name, its links and its files may not lead out of the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = Path(os.path.realpath(folder))
        if not self._root.is_dir():
            raise InputError(f"{folder} is no folder; give the folder of a Triton model repository and a model in it")
        self._configs: dict[str, dict[str, Any]] = {}
        #: By model, the tensors that ensembles map of it, as ``input`` or ``output``: a config may leave them to Triton.
        self._mapped: defaultdict[str, dict[tuple[str, str], None]] = defaultdict(dict)

    def config(self, model: str) -> Mapping[str, Any]:
        """Return a model's config as Triton's JSON, with what Triton completes of it."""
        if model not in self._configs:
            self._configs[model] = self._read(model)
            self._note_maps(self._configs[model])
        found = dict(self._configs[model])
        for kind in ("input", "output"):
            found[kind] = [{**_UNDECLARED, **spec} for spec in found.get(kind, [])]
            names = [spec.get("name") for spec in found[kind]]
            lacking = [name for mapped, name in self._mapped[model] if mapped == kind and name not in names]
            found[kind] += [{**_UNDECLARED, "name": name} for name in lacking]
        return found

    def version(self, model: str, version: str = "") -> Path:
        """Return the folder of a version of a model: the named one, else the highest that its policy serves."""
        home = self._home(model)
        policy = self._configs.get(model, {}).get("version_policy", {}).get("specific")
        there = {int(path.name) for path in home.iterdir() if path.name.isdecimal() and path.is_dir()}
        served = there if policy is None else there & {int(one) for one in policy.get("versions", [])}
        if version:
            served &= {int(version)}
        if not served:
            wanted = (
                f"version {version}" if version else "version that its policy serves" if there else "version's folder"
            )
            have = f"only {', '.join(map(str, sorted(there)))}" if there else "such as 1"
            raise InputError(
                f"model {model!r} in {self.folder} has no {wanted}, {have}: put there what Triton loads, or give the script that "
                "makes a pipeline as dali:FILE.py:FUNCTION"
            )
        number = max(served)
        return self._within(next(p for p in home.iterdir() if p.name.isdecimal() and int(p.name) == number))

    def file(self, model: str, version: str, default: str) -> Path | None:
        """Return the file of a model's version, called as its config says, else ``default``; nothing where there is none."""
        with within(f"the default_model_filename of {model!r}"):
            named = _plain(self._configs.get(model, {}).get("default_model_filename") or default)
        return self.beside(model, version, named)

    def beside(self, model: str, version: str, name: str) -> Path | None:
        """Return a file of a model's version by its own name; nothing where there is none."""
        path = self.version(model, version) / name
        return self._within(path) if os.path.lexists(path) else None

    def models(self) -> list[str]:
        """Return the folders of the repository that hold a config, in alphabetical order."""
        return sorted(path.name for path in self._root.iterdir() if os.path.lexists(path / CONFIG))

    def _home(self, model: str) -> Path:
        with within("the name of a model"):
            path = self.folder / _plain(model)
        try:
            is_there = path.is_dir()
        except OSError:  # a name that is too long for the system
            is_there = False
        if not is_there:
            known = self.models()
            more = f", and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
            listed = f"{', '.join(known[:_LISTED]) or 'none'}{more}"
            raise InputError(f"{self.folder} has no model {shown(model)}; its models are {listed}")
        return self._within(path)

    def _read(self, model: str) -> dict[str, Any]:
        home = self._home(model)
        versions = [path for path in home.iterdir() if path.name.isdecimal() and path.is_dir()]
        found = [BY_FILE[name] for name in BY_FILE for path in versions if os.path.lexists(path / name)]
        if os.path.lexists(home / CONFIG):
            config = model_config.as_json(model_config.read(self._within(home / CONFIG)))
            if not any(config.get(name) for name in ("backend", "platform", "ensemble_scheduling")):
                named = [model.rpartition(".")[2]] if "." in model else found
                config["backend"] = next(iter(named), "")
            return config
        if not found:
            inside = [path.name for path in sorted(home.iterdir()) if os.path.lexists(path / CONFIG)]
            hint = (
                f"it is a repository itself: name one of its models, {', '.join(inside[:_LISTED])}"
                if inside
                else (f"write one, or give the {CONFIG} a name of its own")
            )
            raise InputError(
                f"model {model!r} in {self.folder} has no {CONFIG}, and no file by which Triton would complete one; {hint}"
            )
        return {"name": model, "backend": found[0]}

    def _note_maps(self, config: Mapping[str, Any]) -> None:
        for step in config.get("ensemble_scheduling", {}).get("step", []):
            for kind in ("input", "output"):
                for name in step.get(f"{kind}_map", {}):
                    self._mapped[step.get("model_name", "")][(kind, name)] = None

    def _within(self, path: Path) -> Path:
        """Return a path of the repository; raise ``InputError`` for a link that leads out of it."""
        real = os.path.realpath(path)
        if os.path.commonpath((self._root, real)) != str(self._root):
            raise InputError(f"{path} leads out of the repository, to {real}; copy what it should hold to its place")
        return path


def _plain(name: str) -> str:
    """Return a name that names something inside a folder; raise ``InputError`` for one that is a path."""
    if name in ("", ".", "..") or any(sign in name for sign in "/\\\0"):
        raise InputError(f"it is {shown(name)}, which leads elsewhere; use a plain name")
    try:
        os.fsencode(name)
    except UnicodeError as error:
        raise InputError(f"it is {shown(name)}, which no file is called; use a plain name") from error
    return name
