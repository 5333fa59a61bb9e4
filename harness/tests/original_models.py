"""Originals for test_original*.py: Keras models, and a way to run what was exported."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy
from keras import layers

import tensorflow as tf

v1 = tf.compat.v1


def run_exported(prefix: str, feeds: dict[str, Any]) -> list[Any]:
    """The exported graph in a session of TensorFlow 1, its variables from the checkpoint: its outputs in order."""
    meta = v1.MetaGraphDef.FromString(Path(f"{prefix}.meta").read_bytes())
    reader = tf.train.load_checkpoint(prefix)
    with v1.Graph().as_default() as graph, v1.Session() as session:
        tf.import_graph_def(meta.graph_def, name="")
        for node in meta.graph_def.node:
            if node.op == "VarHandleOp":
                value = reader.get_tensor(node.attr["shared_name"].s.decode())
                handle = graph.get_tensor_by_name(f"{node.name}:0")
                session.run(tf.raw_ops.AssignVariableOp(resource=handle, value=tf.constant(value)))
        outputs = [info.name for info in meta.signature_def["serving_default"].outputs.values()]
        return list(session.run(sorted(outputs), {f"{name}:0": value for name, value in feeds.items()}))


def shake(model: Any) -> Any:
    """Gives every variable a value of its own: zeros and ones would hide one that was mixed up with another."""
    random = numpy.random.RandomState(7)
    for variable in model.variables:
        if variable.dtype == "float32":
            variable.assign(numpy.abs(random.normal(0.3, 0.3, variable.shape)) + 0.05)
    return model


def pictures() -> Any:
    images = keras.Input((9, 8, 3), name="images")
    x = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="stem")(images)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="hard_sigmoid", name="depth")(x)
    x = layers.SeparableConv2D(4, 3, padding="same", activation="silu", name="apart")(x)
    x = layers.Conv2DTranspose(5, 3, strides=2, padding="same", activation="leaky_relu", name="up")(x)
    x = layers.GroupNormalization(5, name="groups")(layers.ZeroPadding2D(1, name="pad")(x))
    return keras.Model(images, layers.GlobalAveragePooling2D(name="mean")(x), name="net")


def sequences() -> Any:
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(11, 6, mask_zero=True, name="embed")(ids)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True, name="lstm"), name="both")(x)
    x = layers.GRU(5, return_sequences=True, name="gru")(x)
    x = layers.MultiHeadAttention(2, 3, name="attend")(x, x)
    x = layers.Dense(3, activation="gelu", name="each")(x)
    return keras.Model(ids, layers.LayerNormalization(name="norm")(x), name="net")


def stacked() -> Any:
    inner = keras.Sequential([layers.Dense(4, activation="elu", name="a"), layers.Dense(4, name="b")], name="inner")
    return keras.Sequential(
        [keras.Input((4,), name="x"), inner, layers.Dropout(0.5, name="drop"), layers.Dense(2, name="head")], name="net"
    )


def several() -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = layers.Dense(3, name="shared")
    joined = layers.Concatenate(name="join")([shared(left), shared(right)])
    return keras.Model(
        {"left": left, "right": right}, {"sum": layers.Add()([left, right]), "joined": joined}, name="net"
    )


Made = tuple[Callable[[], Any], dict[str, Any]]
X = numpy.linspace(-1, 1, 8, dtype=numpy.float32).reshape(2, 4)
MODELS: dict[str, Made] = {
    "pictures": (pictures, {"images": numpy.linspace(-1, 1, 432, dtype=numpy.float32).reshape(2, 9, 8, 3)}),
    "sequences": (sequences, {"ids": numpy.array([[1, 5, 9, 2], [3, 10, 0, 0]], numpy.int32)}),
    "stacked": (stacked, {"x": X}),
    "several": (several, {"left": X, "right": X * 2}),
}
