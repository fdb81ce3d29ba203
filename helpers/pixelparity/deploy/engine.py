"""Convert the reference classifier: PyTorch to ONNX, ONNX to an engine, and run engines, both through Polygraphy.

The engine is TensorRT's where there is a GPU and the tensorrt package, else ONNX Runtime's.
"""

from __future__ import annotations

import atexit
import importlib.util
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.deploy import cache
from pixelparity.errors import InputError
from pixelparity.extras import installed_with, missing

INPUT = "input"
OUTPUT = "probabilities"
ONNX = "model.onnx"
PLAN = "model.plan"
LARGEST_BATCH = 8


def runtime() -> str:
    """Return ``tensorrt`` when a GPU and the tensorrt package are there, else ``onnxruntime``."""
    if importlib.util.find_spec("tensorrt") is None:
        return "onnxruntime"
    import torch

    return "tensorrt" if torch.cuda.is_available() else "onnxruntime"


def ensure_onnx(model: Callable[[], Any], checkpoint: Path, *, shape: tuple[int, int, int] = (3, 512, 384)) -> Path:
    """Return the path of the ONNX file: input ``input`` (N, *shape), output ``probabilities`` (N, classes), N free.

    ``model`` gives the PyTorch model and is called only if there is something to export. The network starts at the final
    tensor: MMPretrain's ``data_preprocessor`` is not part of it, just as in the field.
    """
    digest = cache.key(checkpoint, Path(__file__), repr(shape), version("torch"))
    return cache.build("onnx", digest, lambda folder: export(model(), shape, folder / ONNX)) / ONNX


def ensure_engine(onnx: Path, *, chosen: str | None = None, fp16: bool = False) -> Path:
    """Return the engine's file for :func:`load`: a TensorRT plan, or the ONNX file itself where ONNX Runtime runs it."""
    if (chosen or runtime()) == "onnxruntime":
        return onnx
    digest = cache.key(onnx, Path(__file__), f"fp16={fp16}", _tensorrt_identity())
    return cache.build("engine", digest, lambda folder: _build_plan(onnx, folder / PLAN, fp16=fp16)) / PLAN


def load(engine: Path) -> Any:
    """Return a Polygraphy runner for an engine file: use it in a ``with`` and call ``infer`` on it."""
    if not engine.is_file():
        raise InputError(f"the engine file {engine} is missing; build it with notebook 02_build_engine")
    with installed_with("onnx"):
        return _runner(engine)


def _runner(engine: Path) -> Any:
    from polygraphy.logger import G_LOGGER

    G_LOGGER.module_severity = G_LOGGER.ERROR  # its advice on colours is no part of an answer
    if engine.suffix == ".onnx":
        from polygraphy.backend.onnxrt import OnnxrtRunner, SessionFromOnnx

        return OnnxrtRunner(SessionFromOnnx(str(engine), providers=["CPUExecutionProvider"]))
    from polygraphy.backend.common import BytesFromPath
    from polygraphy.backend.trt import EngineFromBytes, TrtRunner

    return TrtRunner(EngineFromBytes(BytesFromPath(str(engine))))


def infer(
    runner: Any, tensors: NDArray[np.float32] | Sequence[NDArray[np.float32]], *, batch: int = 4
) -> NDArray[np.float32]:
    """Return probabilities, shape (images, classes), for final tensors of shape (images, 3, height, width)."""
    stacked = np.ascontiguousarray(np.stack(list(tensors)), np.float32)
    parts = [np.asarray(runner.infer({INPUT: stacked[i : i + batch]})[OUTPUT]) for i in range(0, len(stacked), batch)]
    return np.concatenate([part.copy() for part in parts])


def predictor(engine: Path) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return a function from final tensors (images, 3, height, width) to probabilities; the engine stays loaded with it."""
    runner = load(engine)
    runner.activate()
    atexit.register(runner.deactivate)
    return lambda tensors: infer(runner, tensors)


def export(model: Any, shape: tuple[int, int, int], path: Path) -> None:
    """Write backbone, neck, head and softmax as ONNX with a free batch axis; ``shape`` is one tensor's (C, H, W)."""
    import torch

    class Served(torch.nn.Module):
        """Backbone, neck, head and softmax: from the final tensor to probabilities."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, tensor: torch.Tensor) -> torch.Tensor:
            scores: torch.Tensor = self.model(tensor, mode="tensor")
            return scores.softmax(dim=1)

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns about every Python branch; the test compares the outputs
        torch.onnx.export(
            Served().eval(), (torch.zeros(1, *shape),), str(path), input_names=[INPUT], output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "batch"}, OUTPUT: {0: "batch"}}, opset_version=17, dynamo=False,
        )  # fmt: skip


def _build_plan(onnx: Path, path: Path, *, fp16: bool) -> None:
    from polygraphy.backend.trt import CreateConfig, NetworkFromOnnxPath, Profile, engine_from_network, save_engine

    shape = _input_shape(onnx)
    profile = Profile().add(INPUT, min=(1, *shape), opt=(1, *shape), max=(LARGEST_BATCH, *shape))
    config = CreateConfig(profiles=[profile], fp16=fp16)
    save_engine(engine_from_network(NetworkFromOnnxPath(str(onnx)), config=config), str(path))


def _input_shape(onnx: Path) -> tuple[int, ...]:
    import onnx as onnx_library

    graph = onnx_library.load(str(onnx), load_external_data=False).graph
    return tuple(d.dim_value for d in graph.input[0].type.tensor_type.shape.dim)[1:]


def _tensorrt_identity() -> str:
    """Return TensorRT's version and the GPU's name: a plan runs only where it was built."""
    try:
        import tensorrt
    except ImportError as error:
        raise missing("tensorrt", "gpu") from error
    import torch

    return f"{tensorrt.__version__} on {torch.cuda.get_device_name()}"
