"""An image classifier as a TensorFlow 1 graph: strided stem, residual block, depthwise separable block, dense head.

python bench/zoo/conv/original.py --out /tmp/conv --seed 0
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from saving import Array, Graph, arguments, save, tf, v1

# Statistics of the images that the zoo feeds, about normal, by channel.
MEAN = [0.3, -0.1, 0.2]
STD = [0.8, 1.1, 0.9]


def draw_sizes(seed: int) -> dict[str, Any]:
    """Everything that differs between two seeds except the weights."""
    random = np.random.default_rng([seed, 1])
    flatten = seed % 2 == 0
    height, width = [(20, 28), (18, 24), (20, 26)][int(random.integers(3))]
    return {
        "architecture": "conv",
        "seed": seed,
        "head": "flatten" if flatten else "pool",
        "size": [height, width] if flatten else None,
        "channels": int(random.choice([6, 8])),
        "multiplier": 1 + (seed // 2) % 2,
        "separable_stride": int(random.integers(1, 3)),
        "dilation": int(random.integers(2, 4)),
        "hidden": int(random.choice([12, 16])),
        "classes": int(random.choice([5, 10])),
        "epsilon": float(random.choice([1e-3, 1e-5])),
        "slope": float(random.choice([0.1, 0.2, 0.3])),
        "bgr": seed % 3 == 0,
        "temperature": float(random.choice([0.5, 2.0])),
        "output": "softmax" if (seed // 2) % 2 == 0 else "logits",
        "mean": MEAN,
        "std": STD,
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


def conv(weights: Weights, x: Any, spec: dict[str, Any]) -> Any:
    """Convolution, bias, batch norm and activation, as far as `spec` has them; everything is padded SAME."""
    size, inputs, outputs = spec.get("size", 3), x.shape[-1], spec["outputs"]
    stride, dilation = spec.get("stride", 1), spec.get("dilation", 1)
    depthwise = spec.get("depthwise", False)
    fan_in = size * size * (1 if depthwise else inputs)
    # The scale of each output channel: the moving variances lie between 1e-4 and 1, so that epsilons matter.
    deviation = 10 ** weights.random.uniform(-2, 0, outputs) if spec.get("norm") else np.ones(outputs)
    with v1.variable_scope(spec["scope"]):
        shape = (size, size, inputs, outputs // inputs) if depthwise else (size, size, inputs, outputs)
        values = weights.normal(size, size, *shape[2:]) / math.sqrt(fan_in)
        values = values * (deviation.reshape(shape[2:]) if depthwise else deviation)
        if depthwise:
            kernel = weights.variable("depthwise_kernel", values)
            strides = [1, stride, stride, 1]
            x = tf.nn.depthwise_conv2d(x, kernel, strides=strides, padding="SAME")
        else:
            kernel = weights.variable("kernel", values)
            x = tf.nn.conv2d(x, kernel, strides=stride, padding="SAME", dilations=dilation)
        if spec.get("bias"):
            x = tf.nn.bias_add(x, weights.variable("bias", 0.3 * deviation * weights.normal(outputs)))
        if spec.get("norm"):
            x = batch_norm(weights, x, deviation, spec["norm"])
        activation = spec.get("activation")
        return activation(x) if activation is not None else x


def batch_norm(weights: Weights, x: Any, deviation: Array, epsilon: float) -> Any:
    channels = deviation.shape[0]
    with v1.variable_scope("bn"):
        gamma = weights.variable("gamma", weights.random.uniform(1.0, 3.5, channels))
        beta = weights.variable("beta", 0.8 + weights.normal(channels))
        mean = weights.variable("moving_mean", deviation * weights.random.uniform(0.2, 1.2, channels))
        variance = weights.variable("moving_variance", np.square(deviation))
        y, _, _ = v1.nn.fused_batch_norm(
            x, gamma, beta, mean=mean, variance=variance, epsilon=epsilon, is_training=False
        )
        return y


def dense(weights: Weights, x: Any, scope: str, outputs: int) -> Any:
    inputs = x.shape[-1]
    with v1.variable_scope(scope):
        kernel = weights.variable("kernel", weights.normal(inputs, outputs) / math.sqrt(inputs))
        bias = weights.variable("bias", 0.3 * weights.normal(outputs))
        return tf.nn.bias_add(tf.matmul(x, kernel), bias)


def build(sizes: dict[str, Any]) -> Graph:
    weights = Weights(sizes["seed"])
    channels, epsilon, slope = sizes["channels"], sizes["epsilon"], sizes["slope"]
    height, width = sizes["size"] or [None, None]
    images = v1.placeholder(tf.float32, [None, height, width, 3], name="images")
    with v1.variable_scope("preprocess"):
        x = images[..., ::-1] if sizes["bgr"] else images
        x = (x - tf.constant(sizes["mean"])) / tf.constant(sizes["std"])

    def leaky(x: Any) -> Any:
        return tf.nn.leaky_relu(x, alpha=slope)

    x = conv(
        weights, x, {"scope": "stem", "outputs": channels, "stride": 2, "norm": epsilon, "activation": tf.nn.relu6}
    )
    with v1.variable_scope("block1"):
        spec = {"scope": "conv1", "outputs": channels, "bias": True, "norm": epsilon, "activation": leaky}
        x = x + conv(weights, x, spec)
    with v1.variable_scope("block2"):
        x = conv(weights, x, {"scope": "conv1", "outputs": channels, "norm": epsilon, "activation": leaky})
    x = tf.nn.max_pool2d(x, 3, 2, padding="SAME", name="pool1")
    with v1.variable_scope("separable"):
        wide = channels * sizes["multiplier"]
        spec = {"scope": "depthwise", "depthwise": True, "outputs": wide, "stride": sizes["separable_stride"]}
        x = conv(weights, x, {**spec, "norm": epsilon, "activation": tf.nn.relu6})
        x = conv(weights, x, {"scope": "pointwise", "size": 1, "outputs": wide, "norm": epsilon})
    spec = {"scope": "dilated", "outputs": wide, "dilation": sizes["dilation"], "bias": True}
    x = conv(weights, x, {**spec, "activation": tf.nn.relu})
    x = tf.nn.avg_pool2d(x, 3, 1, padding="SAME", name="pool2")
    if sizes["head"] == "flatten":
        features = x.shape[1] * x.shape[2] * x.shape[3]
        x = tf.reshape(x, [-1, features], name="flatten")
    else:
        x = tf.reduce_mean(x, axis=[1, 2], name="global_pool")
    x = tf.nn.relu(dense(weights, x, "fc1", sizes["hidden"]))
    x = tf.tanh(dense(weights, x, "fc2", sizes["hidden"]))
    x = dense(weights, x, "logits", sizes["classes"])
    x = tf.divide(x, sizes["temperature"], name="scaled")
    if sizes["output"] == "softmax":
        x = tf.nn.softmax(x, name="probabilities")
    shapes = [(2, height, width)] if height is not None else [(2, 32, 44), (1, 37, 42)]
    cases = [{"images": weights.normal(*shape, 3).astype(np.float32)} for shape in shapes]
    return Graph([images], [x], weights.values, cases)


def main() -> None:
    given = arguments(__doc__)
    sizes = draw_sizes(given.seed)
    save(given.out, sizes, lambda: build(sizes))


if __name__ == "__main__":
    main()
