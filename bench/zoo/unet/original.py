"""An encoder-decoder over images as a TensorFlow 1 graph: skips, transposed convolution, resizes, norms by hand.

python bench/zoo/unet/original.py --out /tmp/unet --seed 0
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from saving import Array, Graph, arguments, save, tf, v1

NORMS = ["instance", "group", "layer"]
RESIZES = ["half-pixel", "legacy", "nearest", "nearest-half-pixel", "align-corners"]
UPSAMPLINGS = ["legacy", "align-corners", "half-pixel"]


def draw_sizes(seed: int) -> dict[str, Any]:
    """Everything that differs between two seeds except the weights."""
    random = np.random.default_rng([seed, 1])
    return {
        "architecture": "unet",
        "seed": seed,
        "image": [[20, 28], [19, 27]][int(random.integers(2))],
        "size": [16, 20],
        "channels": 8,
        "norm": NORMS[seed % 3],
        "groups": 4,
        "epsilon": float(random.choice([1e-3, 1e-5])),
        "transposed_kernel": 3 - seed % 2,
        "resize": RESIZES[seed % 5],
        "upsampling": UPSAMPLINGS[seed % 3],
        "output": ["tanh", "sigmoid"][int(random.integers(2))],
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


def resize(x: Any, size: list[int], method: str) -> Any:
    image = v1.image
    if method.startswith("nearest"):
        return image.resize_nearest_neighbor(x, size, half_pixel_centers=method.endswith("half-pixel"))
    corners, half = method == "align-corners", method == "half-pixel"
    return image.resize_bilinear(x, size, align_corners=corners, half_pixel_centers=half)


def normalise(weights: Weights, sizes: dict[str, Any], x: Any) -> Any:
    """Instance, group or layer norm over [batch, height, width, channels], with gain and offset by channel."""
    _, height, width, channels = x.shape
    groups = {"instance": channels, "group": sizes["groups"], "layer": 1}[sizes["norm"]]
    with v1.variable_scope("norm"):
        gamma = weights.variable("gamma", weights.random.uniform(0.5, 2.0, channels))
        beta = weights.variable("beta", 0.5 * weights.normal(channels))
        grouped = tf.reshape(x, [-1, height, width, groups, channels // groups])
        mean, variance = tf.nn.moments(grouped, [1, 2, 4], keepdims=True)
        y = (grouped - mean) * tf.math.rsqrt(variance + sizes["epsilon"])
        return tf.reshape(y, [-1, height, width, channels]) * gamma + beta


def unit(weights: Weights, sizes: dict[str, Any], x: Any, scope: str, outputs: int, stride: int = 1) -> Any:
    """Convolution, norm, relu."""
    inputs = x.shape[-1]
    # The scale of the output: small for some groups of channels, so that epsilons matter.
    deviation = np.repeat(10 ** weights.random.uniform(-2, 0, 4), outputs // 4) if outputs >= 4 else np.ones(outputs)
    with v1.variable_scope(scope):
        values = deviation * weights.normal(3, 3, inputs, outputs) / math.sqrt(9 * inputs)
        x = tf.nn.conv2d(x, weights.variable("kernel", values), strides=stride, padding="SAME")
        x = tf.nn.bias_add(x, weights.variable("bias", 0.3 * deviation * weights.normal(outputs)))
        return tf.nn.relu(normalise(weights, sizes, x))


def transposed(weights: Weights, sizes: dict[str, Any], x: Any, scope: str) -> Any:
    """Twice the height and width."""
    size, (_, height, width, channels) = sizes["transposed_kernel"], x.shape
    with v1.variable_scope(scope):
        values = weights.normal(size, size, channels, channels) / math.sqrt(channels)
        shape = [tf.shape(x)[0], 2 * height, 2 * width, channels]
        kernel = weights.variable("kernel", values)
        x = v1.nn.conv2d_transpose(x, kernel, shape, strides=2, padding="SAME")
        x = tf.reshape(x, [-1, 2 * height, 2 * width, channels])
        return tf.nn.bias_add(x, weights.variable("bias", 0.3 * weights.normal(channels)))


def build(sizes: dict[str, Any]) -> Graph:
    weights = Weights(sizes["seed"])
    channels, size = sizes["channels"], sizes["size"]
    image = v1.placeholder(tf.float32, [None, *sizes["image"], 3], name="image")
    with v1.variable_scope("resize"):
        x = resize(image, size, sizes["resize"])
    with v1.variable_scope("enc1"):
        x = unit(weights, sizes, x, "unit1", channels)
        skip1 = x = unit(weights, sizes, x, "unit2", channels)
    x = tf.nn.max_pool2d(x, 2, 2, padding="VALID", name="pool")
    with v1.variable_scope("enc2"):
        x = unit(weights, sizes, x, "unit1", 2 * channels)
        skip2 = x = x + unit(weights, sizes, x, "unit2", 2 * channels)
    x = unit(weights, sizes, x, "down", 2 * channels, stride=2)
    x = unit(weights, sizes, x, "mid", 2 * channels)
    x = transposed(weights, sizes, x, "up2")
    with v1.variable_scope("dec2"):
        x = unit(weights, sizes, tf.concat([x, skip2], 3), "unit1", 2 * channels)
    with v1.variable_scope("up1"):
        x = resize(x, size, sizes["upsampling"])
    with v1.variable_scope("dec1"):
        x = unit(weights, sizes, tf.concat([x, skip1], 3), "unit1", channels)
    with v1.variable_scope("out"):
        kernel = weights.variable("kernel", weights.normal(1, 1, channels, 3) / math.sqrt(channels))
        x = tf.nn.conv2d(x, kernel, strides=1, padding="SAME")
        x = tf.nn.bias_add(x, weights.variable("bias", 0.3 * weights.normal(3)))
    activation = tf.tanh if sizes["output"] == "tanh" else tf.sigmoid
    outputs = activation(x, name="restored")
    cases = [{"image": weights.normal(2, *sizes["image"], 3).astype(np.float32)}]
    return Graph([image], [outputs], weights.values, cases)


def main() -> None:
    given = arguments(__doc__)
    sizes = draw_sizes(given.seed)
    save(given.out, sizes, lambda: build(sizes))


if __name__ == "__main__":
    main()
