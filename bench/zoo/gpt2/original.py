"""A small GPT-2 as a TensorFlow 1 graph, drawn from a seed: sizes, scope names, epsilon, embedding scale, weights.

python bench/zoo/gpt2/original.py --out DIR --seed N
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

MASKED = 1e10


def draw_config(seed: int) -> dict[str, Any]:
    random = np.random.default_rng([seed, 2])
    # No width is a square number: its root would be the same in bfloat16.
    n_head, head_size = [
        (2, 12),
        (2, 16),
        (2, 20),
        (2, 24),
        (3, 8),
        (3, 16),
        (4, 8),
        (4, 12),
    ][random.integers(8)]
    return {
        "root": str(random.choice(["model", "gpt2", "language_model"])),
        "n_vocab": int(random.integers(50, 121)),
        "n_ctx": int(random.integers(12, 25)),
        "n_embd": n_head * head_size,
        "n_head": n_head,
        "n_layer": int(random.integers(2, 5)),
        "mlp_ratio": int(random.choice([1, 4])),
        "epsilon": float(random.choice([1e-5, 1e-6, 1e-3])),
        "embedding_scale": str(random.choice(["none", "sqrt", "bfloat16"])),
        "positions": str(random.choice(["learned", "learned", "rotary"])),
        "ema": bool(random.integers(2)),
        "seed": seed,
    }


def embedding_factor(config: dict[str, Any]) -> float:
    """sqrt(width), in one variant rounded to bfloat16, as models trained in bfloat16 have it."""
    root = math.sqrt(config["n_embd"])
    if config["embedding_scale"] == "bfloat16":
        return float(tf.bfloat16.as_numpy_dtype(root))
    return root if config["embedding_scale"] == "sqrt" else 1.0


def norm(x: Any, scope: str, epsilon: float) -> Any:
    with v1.variable_scope(scope):
        n_state = x.shape[-1]
        g = v1.get_variable("g", [n_state])
        b = v1.get_variable("b", [n_state])
        u = tf.reduce_mean(x, axis=-1, keepdims=True)
        s = tf.reduce_mean(tf.square(x - u), axis=-1, keepdims=True)
        x = (x - u) * tf.math.rsqrt(s + epsilon)
        return x * g + b


def conv1d(x: Any, scope: str, nf: int) -> Any:
    with v1.variable_scope(scope):
        shape = tf.shape(x)
        nx = x.shape[-1]
        w = v1.get_variable("w", [1, nx, nf])
        b = v1.get_variable("b", [nf])
        c = tf.matmul(tf.reshape(x, [-1, nx]), tf.reshape(w, [-1, nf])) + b
        return tf.reshape(c, [shape[0], shape[1], nf])


def gelu(x: Any) -> Any:
    return 0.5 * x * (1 + tf.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * tf.pow(x, 3))))


def split_heads(x: Any, n_head: int) -> Any:
    shape = tf.shape(x)
    return tf.transpose(tf.reshape(x, [shape[0], shape[1], n_head, x.shape[-1] // n_head]), [0, 2, 1, 3])


def rotate(x: Any) -> Any:
    """Rotary positions over [batch, head, length, size]: the first half of the features pairs with the second."""
    half = x.shape[-1] // 2
    rates = 10000.0 ** (-tf.range(half, dtype=tf.float32) / half)
    angles = tf.cast(tf.range(tf.shape(x)[2]), tf.float32)[:, None] * rates
    first, second = tf.split(x, 2, axis=-1)
    cos, sin = tf.cos(angles), tf.sin(angles)
    return tf.concat([first * cos - second * sin, second * cos + first * sin], axis=-1)


def attn(x: Any, scope: str, config: dict[str, Any]) -> Any:
    width, n_head = config["n_embd"], config["n_head"]
    with v1.variable_scope(scope):
        c = conv1d(x, "c_attn", 3 * width)
        q, k, v = (split_heads(part, n_head) for part in tf.split(c, 3, axis=2))
        if config["positions"] == "rotary":
            q, k = rotate(q), rotate(k)
        w = tf.matmul(q, k, transpose_b=True)
        w = w * tf.math.rsqrt(float(width // n_head))
        length = tf.shape(w)[-1]
        b = tf.reshape(
            tf.linalg.band_part(tf.ones([length, length]), -1, 0),
            [1, 1, length, length],
        )
        w = tf.nn.softmax(w * b - MASKED * (1 - b))
        a = tf.transpose(tf.matmul(w, v), [0, 2, 1, 3])
        shape = tf.shape(x)
        return conv1d(tf.reshape(a, [shape[0], shape[1], width]), "c_proj", width)


def mlp(x: Any, scope: str, config: dict[str, Any]) -> Any:
    with v1.variable_scope(scope):
        h = gelu(conv1d(x, "c_fc", config["mlp_ratio"] * config["n_embd"]))
        return conv1d(h, "c_proj", config["n_embd"])


def block(x: Any, scope: str, config: dict[str, Any]) -> Any:
    with v1.variable_scope(scope):
        x = x + attn(norm(x, "ln_1", config["epsilon"]), "attn", config)
        return x + mlp(norm(x, "ln_2", config["epsilon"]), "mlp", config)


def build(config: dict[str, Any]) -> Any:
    tokens = v1.placeholder(tf.int32, [None, None], name="X")
    with v1.variable_scope(config["root"]):
        wte = v1.get_variable("wte", [config["n_vocab"], config["n_embd"]])
        h = tf.gather(wte, tokens)
        factor = embedding_factor(config)
        if factor != 1:
            h = h * factor
        if config["positions"] == "learned":
            wpe = v1.get_variable("wpe", [config["n_ctx"], config["n_embd"]])
            h = h + tf.gather(wpe, tf.range(tf.shape(tokens)[1]))
        for layer in range(config["n_layer"]):
            h = block(h, f"h{layer}", config)
        h = norm(h, "ln_f", config["epsilon"])
        shape = tf.shape(tokens)
        logits = tf.matmul(tf.reshape(h, [-1, config["n_embd"]]), wte, transpose_b=True)
        return tf.reshape(logits, [shape[0], shape[1], config["n_vocab"]], name="logits")


def draw(name: str, shape: tuple[int, ...], seed: int, factor: float) -> np.ndarray:
    """Weights that hide nothing: no gain is 1, no bias 0, and tokens differ in scale so that epsilons matter."""
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    values = random.standard_normal(shape)
    scope, _, kind = name.rpartition("/")
    if kind == "g":
        values = 1 + 0.3 * values
    elif kind == "b":
        values = 0.1 * values
    elif kind == "wte":
        values *= 10 ** random.uniform(-1.5, -0.3, (shape[0], 1)) / factor
    elif kind == "wpe":
        values *= 0.03
    elif scope.endswith("c_proj"):
        values *= 0.3 / math.sqrt(shape[-2])
    else:
        values *= 1.5 / math.sqrt(shape[-2])
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
        logits = build(config)
        variables = v1.global_variables()
        values = {
            one.op.name: draw(one.op.name, tuple(one.shape), config["seed"], embedding_factor(config))
            for one in variables
        }
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
    config |= {"inputs": ["X:0"], "outputs": [logits.name]}
    (out / "zoo.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    main()
