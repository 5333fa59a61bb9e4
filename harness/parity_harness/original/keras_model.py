"""From a Keras model to a traced function whose scopes are its layers."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator
from typing import Any

from ..errors import HarnessError, raised_by_user
from ..user_code import Stoppers
from .runtime import tensorflow

Call = tuple[Any, tuple[Any, ...]]
"""A layer and the positional arguments of one call."""


def keras_libraries() -> list[Any]:
    """Those that are loaded."""
    return [sys.modules[name] for name in ("keras", "tf_keras") if name in sys.modules]


def is_keras_layer(value: object) -> bool:
    return any(isinstance(value, library.layers.Layer) for library in keras_libraries())


def trace_model(model: Any, calls: list[Call]) -> tuple[Any, list[str]]:
    """The model in inference as a ConcreteFunction, and warnings. `calls` are those that built it."""
    tf = tensorflow()
    structure, warnings = _input_structure(model, calls)
    leaves = tf.nest.flatten(structure)
    signature = [_name(spec, at, leaves) for at, spec in enumerate(leaves)]
    takes_training = "training" in inspect.signature(model.call).parameters

    def run(*given: Any) -> Any:
        arguments = tf.nest.pack_sequence_as(structure, list(given))
        return model(*arguments, training=False) if takes_training else model(*arguments)

    if getattr(model, "run_eagerly", False):
        model.run_eagerly = False
    function = tf.function(run, input_signature=signature, autograph=False)
    try:
        with plain_scopes():
            return function.get_concrete_function(), warnings
    except HarnessError:
        raise
    except Stoppers as error:
        failure = raised_by_user(error, "the model was being traced to a graph", side="reference")
        failure.hint = failure.hint or (
            "A model is compared as a graph: code that needs the values of tensors (numpy(), float(), Python "
            "conditions on them) cannot be traced. tf.config.run_functions_eagerly and run_eagerly must be off."
        )
        raise failure from None


def output_names(model: Any) -> list[str] | None:
    """Of a model that returns a tensor or a list of them, the layers that gave them; None where it says otherwise."""
    structure = getattr(model, "_outputs_struct", None)
    return list(model.output_names) if isinstance(structure, (list, tuple)) else None


def _name(spec: Any, at: int, leaves: list[Any]) -> Any:
    """The input's own name where it is one: Keras numbers those that were given none."""
    name = getattr(spec, "name", None)
    if not name:
        name = "inputs" if len(leaves) == 1 else f"inputs_{at}"
    return tensorflow().TensorSpec(spec.shape, spec.dtype, name=str(name).partition(":")[0])


def _input_structure(model: Any, calls: list[Call]) -> tuple[tuple[Any, ...], list[str]]:
    """The positional arguments of a call, with a spec for each tensor."""
    declared = getattr(model, "_inputs_struct", None)
    if declared is None and getattr(model, "inputs", None):
        inputs = list(model.inputs)
        declared = inputs[0] if len(inputs) == 1 else inputs
    if declared is not None:
        return (_specs(declared),), []
    own = [arguments for layer, arguments in calls if layer is model]
    if own:
        return _generalise(own), []
    if getattr(model, "built", False) and getattr(model, "_build_shapes_dict", None):
        shapes = list(model._build_shapes_dict.values())
        warning = (
            "what the model was called with is not known: its inputs are taken to be float32 in the shapes that it was "
            "built with"
        )
        return tuple(_spec_of_shape(shape) for shape in shapes), [warning]
    raise HarnessError(
        "REFERENCE_FAILED",
        f"The model of class {type(model).__name__} was never called, so its inputs are not known.",
        hint="Call it once before returning it (model(tf.zeros([1, 8], tf.int32))), or return a tf.function with "
        "input_signature=[tf.TensorSpec([None, None], tf.int32, name='ids')].",
    )


def _specs(structure: Any) -> Any:
    tf = tensorflow()

    def spec(tensor: Any) -> Any:
        if getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False):
            raise HarnessError("FORMAT_UNSUPPORTED", f"The input {tensor.name} is sparse or ragged.")
        return tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name)

    return tf.nest.map_structure(spec, structure)


def _spec_of_shape(shape: Any) -> Any:
    tf = tensorflow()
    if isinstance(shape, dict):
        return {name: _spec_of_shape(one) for name, one in shape.items()}
    if isinstance(shape, (list, tuple)) and any(isinstance(one, (list, tuple, dict)) for one in shape):
        return [_spec_of_shape(one) for one in shape]
    return tf.TensorSpec([None, *list(shape)[1:]], tf.float32)


