"""MMPretrain's configs: of a file, or of a model of the zoo that the installed wheel carries."""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.util
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelparity import files
from pixelparity.errors import InputError, MissingLibrary, UnsupportedStep
from pixelparity.extras import install, missing
from pixelparity.fields import OBJECTS, shown, within
from pixelparity.sources.mmpretrain import old_configs

if TYPE_CHECKING:
    from mmengine import Config

#: mmengine 0.10.7 imports pkg_resources, which later releases of setuptools leave out.
SETUPTOOLS = 'pip install "setuptools<81"'
#: Datasets that hand over decoded arrays, so that their pipelines have no loading step, and the channels of these.
ARRAYS = {"CIFAR10": "RGB", "CIFAR100": "RGB", "MNIST": "GRAY", "FashionMNIST": "GRAY"}
LOADER = "LoadImageFromFile"
#: Transforms that leave the picture as it is.
BYSTANDERS = ("CleanCaption", "OFAAddObjects", "Collect", "LoadAnnotations")


def load_config(config: str | Path | Config) -> Config:
    """Return the MMPretrain config of a file, or of a model of the zoo by its name.

    Raises ``InputError`` when the file does not exist or does not parse, and when no model has that name (it lists the
    nearest names); ``MissingLibrary`` without MMPretrain.
    """
    mmengine = library("mmengine")
    if isinstance(config, mmengine.Config):
        return config
    path = Path(config)
    if not is_file_name(str(config)):
        path = zoo_config(str(config))
    elif not path.is_file():
        raise InputError(f"{path} is not a file; give an MMPretrain config file or the name of a model of its zoo")
    files.check(path, "an MMPretrain config")
    try:
        return _read(path, mmengine)
    except ModuleNotFoundError as error:
        if error.name == "pkg_resources":
            raise InputError(
                f"{config}: mmengine looks up a base of another package, as in 'mmpretrain::...', by pkg_resources, "
                f"which the installed setuptools does not have; run: {SETUPTOOLS}"
            ) from error
        raise InputError(f"{config}: the config cannot be read ({type(error).__name__}: {error})") from error
    except (Exception, SystemExit) as error:
        # A config is a program: whatever it raises while it is read is a fault of the config, and so is its exit.
        raise InputError(f"{config}: the config cannot be read ({type(error).__name__}: {error})") from error


def is_file_name(config: str) -> bool:
    """Tell whether a text names a config file, and no model of the zoo."""
    return Path(config).suffix in {".py", ".json", ".yml", ".yaml"}


def zoo_config(name: str) -> Path:
    """Return the config file of a model of the zoo that the installed MMPretrain carries; the case of ``name`` is ignored."""
    models = zoo()
    if name.lower() not in models:
        near = difflib.get_close_matches(name.lower(), models, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}" if near else ""
        raise InputError(f"{name!r} is neither a config file nor a model of MMPretrain's zoo{hint}")
    return models[name.lower()]


@functools.cache
def zoo() -> dict[str, Path]:
    """Return the config file of every model in the installed wheel's model index, by lower-case model name."""
    spec = importlib.util.find_spec("mmpretrain")
    if spec is None or not spec.submodule_search_locations:
        raise missing("mmpretrain", "mmpretrain")
    index = Path(spec.submodule_search_locations[0]) / ".mim" / "model-index.yml"
    if not index.is_file():
        raise InputError(f"the installed MMPretrain carries no model index ({index.name}); give a config file")
    yaml = library("yaml")
    models = {}
    for metafile in yaml.safe_load(index.read_text(encoding="utf-8"))["Import"]:
        content = (index.parent / metafile).read_text(encoding="utf-8")
        for entry in yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)).get("Models", []):
            models[entry["Name"].lower()] = index.parent / entry["Config"]
    return models


def test_pipeline(config: Config) -> list[dict[str, Any]]:
    """Return the transforms of the test pipeline as the config declares them; raise ``InputError`` if it has none.

    Those of a config of mmcls 0.x come in MMPretrain's words; the config of another project is refused.
    """
    with within(file_name(config)):
        old = old_configs.pipeline_of(config)
        if old is not None:
            old_configs.refuse_others(old)
            return old_configs.translated(old)[0]
    for loader in ("test_dataloader", "val_dataloader"):
        dataset = (config.get(loader) or {}).get("dataset")
        while dataset:
            if dataset.get("pipeline"):
                return _steps(dataset["pipeline"], config)
            dataset = dataset.get("dataset")
    if config.get("test_pipeline"):
        return _steps(config["test_pipeline"], config)
    raise InputError(
        f"{file_name(config)}: the config has no test pipeline; it pretrains a model and classifies nothing"
    )


