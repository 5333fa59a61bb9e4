"""Small steps on a GraphDef."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..errors import HarnessError
from .runtime import tensorflow

FOREIGN_OPS = {
    "PyFunc": "tf.numpy_function",
    "PyFuncStateless": "tf.numpy_function",
    "EagerPyFunc": "tf.py_function",
}
"""Ops that call back into this Python process, and what makes them."""


def tensor_of(name: str) -> tuple[str, str]:
    """`a/b:1` as the op's name and `:1`; `:0` is not written in a graph."""
    node, _, slot = name.partition(":")
    return node, "" if slot in ("", "0") else f":{slot}"


def inputs_of(source: str) -> tuple[str, str]:
    """As `tensor_of`, for a node's input, which may be a control input."""
    return tensor_of(source.removeprefix("^"))


def skip_identity(nodes: dict[str, Any], tensor: str) -> str:
    """The tensor behind the identities that a traced function ends with: theirs are names without a scope."""
    node, slot = tensor_of(tensor)
    while (
        slot == ""
        and nodes[node].op == "Identity"
        and "/" not in node
        and nodes[inputs_of(nodes[node].input[0])[0]].op not in ("Placeholder", "Const")
    ):
        node, slot = inputs_of(nodes[node].input[0])
    return f"{node}{slot or ':0'}"


def nodes_needed(nodes: dict[str, Any], ends: list[str]) -> set[str]:
    """Everything that these ops depend on."""
    needed: set[str] = set()
    waiting = list(ends)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(inputs_of(source)[0] for source in nodes[name].input)
    return needed


def refuse_foreign_ops(nodes: Iterable[Any]) -> None:
    """Raises FORMAT_UNSUPPORTED for an op that no other process can run."""
    for node in nodes:
        if node.op in FOREIGN_OPS:
            raise HarnessError(
                "FORMAT_UNSUPPORTED",
                f"The original calls Python code in the middle of its graph: {node.name} ({FOREIGN_OPS[node.op]}).",
                where={"key": node.name},
                hint="Write that part with TensorFlow's own ops, or give a function that returns the part of the model "
                "before or behind it.",
            )


def free_name(nodes: dict[str, Any], key: str) -> str:
    """A node name like the variable's own path, as far as names of nodes may look."""
    base = re.sub(r"[^A-Za-z0-9_./-]", "_", key)
    if not re.match(r"[A-Za-z0-9.]", base):
        base = f"v{base}"
    name, count = base, 0
    while name in nodes:
        count += 1
        name = f"{base}_{count}"
    return name


def is_handle_of(node: Any, key: str) -> bool:
    return bool(node.op == "VarHandleOp" and node.attr["shared_name"].s == key.encode())


def make_handle(name: str, key: str) -> Any:
    """A variable; its dtype and shape are filled in when its value is written."""
    tf = tensorflow()
    node = tf.compat.v1.NodeDef(name=name, op="VarHandleOp")
    node.attr["shared_name"].s = key.encode()
    node.attr["container"].s = b""
    return node


def make_constant(name: str, array: Any, dtype: Any) -> Any:
    tf = tensorflow()
    node = tf.compat.v1.NodeDef(name=name, op="Const")
    node.attr["dtype"].type = dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array, dtype=dtype))
    return node


def make_read(name: str, key: str, dtype: Any) -> tuple[Any, Any]:
    """A variable and the op that reads it, the latter under `name`."""
    tf = tensorflow()
    handle = make_handle(f"{name}/variable", key)
    read = tf.compat.v1.NodeDef(name=name, op="ReadVariableOp")
    read.input.append(handle.name)
    read.attr["dtype"].type = dtype.as_datatype_enum
    return handle, read
