"""A small BERT as a TensorFlow 1 graph, drawn from a seed: sizes, scope names, gelu, epsilon, token types, weights.

python bench/zoo/bert/original.py --out DIR --seed N
"""

from __future__ import annotations

import argparse
import json
import math
import os
import zlib
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import tensorflow as tf

v1 = tf.compat.v1


def draw_config(seed: int) -> dict[str, Any]:
    random = np.random.default_rng([seed, 1])
    n_head, head_size = [(2, 12), (2, 16), (2, 24), (2, 32), (3, 8), (3, 16), (4, 8), (4, 16)][random.integers(8)]
    return {
        "root": str(random.choice(["bert", "encoder_model", "tower"])),
        "n_vocab": int(random.integers(50, 121)),
        "n_ctx": int(random.integers(12, 25)),
        "n_embd": n_head * head_size,
        "n_head": n_head,
        "n_layer": int(random.integers(2, 5)),
        "mlp_ratio": int(random.choice([1, 2, 4])),
        "gelu": str(random.choice(["erf", "tanh"])),
        "epsilon": float(random.choice([1e-12, 1e-12, 1e-3])),
        "token_types": str(random.choice(["one-hot", "gather"])),
        "ema": bool(random.integers(2)),
        "seed": seed,
    }


def layer_norm(x: Any, epsilon: float) -> Any:
    with v1.variable_scope("LayerNorm"):
        beta = v1.get_variable("beta", [x.shape[-1]])
        gamma = v1.get_variable("gamma", [x.shape[-1]])
        mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, epsilon)


def dense(x: Any, units: int, scope: str, activation: Any = None) -> Any:
    with v1.variable_scope(scope):
        kernel = v1.get_variable("kernel", [x.shape[-1], units])
        bias = v1.get_variable("bias", [units])
        y = tf.nn.bias_add(tf.matmul(x, kernel), bias)
        return y if activation is None else activation(y)


def erf_gelu(x: Any) -> Any:
    return x * 0.5 * (1.0 + tf.math.erf(x / tf.sqrt(2.0)))


def tanh_gelu(x: Any) -> Any:
    return x * 0.5 * (1.0 + tf.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * tf.pow(x, 3))))


def embeddings(input_ids: Any, segment_ids: Any, config: dict[str, Any]) -> Any:
    width = config["n_embd"]
    shape = tf.shape(input_ids)
    with v1.variable_scope("embeddings"):
        words = v1.get_variable("word_embeddings", [config["n_vocab"], width])
        x = tf.reshape(tf.gather(words, tf.reshape(input_ids, [-1])), [shape[0], shape[1], width])
        types = v1.get_variable("token_type_embeddings", [2, width])
        if config["token_types"] == "one-hot":
            rows = tf.matmul(tf.one_hot(tf.reshape(segment_ids, [-1]), depth=2), types)
            x += tf.reshape(rows, [shape[0], shape[1], width])
        else:
            x += tf.gather(types, segment_ids)
        positions = v1.get_variable("position_embeddings", [config["n_ctx"], width])
        x += tf.reshape(tf.slice(positions, [0, 0], [shape[1], -1]), [1, shape[1], width])
        return layer_norm(x, config["epsilon"])


def self_attention(x: Any, adder: Any, config: dict[str, Any]) -> Any:
    """`x` is [batch * length, width], as in the published code."""
    width, n_head = config["n_embd"], config["n_head"]
    size = width // n_head
    shape = tf.shape(adder)

    def heads(scope: str) -> Any:
        y = tf.reshape(dense(x, width, scope), [shape[0], shape[3], n_head, size])
        return tf.transpose(y, [0, 2, 1, 3])

    with v1.variable_scope("self"):
        query, key, value = heads("query"), heads("key"), heads("value")
        scores = tf.matmul(query, key, transpose_b=True)
        scores = tf.multiply(scores, 1.0 / math.sqrt(float(size)))
        probabilities = tf.nn.softmax(scores + adder)
        context = tf.transpose(tf.matmul(probabilities, value), [0, 2, 1, 3])
        return tf.reshape(context, [-1, width])


