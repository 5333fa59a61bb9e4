"""From a traced function to a graph without functions, with named variables in place of what it captured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import HarnessError
from .export import Exported
from .flatten import flatten_function
from .graph_def import (
    free_name,
    inputs_of,
    is_handle_of,
    make_constant,
    make_handle,
    make_read,
    nodes_needed,
    refuse_foreign_ops,
    skip_identity,
    tensor_of,
)
from .runtime import tensorflow
from .variable_names import name_variables
from .write import Value, write_trio

LARGEST_CONSTANT = 1 << 20
"""Bytes. A captured constant above that is kept as a variable: a GraphDef may have 2 GB in all."""


def export_function(function: Any, prefix: str, owner: Any = None, names: list[str] | None = None) -> Exported:
    """
    Writes a ConcreteFunction. `owner` is the Keras model or tf.Module that holds its variables, where there is one;
    `names` are those of its outputs, else they are the keys of what it returns.
    """
    tf = tensorflow()
    graph = function.graph
    captured = list(graph.captures)
    inner = {tensor_of(placeholder.name)[0] for _, placeholder in captured}
    given = [tensor for tensor in graph.inputs if tensor_of(tensor.name)[0] not in inner]
    definition = flatten_function(function)
    nodes = {node.name: node for node in definition.node}
    ends = [skip_identity(nodes, tensor.name) for tensor in graph.outputs if tensor is not None]
    if not ends:
        raise HarnessError("REFERENCE_FAILED", "The original's function gives no tensor.")
    outputs = name_outputs(ends, names or names_in(function.structured_outputs))
    needed = nodes_needed(nodes, [tensor_of(name)[0] for name in ends])
    refuse_foreign_ops(node for name, node in nodes.items() if name in needed)

    values = _replace_captures(graph, captured, nodes, needed, owner)
    kept = tf.compat.v1.GraphDef()
    kept.versions.CopyFrom(definition.versions)
    kept.node.extend(node for node in nodes.values() if node.name in needed)
    warnings = [
        f"the outputs do not depend on the input {tensor_of(tensor.name)[0]}"
        for tensor in given
        if tensor_of(tensor.name)[0] not in needed
    ]
    used = [tensor for tensor in given if tensor_of(tensor.name)[0] in needed]
    write_trio(kept, values, prefix, used, outputs)
    return Exported(inputs=[describe_tensor(tensor) for tensor in used], outputs=outputs, warnings=warnings)


def names_in(structure: Any) -> list[str]:
    """The keys that lead to the leaves of what a function returned, in its order: `logits`, `past/0`."""
    if isinstance(structure, Mapping):
        parts = [(str(key), structure[key]) for key in sorted(structure)]
    elif isinstance(structure, (list, tuple)):
        fields = getattr(structure, "_fields", range(len(structure)))
        parts = [(str(key), value) for key, value in zip(fields, structure, strict=True)]
    else:
        return [] if structure is None else [""]
    return [f"{key}/{name}" if name else key for key, value in parts for name in names_in(value)]


def name_outputs(tensors: list[str], names: list[str]) -> dict[str, str]:
    """Tensors by name, each once; numbers alone are no names."""
    known = names if len(names) == len(tensors) else [""] * len(tensors)
    found: dict[str, str] = {}
    for at, (tensor, name) in enumerate(zip(tensors, known, strict=True)):
        if tensor not in found.values():
            found[name if name and not name[0].isdigit() and name not in found else f"output_{at}"] = tensor
    return found


def describe_tensor(tensor: Any) -> dict[str, Any]:
    """Name, dtype and shape of an input."""
    rank = tensor.shape.rank
    shape = None if rank is None else [-1 if size is None else int(size) for size in tensor.shape.as_list()]
    return {"name": tensor_of(tensor.name)[0], "dtype": tensor.dtype.name, "shape": shape}


def _replace_captures(
    graph: Any, captured: list[Any], nodes: dict[str, Any], needed: set[str], owner: Any
) -> dict[str, Value]:
    """Puts a VarHandleOp or a Const in the place of every captured placeholder; gives the variables' values by key."""
    tf = tensorflow()
    held = [(outer, tensor_of(inner.name)[0]) for outer, inner in captured if tensor_of(inner.name)[0] in needed]
    by_handle = {id(variable.handle): variable for variable in _variables_of(graph)}
    resources = [(outer, name) for outer, name in held if outer.dtype == tf.resource]
    variables = []
    for outer, name in resources:
        variable = by_handle.get(id(outer))
        if variable is None:
            raise _not_a_variable(nodes, name)
        variables.append(variable)
    keys = name_variables(list(dict.fromkeys(map(_by_identity, variables))), owner)
    values: dict[str, Value] = {}
    renamed: dict[str, str] = {}
    for (_, name), variable in zip(resources, variables, strict=True):
        key = keys[id(variable)]
        values[key] = Value(variable.dtype, variable.shape, variable.read_value)
        renamed[name] = _variable_node(nodes, needed, name, key)
    for outer, name in held:
        if outer.dtype == tf.resource:
            continue
        if outer.dtype == tf.variant or not hasattr(outer, "numpy"):
            raise _not_a_variable(nodes, name)
        _constant(nodes, name, outer, values, renamed, needed)
    for node in nodes.values():
        for at, source in enumerate(node.input):
            name, slot = inputs_of(source)
            if name in renamed:
                node.input[at] = renamed[name] + slot if not source.startswith("^") else f"^{renamed[name]}"
    return values


