"""What a served ``model.py`` imports: Python-backend models that run a serialized DALI pipeline or an engine in process.

A model folder holds two lines, ``from pixelparity.deploy.served import DaliModel as TritonPythonModel``, and the artefact
(``model.dali``, ``model.onnx`` or ``model.plan``) beside them. Tensor names, data types and shapes come from the model's
config. A request that cannot be served is answered with one sentence; the others in its batch, and the server, go on.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelparity.deploy import engine

#: Bytes of memory that one byte of input may need on its way: shared memory, the array, and DALI's copy with room to work.
MEMORY_PER_INPUT_BYTE = 4
#: A picture beyond this many pixels per side is taken for a mistake (and OpenCV could not have read it).
LARGEST_SIDE = 32_768
TRITON_TO_NUMPY = {"TYPE_UINT8": np.uint8, "TYPE_FP32": np.float32, "TYPE_FP16": np.float16, "TYPE_INT64": np.int64}


class BadRequest(ValueError):
    """A request that cannot be served; the message is the sentence that its sender gets."""


class Model:
    """The face that Triton's Python backend asks for, around one batch function. Subclasses fill in two methods."""

    def initialize(self, args: Mapping[str, str]) -> None:
        """Read the config and open the artefact; Triton reports what is raised here as the reason for not loading."""
        self.config: dict[str, Any] = json.loads(args["model_config"])
        self.name = args["model_name"]
        self.folder = Path(args["model_repository"]) / args["model_version"]
        self.input, self.output = self.config["input"][0], self.config["output"][0]
        self.batch = max(int(self.config.get("max_batch_size", 0)), 1)
        self.batched = int(self.config.get("max_batch_size", 0)) > 0
        self.has_gpu = args.get("model_instance_kind") == "GPU"
        self.open()

    def open(self) -> None:
        """Open the artefact in ``self.folder``."""
        raise NotImplementedError

    def run(self, samples: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return one output per sample, none of them with a batch axis."""
        raise NotImplementedError

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer a list of requests, in order; those that are fine run together as far as memory allows."""
        answers: list[Any] = [None] * len(requests)
        budget = int(self.parameter("MEMORY_BYTES", "0")) or free_memory()
        groups: list[dict[int, list[NDArray[Any]]]] = [{}]
        taken = 0
        for place, request in enumerate(requests):
            try:
                samples, needed = self._samples(request, budget)
            except BadRequest as error:
                answers[place] = _refusal(str(error))
                continue
            if taken + needed > budget:
                groups.append({})
                taken = 0
            groups[-1][place] = samples
            taken += needed
        for group in groups:
            for place, outcome in self._outcomes(group).items():
                answers[place] = self._answer(outcome)
        return answers

    def parameter(self, key: str, default: str) -> str:
        """Return a parameter of the model's config."""
        return str(self.config.get("parameters", {}).get(key, {}).get("string_value", default))

    def artefact(self, *names: str) -> Path:
        """Return the first of the files that is there; raise, naming the file and the mend, when none is."""
        for name in names:
            if (self.folder / name).is_file():
                return self.folder / name
        raise FileNotFoundError(
            f"{self.name} has no {' or '.join(names)} in version {self.folder.name}: it is built, not kept in git; "
            "run 'make workbook', or put the file there"
        )

    def _samples(self, request: Any, budget: int) -> tuple[list[NDArray[Any]], int]:
        """Return the pictures of a request and the bytes that they need; raise ``BadRequest`` for one that cannot be served."""
        import triton_python_backend_utils as triton

        array = triton.get_input_tensor_by_name(request, self.input["name"]).as_numpy()
        check(array, self.input, batched=self.batched)
        needed = array.nbytes * MEMORY_PER_INPUT_BYTE
        if needed > budget:
            raise BadRequest(
                f"input of shape {shape_text(array.shape)} needs about {needed / 1e6:.0f} MB and "
                f"{budget / 1e6:.0f} MB are free; send fewer or smaller pictures"
            )
        return (list(array) if self.batched else [array]), needed

    def _outcomes(self, good: Mapping[int, list[NDArray[Any]]]) -> dict[int, list[NDArray[Any]] | Exception]:
        """Return the outputs of each request, or what it failed with."""
        if not good:
            return {}
        try:
            outputs = iter(self.run([sample for samples in good.values() for sample in samples]))
            return {place: [next(outputs) for _ in samples] for place, samples in good.items()}
        except Exception as error:
            # One request may have spoilt the batch for all: each gets its own chance.
            if len(good) == 1:
                return dict.fromkeys(good, error)
            return {p: o for place, samples in good.items() for p, o in self._outcomes({place: samples}).items()}

    def _answer(self, outcome: list[NDArray[Any]] | Exception) -> Any:
        import triton_python_backend_utils as triton

        if isinstance(outcome, Exception):
            return _refusal(f"{self.name} could not process the input: {reason(outcome)}")
        shapes = {output.shape for output in outcome}
        if len(shapes) > 1:
            return _refusal(
                f"{self.name} puts out different shapes for the pictures of one request; send them one by one"
            )
        array = np.stack(outcome) if self.batched else outcome[0]
        array = np.ascontiguousarray(array, dtype=TRITON_TO_NUMPY[self.output["data_type"]])
        return triton.InferenceResponse(output_tensors=[triton.Tensor(self.output["name"], array)])


class DaliModel(Model):
    """Run ``model.dali``, a serialized DALI pipeline with one external source named as the config's input.

    Pictures of different sizes run as one DALI batch. The pipeline runs on the CPU unless the instance is a GPU's.
    """

    def open(self) -> None:
        """Deserialize the pipeline and build it."""
        from nvidia.dali import Pipeline

        path = self.artefact("model.dali")
        self.pipeline: Any = Pipeline.deserialize(
            filename=str(path),
            batch_size=self.batch,
            num_threads=int(self.parameter("num_threads", "2")),
            device_id=0 if self.has_gpu else None,
            prefetch_queue_depth=1,
            exec_async=False,
            exec_pipelined=False,
        )
        self.pipeline.build()

    def run(self, samples: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the pipeline's first output for each sample."""
        outputs = []
        for start in range(0, len(samples), self.batch):
            try:
                self.pipeline.feed_input(self.input["name"], list(samples[start : start + self.batch]))
                result = self.pipeline.run()[0]
            except Exception:
                self.open()  # a pipeline that failed once answers no more
                raise
            result = result.as_cpu() if hasattr(result, "as_cpu") else result
            outputs += [np.array(result[i]) for i in range(len(result))]
        return outputs


class EngineModel(Model):
    """Run ``model.plan`` with TensorRT where it is there and installed, else ``model.onnx`` with ONNX Runtime."""

    def open(self) -> None:
        """Load the engine and check that its tensors are those of the config."""
        has_tensorrt = importlib.util.find_spec("tensorrt") is not None
        path = self.artefact(*((engine.PLAN, engine.ONNX) if has_tensorrt else (engine.ONNX,)))
        self.runner: Any = engine.load(path)
        self.runner.activate()
        there = list(self.runner.get_input_metadata())
        if there != [self.input["name"]]:
            raise ValueError(f"{path.name} of {self.name} has inputs {there}, the config names {self.input['name']!r}")

    def run(self, samples: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the engine's output for each sample, computed in batches."""
        outputs: list[NDArray[Any]] = []
        for start in range(0, len(samples), self.batch):
            batch = np.stack(samples[start : start + self.batch])
            result = self.runner.infer({self.input["name"]: batch})
            if self.output["name"] not in result:
                raise ValueError(f"the engine has outputs {list(result)}, the config names {self.output['name']!r}")
            outputs += list(np.array(result[self.output["name"]]))
        return outputs

    def finalize(self) -> None:
        """Let go of the engine."""
        self.runner.deactivate()


def check(array: NDArray[Any], declared: Mapping[str, Any], *, batched: bool) -> None:
    """Raise ``BadRequest`` unless an input has the declared type and shape and holds something of a sane size."""
    name, dims = declared["name"], [int(d) for d in declared["dims"]]
    wanted = np.dtype(TRITON_TO_NUMPY[declared["data_type"]])
    shape = array.shape[1:] if batched else array.shape
    if array.dtype != wanted:
        raise BadRequest(f"input {name!r} is {array.dtype} and {wanted} is wanted; send it as {wanted}")
    if len(shape) != len(dims) or any(want not in (-1, have) for want, have in zip(dims, shape, strict=True)):
        raise BadRequest(
            f"input {name!r} has shape {shape_text(shape)} per picture and {shape_text(dims)} is wanted"
            + ("; send decoded RGB, height x width x 3" if dims[-1:] == [3] else "")
        )
    if array.size == 0:
        raise BadRequest(f"input {name!r} is empty, of shape {shape_text(array.shape)}; send at least one pixel")
    if max(shape) > LARGEST_SIDE:
        raise BadRequest(
            f"input {name!r} has a side of {max(shape)} pixels, and {LARGEST_SIDE} is the most; send it smaller"
        )


def free_memory() -> int:
    """Return the bytes that this process may still take: the least of the machine's and the control group's."""
    fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(fields["MemAvailable"].split()[0]) * 1024
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.is_file() and used.is_file() and limit.read_text().strip() != "max":
        free = min(free, int(limit.read_text()) - int(used.read_text()))
    return free


def reason(error: Exception) -> str:
    """Return the line of an error that names the cause: memory first, then what DALI says it encountered."""
    text = str(error)
    if isinstance(error, MemoryError) or re.search(r"bad_alloc|out of memory|[Cc]an't allocate", text):
        return "there is not enough memory for it; send fewer or smaller pictures"
    lines = [
        line.strip() for line in text.partition("encountered:")[2].splitlines() or text.splitlines() if line.strip()
    ]
    return lines[0] if lines else type(error).__name__


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as a person writes it: 480x640x3, with ``any`` for a free side."""
    return "x".join("any" if side == -1 else str(side) for side in shape) or "scalar"


def _refusal(sentence: str) -> Any:
    import triton_python_backend_utils as triton

    return triton.InferenceResponse(
        output_tensors=[], error=triton.TritonError(sentence, triton.TritonError.INVALID_ARG)
    )
