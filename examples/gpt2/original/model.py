"""GPT-2 as a TensorFlow 1 graph, with the variable scopes of the published checkpoints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import tensorflow as tf  # type: ignore[import-untyped]

v1 = tf.compat.v1

EPSILON = 1e-5
# Added to the scores of later positions: large enough that softmax gives them exactly 0 in float32.
MASKED = -1e10


@dataclass(frozen=True)
class HParams:
    n_vocab: int
    n_ctx: int
    n_embd: int
    n_head: int
    n_layer: int


def layer_norm(x: Any, scope: str) -> Any:
    """Normalises the last axis of `x`; the variance is the biased one."""
    width = x.shape[-1]
    with v1.variable_scope(scope):
        gain = v1.get_variable("g", [width], initializer=v1.ones_initializer())
        bias = v1.get_variable("b", [width], initializer=v1.zeros_initializer())
        centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
        return centred * tf.math.rsqrt(variance + EPSILON) * gain + bias


def projection(x: Any, scope: str, n_out: int) -> Any:
    """[batch, length, n_in] -> [batch, length, n_out], a convolution of width 1 with the kernel [1, n_in, n_out]."""
    n_in = x.shape[-1]
    with v1.variable_scope(scope):
        kernel = v1.get_variable("w", [1, n_in, n_out], initializer=v1.random_normal_initializer(stddev=0.02))
        bias = v1.get_variable("b", [n_out], initializer=v1.zeros_initializer())
        shape = tf.shape(x)
        rows = tf.matmul(tf.reshape(x, [-1, n_in]), tf.reshape(kernel, [n_in, n_out])) + bias
        return tf.reshape(rows, [shape[0], shape[1], n_out])


def gelu(x: Any) -> Any:
    """The tanh approximation."""
    return 0.5 * x * (1 + tf.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def split_heads(x: Any, n_head: int) -> Any:
    """[batch, length, width] -> [batch, head, length, width / head]"""
    shape = tf.shape(x)
    heads = tf.reshape(x, [shape[0], shape[1], n_head, x.shape[-1] // n_head])
    return tf.transpose(heads, [0, 2, 1, 3])


def attention(x: Any, scope: str, hparams: HParams) -> Any:
    with v1.variable_scope(scope):
        joined = projection(x, "c_attn", 3 * hparams.n_embd)
        query, key, value = (split_heads(part, hparams.n_head) for part in tf.split(joined, 3, axis=2))
        scores = tf.matmul(query, key, transpose_b=True) / math.sqrt(hparams.n_embd // hparams.n_head)
        length = tf.shape(scores)[-1]
        visible = tf.linalg.band_part(tf.ones([length, length]), -1, 0)
        weights = tf.nn.softmax(scores * visible + MASKED * (1 - visible))
        merged = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
        shape = tf.shape(x)
        return projection(tf.reshape(merged, [shape[0], shape[1], hparams.n_embd]), "c_proj", hparams.n_embd)


def mlp(x: Any, scope: str, hparams: HParams) -> Any:
    with v1.variable_scope(scope):
        return projection(gelu(projection(x, "c_fc", 4 * hparams.n_embd)), "c_proj", hparams.n_embd)


def block(x: Any, scope: str, hparams: HParams) -> Any:
    with v1.variable_scope(scope):
        x = x + attention(layer_norm(x, "ln_1"), "attn", hparams)
        return x + mlp(layer_norm(x, "ln_2"), "mlp", hparams)


def build(hparams: HParams) -> tuple[Any, Any]:
    """Adds the model to the current graph.

    Returns the placeholder `X`, int32 [batch, length], and the logits, float32 [batch, length, n_vocab].
    """
    tokens = v1.placeholder(tf.int32, [None, None], name="X")
    with v1.variable_scope("model", use_resource=False):
        wpe = v1.get_variable(
            "wpe", [hparams.n_ctx, hparams.n_embd], initializer=v1.random_normal_initializer(stddev=0.01)
        )
        wte = v1.get_variable(
            "wte", [hparams.n_vocab, hparams.n_embd], initializer=v1.random_normal_initializer(stddev=0.02)
        )
        shape = tf.shape(tokens)
        h = tf.gather(wte, tokens) + tf.gather(wpe, tf.range(shape[1]))
        for layer in range(hparams.n_layer):
            h = block(h, f"h{layer}", hparams)
        h = layer_norm(h, "ln_f")
        rows = tf.matmul(tf.reshape(h, [-1, hparams.n_embd]), wte, transpose_b=True)
        logits = tf.reshape(rows, [shape[0], shape[1], hparams.n_vocab], name="logits")
    return tokens, logits