def _variables_of(graph: Any) -> list[Any]:
    """A graph holds its variables weakly: those of a function that nobody holds any more are gone."""
    try:
        return list(graph.variables)
    except AssertionError:
        raise HarnessError(
            "REFERENCE_FAILED",
            "The original's function uses variables that are gone: nothing but the traced function held them.",
            hint="Return the tf.function or the model itself, or keep the variables in an object that lives on.",
        ) from None


class _by_identity:
    """A variable as a key: tf.Variable compares element by element."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    def __hash__(self) -> int:
        return id(self.variable)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _by_identity) and self.variable is other.variable


def _variable_node(nodes: dict[str, Any], needed: set[str], placeholder: str, key: str) -> str:
    """The variable's op: one for all placeholders of the same variable."""
    name = next((one.name for one in nodes.values() if is_handle_of(one, key)), None)
    del nodes[placeholder]
    needed.discard(placeholder)
    if name is None:
        name = free_name(nodes, key)
        nodes[name] = make_handle(name, key)
        needed.add(name)
    return name


def _constant(
    nodes: dict[str, Any],
    placeholder: str,
    outer: Any,
    values: dict[str, Value],
    renamed: dict[str, str],
    needed: set[str],
) -> None:
    array = outer.numpy()
    if getattr(array, "nbytes", 0) <= LARGEST_CONSTANT:
        nodes[placeholder] = make_constant(placeholder, array, outer.dtype)
        return
    key = f"constants/{placeholder}"
    values[key] = Value(outer.dtype, outer.shape, lambda: outer)
    handle, read = make_read(placeholder, key, outer.dtype)
    nodes[placeholder] = read
    nodes[handle.name] = handle
    needed.add(handle.name)


def _not_a_variable(nodes: dict[str, Any], placeholder: str) -> HarnessError:
    readers = [node.op for node in nodes.values() if any(inputs_of(source)[0] == placeholder for source in node.input)]
    user = f", used by {readers[0]}" if readers else ""
    table = bool(readers) and "Lookup" in readers[0]
    return HarnessError(
        "FORMAT_UNSUPPORTED",
        f"The original holds {'a lookup table' if table else 'something that is neither variable nor constant'} "
        f"({placeholder}{user}).",
        hint="Give a function that returns the part behind it: a model that takes numbers."
        if table
        else "Give a function that returns the part of the model that has only variables.",
    )
