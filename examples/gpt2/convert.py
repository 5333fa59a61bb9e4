"""Converts the TensorFlow checkpoint in a directory to the state dict of port.py, once.

python examples/gpt2/convert.py examples/gpt2/models/tiny
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from port import read_checkpoint, state_from_variables
from safetensors.torch import save_file

os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="holds model.ckpt.*; model.safetensors is written there")
    directory: Path = parser.parse_args().directory
    state = state_from_variables(read_checkpoint(directory))
    save_file(state, directory / "model.safetensors")
    print(f"{directory / 'model.safetensors'}: {len(state)} tensors")


if __name__ == "__main__":
    main()
