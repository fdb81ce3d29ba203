"""The deployment that the notebooks take apart.

Everything that takes long is built once and kept in the cache under a key of what it depends on, so each notebook can
be opened alone: what an earlier one would have built is built when it is asked for.
"""

from __future__ import annotations

import json
import os
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pixelparity import recipes, stages, views
from pixelparity.deploy import cache
from pixelparity.errors import ServerError
from pixelparity.workbook import records

if TYPE_CHECKING:
    from pixelparity.deploy.client import Connection

SERVER_VARIABLE = "SKEW_SERVER"
SHARED_SERVER = "server"
ANSWERS = "answers.npz"
Answers = dict[str, NDArray[np.float32]]
#: What MMPretrain's preprocessing is made of.
_MMPRETRAIN = ("mmpretrain", "mmengine", "mmcv-lite", "opencv-python-headless", "numpy")


@dataclass(frozen=True)
class Deployment:
    """The incident's deployment. Each property builds what it names on first use and finds it in the cache later."""

    root: Path = field(default_factory=lambda: _dataset().ensure())

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the class names in the model's order."""
        classes: tuple[str, ...] = _dataset().CLASSES
        return classes

    @cached_property
    def field(self) -> dict[str, Path]:
        """Return the 24 pictures of the field, by name."""
        pictures: dict[str, Path] = _dataset().field_pictures(self.root)
        return pictures

    @cached_property
    def field_labels(self) -> dict[str, int]:
        """Return the class index of each field picture, by name."""
        labels: dict[str, int] = _dataset().field_labels(self.root)
        return labels

    @property
    def each_size(self) -> tuple[str, ...]:
        """Return half of the field pictures: each size once, the two classes in turn, so that an answer can be right or wrong.

        The field pictures come in pairs of one size, one of each class.
        """
        return tuple(name for number, name in enumerate(self.field) if number % 4 in (0, 3))

    @cached_property
    def validation(self) -> dict[str, Path]:
        """Return the 48 validation pictures, by name."""
        pictures: dict[str, Path] = _dataset().validation_pictures(self.root)[0]
        return pictures

    @cached_property
    def validation_labels(self) -> dict[str, int]:
        """Return the class index of each validation picture, by name."""
        labels: dict[str, int] = _dataset().validation_pictures(self.root)[1]
        return labels

    @cached_property
    def pictures(self) -> dict[str, Path]:
        """Return every picture that models are asked about, by name: of the field, then of the validation."""
        return self.field | self.validation

    @cached_property
    def labels(self) -> dict[str, int]:
        """Return the class index of each of :attr:`pictures`, by name."""
        return self.field_labels | self.validation_labels

    @cached_property
    def identity(self) -> str:
        """Return what tells the shipped ensemble from any other: a digest of its engine and of its pipeline."""
        return cache.key(self.engine, self.pipelines["preprocess_shipped"])

    @property
    def config(self) -> Path:
        """Return the path of the MMPretrain config."""
        from pixelparity.deploy import training

        return _near(training.CONFIG)

    @cached_property
    def checkpoint(self) -> Path:
        """Return the path of the trained checkpoint; training takes one to two minutes the first time."""
        from pixelparity.deploy import training

        return training.ensure_trained(self.root)

    @cached_property
    def model(self) -> Any:
        """Return the MMPretrain model in evaluation mode."""
        from pixelparity.deploy import reference

        return reference.load_model(self.config, self.checkpoint)

    @cached_property
    def onnx(self) -> Path:
        """Return the path of the ONNX file."""
        from pixelparity.deploy import engine

        with ExitStack() as exporting:

            def model() -> Any:  # asked for only if there is something to export
                exporting.enter_context(views.busy("exporting the model to ONNX"))
                return self.model

            return engine.ensure_onnx(model, self.checkpoint)

    @cached_property
    def engine(self) -> Path:
        """Return the engine's file, placed in the model repository too."""
        from pixelparity.deploy import engine, repository

        built = engine.ensure_engine(self.onnx)
        repository.place_engine(built)
        return built

    @cached_property
    def pipelines(self) -> dict[str, Path]:
        """Return the serialized pipelines by name, each in its place in the model repository."""
        from pixelparity.deploy import repository

        return {name: _near(path) for name, path in repository.build_pipelines().items()}

    @cached_property
    def reference_answers(self) -> Answers:
        """Return PyTorch's probabilities of all field and validation pictures, by name."""
        digest = cache.key(
            self.checkpoint, self.config, self.root, _source("deploy/reference.py"), _source("deploy/transforms.py"),
            _versions("torch", *_MMPRETRAIN),
        )  # fmt: skip
        return _load_answers(cache.build("answers", digest, self._write_answers))

    @cached_property
    def reference_capture(self) -> stages.Capture:
        """Return the tensor after every stage of MMPretrain's own preprocessing, for the field pictures."""
        digest = cache.key(self.root, _source("stages.py"), *self._reads_training())
        loaded = stages.load(cache.build("reference-capture", digest, self._write_capture) / "capture")
        # As this notebook would write it, whoever captured it.
        return replace(loaded, source=f"mmpretrain:{self.config}")

    @cached_property
    def reference_recipe(self) -> recipes.Recipe:
        """Return the training's preprocessing as its config declares it."""
        folder = cache.build("reference-recipe", cache.key(*self._reads_training()), self._write_recipe)
        loaded = recipes.from_dict(json.loads((folder / "recipe.json").read_text(encoding="utf-8")))
        return replace(loaded, source=f"mmpretrain:{self.config}")

    @cached_property
    def engine_answers(self) -> Answers:
        """Return what the engine answers to the reference's own final tensors of the field pictures, by name.

        It is asked once for an engine, tensors and runtime, and again when any of them is another.
        """
        from pixelparity.deploy import engine

        digest = cache.key(
            self.engine, _source("deploy/engine.py"), engine.runtime(), _versions("onnxruntime", "tensorrt", "polygraphy"),
            *[np.ascontiguousarray(tensor).tobytes() for _, tensor in self.reference_capture.finals()],
        )  # fmt: skip
        return _load_answers(cache.build("engine-answers", digest, self._write_engine_answers))

    def activation_ranges(self, tensors: NDArray[np.float32]) -> dict[str, tuple[float, float]]:
        """Return the (lowest, highest) value that each part of the trained model puts out for final tensors.

        ``tensors`` has shape (images, 3, height, width). Measured once for a model and tensors, then kept.
        """

        def write(folder: Path) -> None:
            from pixelparity.deploy import reference

            with views.busy("watching the model's layers"):
                ranges = reference.activation_ranges(self.model, tensors)
            (folder / "ranges.json").write_text(json.dumps(ranges), encoding="utf-8")

        digest = cache.key(
            self.checkpoint, self.config, _source("deploy/reference.py"), _versions("torch", "mmpretrain"),
            str(tensors.shape), np.ascontiguousarray(tensors).tobytes(),
        )  # fmt: skip
        folder = cache.build("activations", digest, write)
        kept = json.loads((folder / "ranges.json").read_text(encoding="utf-8"))
        return {part: (low, high) for part, (low, high) in kept.items()}

    def start_server(self, address: str | None = None) -> Connection:
        """Return a server with every model loaded: a new one that ends with this process, or the one at ``address``.

        ``address`` is the HOST:PORT of the gRPC service of a server that serves ``model_repository/`` already; without
        it the environment variable ``SKEW_SERVER`` is looked at, and then the server that the notebooks of one run share.
        """
        from pixelparity.deploy import client, server

        if given := address or os.environ.get(SERVER_VARIABLE):
            return client.connect(given)
        if shared := records.kept_or_none(SHARED_SERVER):
            try:
                return client.connect(shared)
            except ServerError as error:  # ended from outside: the run goes on with one of its own
                warnings.warn(f"the server of this run is gone ({error}); another one is started", stacklevel=2)
                records.forget(SHARED_SERVER)
        artefacts = self.artefacts()
        with views.busy("starting Triton"):
            return server.Server(artefacts).start()

    def artefacts(self) -> Path:
        """Build what the model repository lacks, the engine and the pipelines, and return the repository's folder."""
        from pixelparity.deploy import places, repository

        places.require_checkout("the model repository")
        assert self.engine.is_file()
        assert all(path.is_file() for path in self.pipelines.values())
        return repository.FOLDER

    def _reads_training(self) -> tuple[Path | str, ...]:
        """Return what the training's preprocessing depends on, and our reading of it."""
        read_by = ("sources/mmpretrain", "recipes/steps", "recipes/text", "deploy/transforms.py")
        return (self.config, *map(_source, read_by), _versions(*_MMPRETRAIN))

    def _write_answers(self, folder: Path) -> None:
        from pixelparity.deploy import reference

        answers = reference.probabilities(self.model, self.pictures)
        np.savez(folder / ANSWERS, **answers)

    def _write_capture(self, folder: Path) -> None:
        from pixelparity.sources import mmpretrain

        with views.busy("running MMPretrain's preprocessing"):
            stages.save(mmpretrain.capture(self.config, self.field), folder / "capture")

    def _write_recipe(self, folder: Path) -> None:
        from pixelparity.sources import mmpretrain

        with views.busy("reading MMPretrain's config"):
            declared = recipes.to_dict(mmpretrain.recipe(self.config))
        (folder / "recipe.json").write_text(json.dumps(declared), encoding="utf-8")

    def _write_engine_answers(self, folder: Path) -> None:
        from tqdm.auto import tqdm

        from pixelparity.deploy import engine

        with engine.load(self.engine) as runner:
            tensors = tqdm(self.reference_capture.finals(), desc="engine", unit="picture", total=len(self.field))
            answers = {name: engine.infer(runner, [tensor])[0] for name, tensor in tensors}
        np.savez(folder / ANSWERS, **answers)


def _load_answers(folder: Path) -> Answers:
    with np.load(folder / ANSWERS, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _versions(*packages: str) -> str:
    """Return the versions of packages as one text: a result of theirs is another one after an update."""
    found = records.versions()
    return ",".join(f"{name}={found[name]}" for name in packages)


def _near(path: Path) -> Path:
    """Return a path as seen from the working folder, so that what is shown names no machine."""
    return Path(os.path.relpath(path))


def _source(name: str) -> Path:
    """Return a file or package folder of the package by its name without the suffix where it is a package."""
    path = Path(__file__).parents[1] / name
    return path if path.exists() else path.with_suffix(".py")


def _dataset() -> Any:
    from pixelparity.deploy import dataset

    return dataset