def _generalise(calls: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The shape that fits all calls: the batch is free, and so is every other size that differed."""
    tf = tensorflow()
    first = calls[0]
    flat = [tf.nest.flatten(one) for one in calls if len(tf.nest.flatten(one)) == len(tf.nest.flatten(first))]
    leaves = []
    for at, leaf in enumerate(flat[0]):
        shapes = [list(one[at].shape) for one in flat]
        rank = len(shapes[0])
        sizes = [{shape[axis] for shape in shapes if len(shape) == rank} for axis in range(rank)]
        dims = [None if axis == 0 or len(sizes[axis]) > 1 else shapes[0][axis] for axis in range(rank)]
        leaves.append(tf.TensorSpec(dims, leaf.dtype, name=getattr(leaf, "name", None)))
    return tuple(tf.nest.pack_sequence_as(first, leaves))


@contextlib.contextmanager
def watch_calls(calls: list[Call]) -> Iterator[None]:
    """Notes with what Keras layers are called, for those that do not declare their inputs."""
    tf = tensorflow()
    patched = []
    for library in keras_libraries():
        kind = library.layers.Layer
        original = kind.__call__

        def noting(self: Any, *args: Any, _original: Any = original, **kwargs: Any) -> Any:
            specs = tuple(_spec_or_value(tf, one) for one in args)
            if all(isinstance(leaf, tf.TensorSpec) for leaf in tf.nest.flatten(specs)) and specs:
                calls.append((self, specs))
            return _original(self, *args, **kwargs)

        kind.__call__ = noting
        patched.append((kind, original))
    try:
        yield
    finally:
        for kind, original in patched:
            kind.__call__ = original


def _spec_or_value(tf: Any, argument: Any) -> Any:
    def spec(value: Any) -> Any:
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            return tf.TensorSpec(tuple(value.shape), value.dtype)
        return value

    return tf.nest.map_structure(spec, argument)


@contextlib.contextmanager
def plain_scopes() -> Iterator[None]:
    """Keras 3 opens a layer's scope twice per call, to build it and to call it, and so every scope of a graph ends with
    `_1`. A layer that is built already needs the second only."""
    kind = next((one.layers.Layer for one in keras_libraries() if one.__name__ == "keras"), None)
    original = getattr(kind, "_open_name_scope", None)
    if kind is None or original is None or inspect.getsource(kind.__call__).count("_open_name_scope") != 2:
        yield
        return
    unbuilt: set[int] = set()
    begun: set[int] = set()

    def open_scope(self: Any) -> Any:
        if not self.built:
            unbuilt.add(id(self))
        elif id(self) in unbuilt:
            unbuilt.discard(id(self))
        elif id(self) in begun:
            begun.discard(id(self))
        else:
            begun.add(id(self))
            return contextlib.nullcontext()
        return original(self)

    kind._open_name_scope = open_scope
    try:
        yield
    finally:
        kind._open_name_scope = original


SHOWN_KEYS = (
    "units",
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "dilation_rate",
    "groups",
    "activation",
    "epsilon",
    "momentum",
    "axis",
    "use_bias",
    "data_format",
    "pool_size",
    "rate",
    "input_dim",
    "output_dim",
    "num_heads",
    "key_dim",
    "return_sequences",
    "reset_after",
    "recurrent_activation",
)


def describe_layers(model: Any) -> list[dict[str, Any]]:
    """Path, class and what matters of the configuration of every layer, each once."""
    found: list[dict[str, Any]] = []
    seen: set[int] = set()

    def visit(layer: Any, path: str) -> None:
        if id(layer) in seen:
            return
        seen.add(id(layer))
        found.append({"path": path, "class": type(layer).__name__, "config": _summary(layer)})
        children = layer._flatten_layers(include_self=False, recursive=False)
        for child in children:
            visit(child, f"{path}/{child.name}")

    visit(model, model.name)
    return found


def _summary(layer: Any) -> dict[str, Any]:
    try:
        config = layer.get_config()
    except Exception:  # a user's layer need not be serialisable
        return {}
    plain = (bool, int, float, str, list, tuple, type(None))
    return {key: config[key] for key in SHOWN_KEYS if key in config and isinstance(config[key], plain)}
