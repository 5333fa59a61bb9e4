"""What one would write by hand: both frameworks in one script, every module's output against its scope's, with numpy.

`script_way.py MODEL IDS.npz`. The names of the tensors to fetch are known beforehand, which is generous to the script.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "gpt2"))
import port

model, ids = sys.argv[1], np.load(sys.argv[2])["X"]


def scope_tensors(graph: tf.Graph) -> dict[str, str]:
    """Module path -> the last tensor made in its scope."""
    last: dict[str, str] = {}
    for operation in graph.get_operations():
        parts = operation.name.split("/")
        if parts[0] != "model" or not operation.outputs or operation.outputs[0].dtype != tf.float32:
            continue
        for depth in range(2, len(parts)):
            path = ".".join(parts[1:depth])
            last[path.replace("h", "h.", 1) if path[0] == "h" else path] = operation.outputs[0].name
    return last


tf.compat.v1.disable_eager_execution()
with tf.compat.v1.Session() as session:
    saver = tf.compat.v1.train.import_meta_graph(f"{model}/model.ckpt.meta")
    saver.restore(session, f"{model}/model.ckpt")
    names = scope_tensors(session.graph)
    candidate = port.build()
    taps: dict[str, torch.Tensor] = {}
    for path, module in candidate.named_modules():
        if path in names:
            module.register_forward_hook(lambda _m, _i, output, path=path: taps.__setitem__(path, output.clone()))
    reference = session.run({path: names[path] for path in names} | {"logits": "model/logits:0"}, {"X:0": ids})
with torch.inference_mode():
    taps["logits"] = candidate(torch.from_numpy(ids))

for path, tensor in taps.items():
    a, b = reference[path].astype(np.float64).reshape(-1), tensor.numpy().astype(np.float64).reshape(-1)
    error = np.abs(a - b)
    at = int(error.argmax())
    rms = float(np.sqrt((error**2).mean()))
    cosine = float(a @ b / np.sqrt((a @ a) * (b @ b)))
    print(f"{path:24} max {error[at]:.2e} at {at}  rms {rms:.2e}  cosine {cosine:.9f}  close {np.allclose(a, b, 1e-4, 1e-5)}")
