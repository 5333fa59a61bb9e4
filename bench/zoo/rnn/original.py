"""A tagger as a TensorFlow 1 graph: embedding, bidirectional LSTM, two GRU layers, dense; recurrent cells by hand.

python bench/zoo/rnn/original.py --out /tmp/rnn --seed 0
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from saving import Array, Graph, arguments, save, tf, v1

LSTMS = ["unrolled", "while", "block"]


def draw_sizes(seed: int) -> dict[str, Any]:
    """Everything that differs between two seeds except the weights."""
    random = np.random.default_rng([seed, 1])
    hidden = int(random.choice([4, 6]))
    lstm = LSTMS[seed % 3]
    return {
        "architecture": "rnn",
        "seed": seed,
        "vocabulary": int(random.choice([30, 50])),
        # Together with the hidden state as wide as the four gates: the LSTM's kernel is square.
        "embedding": 3 * hidden,
        "hidden": hidden,
        "classes": int(random.choice([5, 9])),
        "lstm": lstm,
        # An unrolled loop has a fixed number of steps.
        "steps": 8 if lstm == "unrolled" else None,
        "gru": "keras" if (seed // 2) % 2 == 0 else "gru1",
        "lengths": seed % 2 == 1,
        "embedding_scale": bool(random.integers(2)),
        "forget_bias": 1.0,
    }


class Weights:
    """Draws the values of the variables while the graph is built."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng([seed, 2])
        self.values: dict[str, Array] = {}

    def variable(self, name: str, values: Array) -> Any:
        variable = v1.get_variable(name, values.shape, dtype=tf.float32)
        self.values[variable.op.name] = values.astype(np.float32)
        return variable

    def normal(self, *shape: int) -> Array:
        return self.random.standard_normal(shape)

    def kernel(self, name: str, inputs: int, outputs: int) -> Any:
        return self.variable(name, 1.5 * self.normal(inputs, outputs) / math.sqrt(inputs))

    def bias(self, name: str, *shape: int) -> Any:
        return self.variable(name, 0.5 * self.normal(*shape))


Step = Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]


def run_steps(sizes: dict[str, Any], x: Any, states: tuple[Any, ...], step: Step) -> Any:
    """[time, batch, width] -> the first state after every step, [time, batch, hidden]."""
    if sizes["steps"] is not None:
        outputs = []
        for t in range(sizes["steps"]):
            states = step(x[t], states)
            outputs.append(states[0])
        return tf.stack(outputs)
    length = tf.shape(x)[0]
    inputs = tf.TensorArray(tf.float32, size=length).unstack(x)

    def body(t: Any, states: tuple[Any, ...], outputs: Any) -> tuple[Any, ...]:
        states = step(inputs.read(t), states)
        return t + 1, states, outputs.write(t, states[0])

    start = (tf.constant(0), states, tf.TensorArray(tf.float32, size=length))
    _, _, outputs = v1.while_loop(lambda t, *_: t < length, body, start)
    stacked = outputs.stack()
    return tf.reshape(stacked, [length, -1, states[0].shape[-1]])


def zeros_like_batch(x: Any, width: int) -> Any:
    return tf.zeros([tf.shape(x)[1], width])


