"""Weights from a file of their own into a built model."""

from __future__ import annotations

import importlib
import os
from typing import Any

from ..errors import HarnessError, summarize
from ..places import shown_path
from .keras_model import is_keras_layer
from .runtime import tensorflow
from .variable_names import name_variables


def is_checkpoint(path: str) -> bool:
    """Whether it is the prefix of a TensorFlow checkpoint."""
    return os.path.isfile(f"{path}.index")


def load_weights(model: Any, path: str) -> None:
    """Into a Keras model from `.h5`, `.weights.h5` or `.keras`; into it or a tf.Module from a TensorFlow checkpoint."""
    path = path.removesuffix(".index")
    if is_checkpoint(path):
        _load_checkpoint(model, path)
        return
    if not os.path.isfile(path):
        raise HarnessError(
            "FILE_NOT_FOUND",
            f"There are no weights {path}.",
            where={"file": path},
            hint="Name a .weights.h5, .h5 or .keras file, or the prefix of a TensorFlow checkpoint.",
        )
    if not is_keras_layer(model) or not hasattr(model, "load_weights"):
        raise HarnessError(
            "FORMAT_UNSUPPORTED",
            f"{shown_path(path)} holds weights of a Keras model, and the original is a {type(model).__name__}.",
            where={"file": shown_path(path)},
            hint="Load them in the function itself, or give a TensorFlow checkpoint.",
        )
    try:
        model.load_weights(path)
    except Exception as error:
        raise HarnessError(
            "REFERENCE_FAILED",
            f"Keras cannot load {shown_path(path)} into {model.name}: {summarize(error).splitlines()[0][:300]}",
            where={"file": shown_path(path)},
            hint="Are they the weights of another model? A layer must have been built (called once) to take weights.",
            detail=str(error),
        ) from None


def _load_checkpoint(model: Any, prefix: str) -> None:
    tf = tensorflow()
    shapes = dict(tf.train.list_variables(prefix))
    if "_CHECKPOINTABLE_OBJECT_GRAPH" in shapes:
        _restore_objects(model, prefix)
    else:
        _assign_by_name(model, prefix, shapes)


def _restore_objects(model: Any, prefix: str) -> None:
    """A checkpoint of `tf.train.Checkpoint`, of the model itself or with it under one name, such as `model`."""
    tf = tensorflow()
    children = _root_children(prefix)
    holders = [name for name in children if name not in ("save_counter", "optimizer")]
    attempts = [tf.train.Checkpoint(model), *(tf.train.Checkpoint(**{name: model}) for name in holders)]
    failure = ""
    for attempt in attempts:
        try:
            attempt.read(prefix).assert_existing_objects_matched().expect_partial()
            return
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            failure = failure or summarize(error)
    raise HarnessError(
        "REFERENCE_FAILED",
        f"The checkpoint {shown_path(prefix)} does not hold all variables of the original.",
        where={"file": shown_path(prefix)},
        hint=f"Its root has {', '.join(sorted(children)) or 'nothing'}. Restore it in the function itself if it was "
        "saved in another way.",
        detail=failure,
    )


def _root_children(prefix: str) -> list[str]:
    tf = tensorflow()
    messages = importlib.import_module("tensorflow.core.protobuf.trackable_object_graph_pb2")
    written = tf.train.load_checkpoint(prefix).get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH")
    graph = messages.TrackableObjectGraph.FromString(written)
    return [child.local_name for child in graph.nodes[0].children]


def _assign_by_name(model: Any, prefix: str, shapes: dict[str, Any]) -> None:
    tf = tensorflow()
    reader = tf.train.load_checkpoint(prefix)
    raw = [getattr(one, "_value", one) for one in model.variables]
    names = name_variables(raw, model)
    # Keras itself has called them after their layers, with and without the model's name before it.
    own = {id(getattr(one, "_value", one)): str(getattr(one, "path", one.name)) for one in model.variables}
    keys = {}
    for one in raw:
        tried = (names[id(one)], f"{model.name}/{names[id(one)]}", own[id(one)].partition(":")[0])
        keys[id(one)] = next((key for key in tried if key in shapes), None)
    # The state of a generator of random numbers has no part in inference.
    missing = [names[id(one)] for one in raw if keys[id(one)] is None and not one.dtype.is_integer]
    if missing:
        raise HarnessError(
            "REFERENCE_FAILED",
            f"The checkpoint {shown_path(prefix)} has no {missing[0]}"
            + (f" and {len(missing) - 1} more of the original's variables." if len(missing) > 1 else "."),
            where={"file": shown_path(prefix), "key": missing[0]},
            hint=f"It holds {', '.join(sorted(shapes)[:8])}{', …' if len(shapes) > 8 else ''}.",
        )
    for one in raw:
        key = keys[id(one)]
        if key is None:
            continue
        value = reader.get_tensor(key)
        if tuple(value.shape) != tuple(one.shape):
            raise HarnessError(
                "REFERENCE_FAILED",
                f"{key} has the shape {tuple(one.shape)} in the original and {tuple(value.shape)} in the checkpoint "
                f"{shown_path(prefix)}.",
                where={"file": shown_path(prefix), "key": key},
            )
        one.assign(value)
