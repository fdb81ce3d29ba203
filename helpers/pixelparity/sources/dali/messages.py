"""The protobuf messages of a serialized DALI pipeline, described field by field so that no DALI is needed to read one.

The field numbers and types are those of DALI's public file format (message package ``dali_proto``), the same from the
first releases to 2.4; newer releases only append fields, which shows here as unknown fields.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pixelparity.extras import missing

PACKAGE = "dali_proto"

# message -> (field, number, label, type); a type that is itself a message is written with a capital letter.
FIELDS: dict[str, tuple[tuple[str, int, str, str], ...]] = {
    "Argument": (
        ("name", 1, "required", "string"),
        ("type", 2, "optional", "string"),
        ("floats", 3, "repeated", "float"),
        ("ints", 4, "repeated", "int64"),
        ("strings", 5, "repeated", "bytes"),  # text, in whatever encoding the author's machine had
        ("bools", 6, "repeated", "bool"),
        ("extra_args", 7, "repeated", "Argument"),
        ("is_vector", 8, "required", "bool"),
    ),
    "InputOutput": (
        ("name", 1, "required", "string"),
        ("device", 2, "required", "string"),
        ("is_argument_input", 3, "required", "bool"),
        ("arg_name", 4, "optional", "string"),
        ("dtype", 5, "optional", "int32"),
        ("ndim", 6, "optional", "int32"),
        ("layout", 7, "optional", "string"),
    ),
    "OpDef": (
        ("name", 1, "required", "string"),
        ("input", 2, "repeated", "InputOutput"),
        ("output", 3, "repeated", "InputOutput"),
        ("args", 4, "repeated", "Argument"),
        ("inst_name", 5, "optional", "string"),
        ("logical_id", 6, "optional", "int32"),
    ),
    "PipelineDef": (
        ("num_threads", 1, "optional", "int64"),
        ("batch_size", 2, "required", "int32"),
        ("unused_async", 3, "optional", "bool"),
        ("unused_pipelined", 4, "optional", "bool"),
        ("op", 5, "repeated", "OpDef"),
        ("external_inputs", 6, "repeated", "string"),
        ("pipe_outputs", 7, "repeated", "InputOutput"),
        ("device_id", 8, "optional", "int32"),
        ("seed", 9, "optional", "int64"),
        ("enable_checkpointing", 10, "optional", "bool"),
        ("executor_type", 11, "optional", "int32"),
        ("executor_flags", 12, "optional", "int64"),
        ("prefetch_queue_depth_cpu", 13, "optional", "int32"),
        ("prefetch_queue_depth_gpu", 14, "optional", "int32"),
        ("bytes_per_sample_hint", 15, "optional", "int64"),
    ),
}


@lru_cache(maxsize=1)
def pipeline_class() -> Any:
    """Return the message class of a whole pipeline; raise ``MissingLibrary`` without google.protobuf."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError as error:
        raise missing("protobuf", "triton") from error
    file = descriptor_pb2.FileDescriptorProto(name="pipeline_file.proto", package=PACKAGE, syntax="proto2")
    for message, fields in FIELDS.items():
        described = file.message_type.add(name=message)
        for name, number, label, kind in fields:
            _add_field(described, name, number, label, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.PipelineDef"))


def _add_field(described: Any, name: str, number: int, label: str, kind: str) -> None:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto

    field = described.field.add(name=name, number=number)
    field.label = getattr(FieldDescriptorProto, f"LABEL_{label.upper()}")
    if kind[0].isupper():
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{PACKAGE}.{kind}"
    else:
        field.type = getattr(FieldDescriptorProto, f"TYPE_{kind.upper()}")