def _steps(pipeline: Any, config: Config) -> list[dict[str, Any]]:
    """Return a pipeline's steps, each with a type that is a name or a class."""
    with within(file_name(config)):
        steps: tuple[dict[str, Any], ...] = OBJECTS(pipeline, "test_pipeline")
        for number, step in enumerate(steps):
            if not isinstance(step.get("type"), str | type):
                raise InputError(f"test_pipeline[{number}].type is {shown(step.get('type'))}, use a transform's name")
        old_configs.refuse_others(steps)
    return old_configs.renamed(steps)


def preprocessor_config(config: Config) -> dict[str, Any]:
    """Return the settings of the ``data_preprocessor`` that the config's model gets, its type included."""
    with within(file_name(config)):
        old = old_configs.pipeline_of(config)
        if old is not None:
            return old_configs.translated(old)[1]
    model = config.get("model") or {}
    settings = dict(model.get("data_preprocessor") or config.get("data_preprocessor") or {})
    # BaseClassifier's own rule: without a type it is this one.
    settings.setdefault("type", "ClsDataPreprocessor")
    return settings


def build_preprocessor(config: Config) -> Any:
    """Build the ``data_preprocessor`` as MMPretrain would, in eval mode."""
    registry = library("mmpretrain.registry")
    try:
        return registry.MODELS.build(preprocessor_config(config)).eval()
    except Exception as error:
        raise InputError(f"{file_name(config)}: the data_preprocessor cannot be built ({error})") from error


def file_name(config: Config) -> str:
    """Return the config's file name, for messages."""
    return Path(config.filename or "the config").name


def array_channels(config: Config) -> str:
    """Return the channels of what a test pipeline without a loading step is handed: BGR, unless its data set is of arrays."""
    dataset = old_configs.dataset_of(config) or (config.get("test_dataloader") or {}).get("dataset") or {}
    return ARRAYS.get(str(dataset.get("type", "")).rpartition(".")[2], "BGR")


def _read(path: Path, mmengine: Any) -> Config:
    with warnings.catch_warnings():
        # Said to whoever imports it, which is mmengine; our own pin keeps it there.
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
        try:
            return mmengine.Config.fromfile(str(path))
        except RuntimeError:
            # mmengine takes a config that imports something for a "lazy" one; as an ordinary one, it may be readable.
            return mmengine.Config.fromfile(str(path), lazy_import=False)


def kind_of(entry: Mapping[str, Any]) -> str:
    """Return a transform's type without its registry scope: ``mmpretrain.ResizeEdge`` is ``ResizeEdge``."""
    declared = entry["type"]
    return str(declared if isinstance(declared, str) else declared.__name__).rpartition(".")[2]


def build_transform(entry: Mapping[str, Any], config: Config) -> Any:
    """Build a transform as MMPretrain would; raise an error that names it when it is unknown or its arguments do not fit."""
    registry = library("mmpretrain.registry")
    try:
        return registry.TRANSFORMS.build(dict(entry))
    except KeyError as error:
        raise UnsupportedStep(
            f"{file_name(config)}: transform {kind_of(entry)!r} is not registered ({error})"
        ) from error
    except Exception as error:
        raise InputError(f"{file_name(config)}: transform {kind_of(entry)!r} cannot be built ({error})") from error


def library(name: str) -> Any:
    """Import a library; raise ``MissingLibrary`` with the install line when that fails."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibrary(f"{name} cannot be imported ({error}); run: {install('mmpretrain')}") from error


@contextmanager
def scope() -> Iterator[None]:
    """Build and run under MMPretrain's registry scope, and leave the process's own scope as it was."""
    with warnings.catch_warnings():
        # mmcv-lite warns about operators that no classifier needs.
        warnings.filterwarnings("ignore", message="Fail to import")
        library("mmpretrain.datasets")
        library("mmpretrain.models")
    from mmengine.registry import DefaultScope

    with DefaultScope.overwrite_default_scope("mmpretrain"):
        yield
