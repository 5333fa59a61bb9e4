"""Writing the trio: values into a checkpoint, the graph beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .runtime import tensorflow

SIGNATURE = "serving_default"


@dataclass
class Value:
    """A variable's value, read when it is written."""

    dtype: Any
    shape: Any
    read: Callable[[], Any]


def write_trio(
    definition: Any, values: dict[str, Value], prefix: str, inputs: list[Any], outputs: dict[str, str]
) -> None:
    """
    `prefix.index`, `.data-*` with the values by key, and `.meta` with the graph. `inputs` are tensors with the names
    that they have in it, `outputs` its tensors by name.
    """
    tf = tensorflow()
    for node in definition.node:
        if node.op == "VarHandleOp":
            value = values[node.attr["shared_name"].s.decode()]
            node.attr["dtype"].type = value.dtype.as_datatype_enum
            node.attr["shape"].shape.CopyFrom(value.shape.as_proto())
    graph = tf.Graph()
    with graph.as_default():
        # Also proves that the graph is well-formed.
        tf.import_graph_def(definition, name="")
        write_graph(graph, prefix, [tensor.name for tensor in inputs], outputs)
    save_values(values, prefix)


def write_graph(graph: Any, prefix: str, inputs: list[str], outputs: dict[str, str], saver: Any = None) -> None:
    """`prefix.meta`: the default graph, and a signature that says what is fed and what it gives."""
    v1 = tensorflow().compat.v1
    meta = v1.train.export_meta_graph(
        graph=graph, saver_def=None if saver is None else saver.as_saver_def(), clear_devices=True
    )
    meta.signature_def.clear()
    signature = meta.signature_def[SIGNATURE]
    signature.method_name = v1.saved_model.signature_constants.PREDICT_METHOD_NAME
    for name in inputs:
        _describe(graph.get_tensor_by_name(name), signature.inputs[name.partition(":")[0]])
    for name, tensor in outputs.items():
        _describe(graph.get_tensor_by_name(tensor), signature.outputs[name])
    with open(f"{prefix}.meta", "wb") as file:
        file.write(meta.SerializeToString(deterministic=True))


def _describe(tensor: Any, info: Any) -> None:
    info.name = tensor.name
    info.dtype = tensor.dtype.as_datatype_enum
    info.tensor_shape.CopyFrom(tensor.shape.as_proto())


def save_values(values: dict[str, Value], prefix: str) -> None:
    """The checkpoint alone."""
    tf = tensorflow()
    if not values:
        # A checkpoint cannot be empty: the graph is all there is, and this tensor belongs to nothing.
        values = {"parity/empty": Value(tf.float32, tf.TensorShape([0]), lambda: tf.zeros([0]))}
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(values),
        shape_and_slices=[""] * len(values),
        tensors=[value.read() for value in values.values()],
    )