def layer(x: Any, adder: Any, config: dict[str, Any]) -> Any:
    width, epsilon = config["n_embd"], config["epsilon"]
    gelu = erf_gelu if config["gelu"] == "erf" else tanh_gelu
    with v1.variable_scope("attention"):
        context = self_attention(x, adder, config)
        with v1.variable_scope("output"):
            attended = layer_norm(dense(context, width, "dense") + x, epsilon)
    with v1.variable_scope("intermediate"):
        inner = dense(attended, config["mlp_ratio"] * width, "dense", gelu)
    with v1.variable_scope("output"):
        return layer_norm(dense(inner, width, "dense") + attended, epsilon)


def build(config: dict[str, Any]) -> tuple[Any, Any]:
    input_ids = v1.placeholder(tf.int32, [None, None], name="input_ids")
    input_mask = v1.placeholder(tf.int32, [None, None], name="input_mask")
    segment_ids = v1.placeholder(tf.int32, [None, None], name="segment_ids")
    width = config["n_embd"]
    with v1.variable_scope(config["root"]):
        shape = tf.shape(input_ids)
        x = embeddings(input_ids, segment_ids, config)
        with v1.variable_scope("encoder"):
            adder = (1.0 - tf.cast(input_mask[:, None, None, :], tf.float32)) * -10000.0
            x = tf.reshape(x, [-1, width])
            for number in range(config["n_layer"]):
                with v1.variable_scope(f"layer_{number}"):
                    x = layer(x, adder, config)
            x = tf.reshape(x, [shape[0], shape[1], width])
        sequence_output = tf.identity(x, name="sequence_output")
        with v1.variable_scope("pooler"):
            pooled = dense(tf.squeeze(sequence_output[:, 0:1, :], axis=1), width, "dense", tf.tanh)
        return sequence_output, tf.identity(pooled, name="pooled_output")


def draw(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Weights that hide nothing: no gain is 1, no bias 0, and tokens differ in scale so that epsilons matter."""
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    values = random.standard_normal(shape)
    kind = name.rpartition("/")[2]
    if kind == "gamma":
        values = 1 + 0.3 * values
    elif kind in ("beta", "bias"):
        values = 0.2 * values
    elif kind == "word_embeddings":
        values *= 10 ** random.uniform(-2, -0.5, (shape[0], 1))
    elif kind.endswith("_embeddings"):
        values *= 0.02
    else:
        values /= math.sqrt(shape[0])
    return values.astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    config = draw_config(arguments.seed)
    with v1.Graph().as_default(), v1.Session() as session:
        outputs = build(config)
        variables = v1.global_variables()
        values = {one.op.name: draw(one.op.name, tuple(one.shape), config["seed"]) for one in variables}
        if config["ema"]:
            average = v1.train.ExponentialMovingAverage(0.999)
            average.apply(variables)
            for one in variables:
                noise = np.random.default_rng([config["seed"], zlib.crc32(one.op.name.encode()), 1])
                near = values[one.op.name] * (1 + 0.01 * noise.standard_normal(tuple(one.shape)))
                values[average.average_name(one)] = near.astype(np.float32)
        for one in v1.global_variables():
            if one.op.name in values:
                # Feeding the initial value sets the variable without adding an operation to the graph.
                session.run(one.initializer, {one.initializer.inputs[1]: values[one.op.name]})
        v1.train.Saver(save_relative_paths=True).save(session, str(out / "model.ckpt"))
    np.savez(out / "weights.npz", **values)
    config |= {"inputs": ["input_ids:0", "input_mask:0", "segment_ids:0"], "outputs": [one.name for one in outputs]}
    (out / "zoo.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    main()
