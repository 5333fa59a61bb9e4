"""Originals as code, for test_original_code.py: what a function may return, and what it may not."""

from __future__ import annotations

from typing import Any

import keras
import numpy

import tensorflow as tf

v1 = tf.compat.v1
W = numpy.linspace(-1, 1, 12, dtype=numpy.float32).reshape(4, 3)
SPEC = [tf.TensorSpec([None, 4], tf.float32, name="x")]


def keras_model(units: int = 3) -> Any:
    return keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(units, name="head")], name="net")


class Ids(keras.Model):
    """Its inputs are known from the calls that built it alone."""

    def __init__(self) -> None:
        super().__init__(name="ids_model")
        self.embed = keras.layers.Embedding(7, 4, name="embed")
        self.head = keras.layers.Dense(3, name="head")

    def call(self, ids: Any, training: bool = False) -> Any:
        return self.head(self.embed(ids) * (2.0 if training else 1.0))


def called() -> Any:
    model = Ids()
    model(tf.zeros([2, 5], tf.int32))
    model(tf.zeros([3, 6], tf.int32))
    return model


def uncalled() -> Any:
    return Ids()


class Dense(tf.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.w = tf.Variable(W[:, :width])

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.matmul(x, self.w)


class Tower(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = [Dense(3), Dense(2)]

    @tf.function(input_signature=SPEC)
    def __call__(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"first": self.layers[0](x), "second": self.layers[1](x)}


def module() -> Any:
    return Tower()


def function() -> Any:
    w = tf.Variable(W, name="proj/w")

    @tf.function
    def inner(x: tf.Tensor) -> tf.Tensor:
        for _ in tf.range(2):
            if tf.reduce_sum(x) > 0:
                x = x * 0.5
        return tf.matmul(x, w)

    return tf.function(lambda x: inner(x) + LARGE[:, :3], input_signature=SPEC)


LARGE = tf.constant(numpy.arange(400_000, dtype=numpy.float32).reshape(1, -1))


KEPT: list[Any] = []


def concrete() -> Any:
    KEPT.append(function())
    return KEPT[-1].get_concrete_function()


def orphaned() -> Any:
    return function().get_concrete_function()


def dense(x: Any, name: str) -> Any:
    with v1.variable_scope(name):
        return tf.matmul(x, v1.get_variable("w", [4, 3], initializer=v1.random_normal_initializer()))


def builder() -> Any:
    """A graph of TensorFlow 1: placeholders are refused outside of one."""
    x = v1.placeholder(tf.float32, [None, 4], name="x")
    with v1.variable_scope("model"):
        return {"logits": dense(x, "head"), "other": dense(x, "second")}


def own_graph() -> Any:
    with tf.Graph().as_default():
        return builder()["logits"]


def nothing() -> Any:
    v1.placeholder(tf.float32, [None, 4], name="x")


def bare() -> Any:
    return lambda x: x


def unsigned() -> Any:
    return tf.function(lambda x: x)


def number() -> Any:
    return 3


def calls_python() -> Any:
    w = tf.Variable(W)
    return tf.function(lambda x: tf.numpy_function(numpy.tanh, [x], tf.float32) @ w, input_signature=SPEC)


def looks_up() -> Any:
    table = keras.layers.StringLookup(vocabulary=["a", "b"])
    return tf.function(lambda x: table(x), input_signature=[tf.TensorSpec([None], tf.string, name="x")])


def needs_values() -> Any:
    class Branching(keras.Model):
        def call(self, x: Any) -> Any:
            return x * float(tf.reduce_sum(x))

    model = Branching()
    model(tf.ones([2, 4]))
    return model


def raises() -> Any:
    raise RuntimeError("no such luck")