def lstm(weights: Weights, sizes: dict[str, Any], x: Any, scope: str) -> Any:
    """[time, batch, width] -> [time, batch, hidden]; the gates lie in the order i, j, f, o."""
    hidden, width = sizes["hidden"], x.shape[-1]
    with v1.variable_scope(f"{scope}/lstm_cell"):
        kernel = weights.kernel("kernel", width + hidden, 4 * hidden)
        bias = weights.bias("bias", 4 * hidden)
        zeros = zeros_like_batch(x, hidden)
        if sizes["lstm"] == "block":
            peephole = tf.zeros([hidden])
            length = tf.cast(tf.shape(x)[0], tf.int64)
            block = tf.raw_ops.BlockLSTM(
                seq_len_max=length,
                x=x,
                cs_prev=zeros,
                h_prev=zeros,
                w=kernel,
                wci=peephole,
                wcf=peephole,
                wco=peephole,
                b=bias,
                forget_bias=sizes["forget_bias"],
                cell_clip=-1.0,
            )
            return block.h

        def step(inputs: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
            h, c = states
            gates = tf.nn.bias_add(tf.matmul(tf.concat([inputs, h], 1), kernel), bias)
            i, j, f, o = tf.split(gates, 4, axis=1)
            c = c * tf.sigmoid(f + sizes["forget_bias"]) + tf.sigmoid(i) * tf.tanh(j)
            return tf.tanh(c) * tf.sigmoid(o), c

        return run_steps(sizes, x, (zeros, zeros), step)


def bilstm(weights: Weights, sizes: dict[str, Any], x: Any, lengths: Any) -> Any:
    def reverse(x: Any) -> Any:
        if lengths is None:
            return tf.reverse(x, [0])
        return tf.reverse_sequence(x, lengths, seq_axis=0, batch_axis=1)

    with v1.variable_scope("bilstm"):
        forward = lstm(weights, sizes, x, "fw")
        backward = reverse(lstm(weights, sizes, reverse(x), "bw"))
        return tf.concat([forward, backward], 2)


def gru_keras(weights: Weights, sizes: dict[str, Any], x: Any, scope: str) -> Any:
    """Gates z, r, h; the reset gate acts on the recurrent product with its bias (`reset_after`)."""
    hidden = 2 * sizes["hidden"]
    with v1.variable_scope(scope):
        kernel = weights.kernel("kernel", x.shape[-1], 3 * hidden)
        recurrent = weights.kernel("recurrent_kernel", hidden, 3 * hidden)
        bias = weights.bias("bias", 2, 3 * hidden)

        def step(inputs: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
            (h,) = states
            xz, xr, xh = tf.split(tf.matmul(inputs, kernel) + bias[0], 3, axis=1)
            hz, hr, hh = tf.split(tf.matmul(h, recurrent) + bias[1], 3, axis=1)
            z, r = tf.sigmoid(xz + hz), tf.sigmoid(xr + hr)
            return (z * h + (1 - z) * tf.tanh(xh + r * hh),)

        return run_steps(sizes, x, (zeros_like_batch(x, hidden),), step)


def gru_cell(weights: Weights, sizes: dict[str, Any], x: Any, scope: str) -> Any:
    """TensorFlow 1's GRUCell: gates r, u; the reset gate acts on the state before the product."""
    hidden = 2 * sizes["hidden"]
    width = x.shape[-1] + hidden
    with v1.variable_scope(scope):
        gate_kernel = weights.kernel("gates/kernel", width, 2 * hidden)
        gate_bias = weights.bias("gates/bias", 2 * hidden)
        kernel = weights.kernel("candidate/kernel", width, hidden)
        bias = weights.bias("candidate/bias", hidden)

        def step(inputs: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
            (h,) = states
            gates = tf.nn.bias_add(tf.matmul(tf.concat([inputs, h], 1), gate_kernel), gate_bias)
            r, u = tf.split(tf.sigmoid(gates), 2, axis=1)
            candidate = tf.nn.bias_add(tf.matmul(tf.concat([inputs, r * h], 1), kernel), bias)
            return (u * h + (1 - u) * tf.tanh(candidate),)

        return run_steps(sizes, x, (zeros_like_batch(x, hidden),), step)


def dense(weights: Weights, x: Any, scope: str, outputs: int) -> Any:
    """[batch, time, width] -> [batch, time, outputs]"""
    with v1.variable_scope(scope):
        kernel = weights.kernel("kernel", x.shape[-1], outputs)
        bias = weights.bias("bias", outputs)
        return tf.nn.bias_add(tf.tensordot(x, kernel, [[2], [0]]), bias)


def build(sizes: dict[str, Any]) -> Graph:
    weights = Weights(sizes["seed"])
    hidden, width = sizes["hidden"], sizes["embedding"]
    tokens = v1.placeholder(tf.int32, [None, sizes["steps"]], name="tokens")
    lengths = v1.placeholder(tf.int32, [None], name="lengths") if sizes["lengths"] else None
    with v1.variable_scope("embedding"):
        table = weights.variable("table", 0.5 * weights.normal(sizes["vocabulary"], width))
        x = tf.nn.embedding_lookup(table, tokens)
        if sizes["embedding_scale"]:
            x = x * math.sqrt(width)
    x = tf.transpose(x, [1, 0, 2])
    mask = None
    if lengths is not None:
        mask = tf.transpose(tf.sequence_mask(lengths, tf.shape(tokens)[1], dtype=tf.float32))[:, :, None]
    x = bilstm(weights, sizes, x, lengths)
    x = x if mask is None else x * mask
    with v1.variable_scope("gru"):
        gru = gru_keras if sizes["gru"] == "keras" else gru_cell
        for layer in range(2):
            x = gru(weights, sizes, x, f"cell_{layer}")
    x = x if mask is None else x * mask
    x = tf.transpose(x, [1, 0, 2])
    x = tf.tanh(dense(weights, x, "projection", 2 * hidden))
    x = dense(weights, x, "logits", sizes["classes"])
    outputs = tf.identity(x, name="scores")
    inputs = [tokens] if lengths is None else [tokens, lengths]
    return Graph(inputs, [outputs], weights.values, draw_cases(sizes))


def draw_cases(sizes: dict[str, Any]) -> list[dict[str, Array]]:
    """A padded batch and a single sequence."""
    random = np.random.default_rng([sizes["seed"], 3])
    cases = []
    for batch, steps in ((3, sizes["steps"] or 7), (1, sizes["steps"] or 5)):
        tokens = random.integers(0, sizes["vocabulary"], (batch, steps)).astype(np.int32)
        # The row that a padding index would zero.
        tokens[:, 0] = 0
        feeds: dict[str, Array] = {"tokens": tokens}
        if sizes["lengths"]:
            feeds["lengths"] = np.array([steps, steps - 2, 2][:batch], np.int32)
        cases.append(feeds)
    return cases


def main() -> None:
    given = arguments(__doc__)
    v1.disable_control_flow_v2()
    sizes = draw_sizes(given.seed)
    save(given.out, sizes, lambda: build(sizes))


if __name__ == "__main__":
    main()
