"""Originals that are Python code: `file.py:callable`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import HarnessError, raised_by_user
from ..places import shown_path
from ..user_code import Stoppers, call, describe, find_callable
from .export import Exported
from .function import export_function
from .graph_builder import export_graph
from .keras_model import Call, describe_layers, is_keras_layer, output_names, plain_scopes, trace_model, watch_calls
from .module_scopes import module_scopes
from .runtime import tensorflow
from .weights import load_weights

SIDE = "reference"
FORMS = (
    "Return a Keras model, a tf.function with input_signature=[tf.TensorSpec([None, None], tf.int32, name='ids')], a "
    "tf.Module whose __call__ is such a function, or (from a graph of TensorFlow 1) the output tensors."
)
CALLS = ("__call__", "call", "serve", "predict")


def is_code(source: str) -> bool:
    """`file.py:callable`, as parity writes it."""
    return re.search(r"\.py:[^/\\]+$", source) is not None


def export_code(source: str, kwargs: Mapping[str, Any], weights: str | None, prefix: str, seed: int) -> Exported:
    """Calls the function and writes what it returned."""
    tf = tensorflow()
    found = find_callable(source, SIDE)
    file, _, attribute = source.rpartition(":")
    source = f"{shown_path(file)}:{attribute}"
    calls: list[Call] = []

    def build() -> Any:
        if kwargs or not _is_model(found):
            return call(found, kwargs, source, SIDE)
        return found

    returned = _Builder(source, build, calls).run()
    if returned is None or _tensors_of(returned, tf):
        graph, outputs = _graph_of(returned, tf) if returned is not None else (None, None)
        return export_graph(build, graph, outputs, weights, prefix, seed, source)
    return _export_returned(returned, source, weights, prefix, calls)


class _Builder:
    """One call of the user's function with eager execution on, as TensorFlow 2 has it."""

    def __init__(self, source: str, build: Any, calls: list[Call]) -> None:
        self._source, self._build, self._calls = source, build, calls

    def run(self) -> Any:
        """What it returned; None when it is code for a graph of TensorFlow 1."""
        tf = tensorflow()
        if not tf.executing_eagerly():
            return None
        try:
            with watch_calls(self._calls):
                return self._build()
        except HarnessError as error:
            if "eager execution" in (error.message + (error.detail or "")).lower():
                return None
            raise


def _is_model(value: Any) -> bool:
    tf = tensorflow()
    if isinstance(value, type):
        return False
    return is_keras_layer(value) or isinstance(value, tf.Module) or _is_function(value)


def _is_function(value: Any) -> bool:
    return hasattr(value, "get_concrete_function") or _is_concrete(value)


def _is_concrete(value: Any) -> bool:
    return hasattr(value, "structured_input_signature") and hasattr(value, "graph")


def _tensors_of(returned: Any, tf: Any) -> list[Any]:
    """The symbolic tensors that a builder of a graph returned; none when it returned something else."""
    if not isinstance(returned, (list, tuple, dict)) and not hasattr(returned, "graph"):
        return []
    values = list(returned.values()) if isinstance(returned, dict) else [returned]
    leaves = tf.nest.flatten(values)
    symbolic = [one for one in leaves if tf.is_tensor(one) and tf.is_symbolic_tensor(one)]
    return symbolic if leaves and len(symbolic) == len(leaves) else []


def _graph_of(returned: Any, tf: Any) -> tuple[Any, Any]:
    return _tensors_of(returned, tf)[0].graph, returned


def _export_returned(returned: Any, source: str, weights: str | None, prefix: str, calls: list[Call]) -> Exported:
    tf = tensorflow()
    if any(base.__module__.startswith("torch.nn") for base in type(returned).__mro__):
        raise HarnessError(
            "USAGE",
            f"`{source}` returned a PyTorch module; the reference is the original TensorFlow model.",
            where={"key": "reference"},
            hint="Are --reference and --candidate swapped?",
        )
    owner = returned if isinstance(returned, tf.Module) or is_keras_layer(returned) else None
    if weights is not None:
        if owner is None:
            raise HarnessError(
                "USAGE",
                f"`{source}` returned {describe(returned)}, into which weights cannot be loaded.",
                hint="Load them in the function itself, or return the model.",
            )
        load_weights(owner, weights)
    if is_keras_layer(returned):
        function, warnings = trace_model(returned, calls)
        exported = export_function(function, prefix, returned, output_names(returned))
        exported.layers, exported.warnings = describe_layers(returned), [*warnings, *exported.warnings]
        return exported
    function = _function_of(returned, source, tf)
    with plain_scopes(), module_scopes(owner):
        concrete = _trace(function, source)
    return export_function(concrete, prefix, owner)


def _function_of(returned: Any, source: str, tf: Any) -> Any:
    if _is_function(returned):
        return returned
    if isinstance(returned, tf.Module):
        candidates = [getattr(returned, name) for name in CALLS if hasattr(returned, name)]
        found = next((one for one in candidates if _is_function(one)), None)
        if found is not None:
            return found
        raise HarnessError(
            "REFERENCE_FAILED",
            f"`{source}` returned a {type(returned).__name__} whose __call__ has no signature: nothing says what to "
            "feed.",
            hint="Decorate it: @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, name='ids')])",
        )
    if callable(returned) and not isinstance(returned, type):
        raise HarnessError(
            "REFERENCE_FAILED",
            f"`{source}` returned a function without a signature: nothing says what to feed.",
            hint="Return tf.function(f, input_signature=[tf.TensorSpec([None, None], tf.int32, name='ids')])",
        )
    raise HarnessError("REFERENCE_FAILED", f"`{source}` returned {describe(returned)}.", hint=FORMS)


def _trace(function: Any, source: str) -> Any:
    if _is_concrete(function):
        return function
    if getattr(function, "input_signature", None) is None:
        raise HarnessError(
            "REFERENCE_FAILED",
            f"`{source}` gives a tf.function without a signature: nothing says what to feed.",
            hint="Write @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, name='ids')]), or return "
            "function.get_concrete_function(tf.TensorSpec(…)).",
        )
    try:
        return function.get_concrete_function()
    except Stoppers as error:
        raise raised_by_user(error, f"the function of `{source}` was being traced to a graph", side=SIDE) from None
