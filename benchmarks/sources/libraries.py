"""The libraries' own output: ``python -m benchmarks.sources.libraries NAME FOLDER``, in an interpreter that has the library.

``FOLDER/cases.json`` maps each case to its file, ``FOLDER/pictures`` holds the pictures. What comes out goes to
``FOLDER/outputs.npz`` under ``case|picture``, or ``FOLDER/failures.json`` where the library raised. Nothing of this project is
imported. Exit code 3: the library is not installed.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Way = Callable[[Path], Any]
MISSING = 3


def _run(path: Path, **names: Any) -> dict[str, Any]:
    found = dict(names)
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), found)
    return found


def transformers(file: Path) -> Way:
    """Return a processor of Hugging Face, as numpy."""
    import transformers as library

    library.logging.set_verbosity_error()
    settings = json.loads(file.read_text(encoding="utf-8"))
    processor = getattr(library, settings.pop("image_processor_type"))(**settings)
    kind = "pt" if type(processor).__name__.endswith("Fast") else "np"
    return lambda path: np.asarray(processor(Image.open(path), return_tensors=kind)["pixel_values"][0])


def timm(file: Path) -> Way:
    """Return timm's transform for inference."""
    from timm.data import create_transform, resolve_data_config

    transform = create_transform(**resolve_data_config(pretrained_cfg=json.loads(file.read_text(encoding="utf-8"))))
    return lambda path: transform(Image.open(path).convert("RGB")).numpy()


def torchvision(file: Path) -> Way:
    """Return the transform that stands in the file."""
    way = _run(file)["way"]
    return lambda path: way(Image.open(path)).numpy()


def mmpretrain(file: Path) -> Way:
    """Return the test pipeline and the data_preprocessor of a config."""
    from mmengine import Config
    from mmengine.dataset import Compose, default_collate
    from mmpretrain.registry import MODELS
    from mmpretrain.utils import register_all_modules

    register_all_modules()
    config = Config.fromfile(str(file))
    pipeline = Compose(config.test_pipeline)
    preprocessor = MODELS.build({"type": "ClsDataPreprocessor", **config.data_preprocessor}).eval()
    return lambda path: preprocessor(default_collate([pipeline({"img_path": str(path)})]), False)["inputs"][0].numpy()


def albumentations(file: Path) -> Way:
    """Return the Compose of the file, on a picture in RGB."""
    way = _run(file)["way"]
    return lambda path: np.asarray(way(image=np.asarray(Image.open(path).convert("RGB")))["image"])


def ultralytics(file: Path) -> Way:
    """Return the letterbox of a prediction, and what its predictor does to the batch."""
    import cv2
    from ultralytics.data.augment import LetterBox

    size = json.loads(file.read_text(encoding="utf-8"))["imgsz"]
    letterbox = LetterBox(size, auto=False, stride=32)

    def way(path: Path) -> Any:
        picture = letterbox(image=cv2.imread(str(path)))
        return picture[..., ::-1].transpose(2, 0, 1).astype(np.float32) / 255

    return way


def openvino(file: Path) -> Way:
    """Return a model of one convolution that hands its picture on, behind the PrePostProcessor of the file."""
    import openvino as library
    from openvino import opset13

    data = opset13.parameter([1, 3, 32, 48], np.float32, name="data")
    kernel = opset13.constant(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1))
    model = library.Model([opset13.convolution(data, kernel, [1, 1], [0, 0], [0, 0], [1, 1])], [data], "model")
    compiled = library.compile_model(_run(file, model=model)["model"], "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda path: compiled(np.asarray(Image.open(path).convert("RGB"))[None])[0][0]


def _number(node: ast.expr) -> Any:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _number(node.left) / _number(node.right)
    return ast.literal_eval(node)


def opencv(file: Path) -> Way:
    """Return ``blobFromImage`` with the parameters of the file."""
    import cv2

    call = ast.parse(f"f({file.read_text(encoding='utf-8')})", mode="eval").body
    given = {word.arg: _number(word.value) for word in call.keywords}
    return lambda path: cv2.dnn.blobFromImage(cv2.imread(str(path)), **given)[0]


def keras(file: Path) -> Way:
    """Return the function of the file, which loads a picture and preprocesses it; no TensorFlow is needed."""
    way = _run(file)["way"]
    return lambda path: np.asarray(way(str(path)))


def openclip(file: Path) -> Way:
    """Return OpenCLIP's transform for inference."""
    from open_clip.transform import PreprocessCfg, image_transform_v2

    settings = json.loads(file.read_text(encoding="utf-8"))["preprocess_cfg"]
    transform = image_transform_v2(PreprocessCfg(**settings), is_train=False)
    return lambda path: transform(Image.open(path)).numpy()


WAYS: dict[str, tuple[str, str, Callable[[Path], Way]]] = {
    way.__name__: (module, package, way)
    for module, package, way in (
        ("transformers", "transformers", transformers), ("timm", "timm", timm), ("torchvision", "torchvision", torchvision),
        ("mmpretrain", "mmpretrain", mmpretrain), ("albumentations", "albumentations", albumentations),
        ("ultralytics", "ultralytics", ultralytics), ("openvino", "openvino", openvino),
        ("cv2", "opencv-python-headless", opencv),
        ("keras", "keras", keras), ("open_clip", "open_clip_torch", openclip),
    )
}  # fmt: skip


def main(name: str, folder: Path) -> int:
    """Run every case of a library on every picture; return the exit code."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    module, package, way_of = WAYS[name]
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        return MISSING
    outputs, failures = {}, {}
    for case, file in json.loads((folder / "cases.json").read_text(encoding="utf-8")).items():
        try:
            way = way_of(Path(file))
            made = {f"{case}|{path.name}": np.asarray(way(path)) for path in sorted((folder / "pictures").iterdir())}
            outputs.update(made)
        except Exception as error:
            failures[case] = f"{type(error).__name__}: {error}"
    np.savez(folder / "outputs.npz", **outputs)
    (folder / "failures.json").write_text(json.dumps(failures), encoding="utf-8")
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:
        version = str(getattr(found, "__version__", "unknown"))
    (folder / "version.txt").write_text(version, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
