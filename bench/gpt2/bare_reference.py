"""The original run bare in Python's TensorFlow: import, restore, one forward pass. `bare_reference.py MODEL IDS.npz`."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

model, ids = sys.argv[1], np.load(sys.argv[2])["X"]
tf.compat.v1.disable_eager_execution()
with tf.compat.v1.Session() as session:
    saver = tf.compat.v1.train.import_meta_graph(f"{model}/model.ckpt.meta")
    saver.restore(session, f"{model}/model.ckpt")
    logits = session.run("model/logits:0", {"X:0": ids})
print(logits.shape)
