// Loads tfjs-node as parity does, multiplies two matrices and prints what it found as one line of JSON.
// A process of its own: a library that does not fit this machine ends the process instead of throwing.
"use strict";
const util = require("node:util");
// Gone since Node 23; tfjs-node 4.22 calls them.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";

const tf = require("@tensorflow/tfjs-node");
const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
const values = Array.from(product.dataSync());
if (tf.getBackend() !== "tensorflow" || values.join() !== "19,22,43,50") {
  throw new Error(`backend ${tf.getBackend()} multiplied [[1,2],[3,4]] by [[5,6],[7,8]] and got ${values}`);
}
console.log(JSON.stringify({ tfjsNode: tf.version["tfjs-node"], tensorflow: tf.backend().binding.TF_Version }));
