"""Writes the forward pass of the original as `model.ckpt.meta` beside a checkpoint that has only weights.

python examples/gpt2/original/export_graph.py examples/gpt2/models/124M

The variables are named as GPT-2's are, so the graph fits the published checkpoint too. A `.meta` that is there is kept
as `model.ckpt.meta.original`.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")

import model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="folder with hparams.json and the checkpoint")
    directory: Path = parser.parse_args().directory
    given = json.loads((directory / "hparams.json").read_text(encoding="utf-8"))
    hparams = model.HParams(**{name: given[name] for name in ("n_vocab", "n_ctx", "n_embd", "n_head", "n_layer")})
    meta = directory / "model.ckpt.meta"
    kept = directory / "model.ckpt.meta.original"
    if meta.exists() and not kept.exists():
        meta.rename(kept)
    v1 = model.v1
    with v1.Graph().as_default():
        model.build(hparams)
        v1.train.export_meta_graph(str(meta), saver_def=v1.train.Saver().as_saver_def())
    print(meta)


if __name__ == "__main__":
    main()
