"""ONNX models of a chain of operators, for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

KERNEL = np.ones((2, 3, 3, 3), np.float32)
FLOAT, BYTES = TensorProto.FLOAT, TensorProto.UINT8


def constant(name: str, values: Any, dtype: Any = np.float32) -> Any:
    """Return an initializer."""
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def node(operator: str, *inputs: str, **attributes: Any) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Return an operator whose first input is the picture, unless ``x`` stands elsewhere among its inputs."""
    return operator, inputs, attributes


CONV = node("Conv", "kernel", pads=[1, 1, 1, 1], kernel_shape=[3, 3])


def build(nodes: list[Any], stored: list[Any], shape: list[Any], kind: int = FLOAT, opset: int = 19) -> onnx.ModelProto:
    """Return a model of a chain of operators."""
    made, name = [], "image"
    for number, (operator, inputs, attributes) in enumerate(nodes):
        given = [name if value == "x" else value for value in inputs] if "x" in inputs else [name, *inputs]
        made.append(helper.make_node(operator, given, [f"t{number}"], f"/{operator}_{number}", **attributes))
        name = f"t{number}"
    graph = helper.make_graph(
        made, "g", [helper.make_tensor_value_info("image", kind, shape)],
        [helper.make_tensor_value_info(name, FLOAT, None)], [constant("kernel", KERNEL), *stored],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
