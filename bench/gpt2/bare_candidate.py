"""The port run bare: import torch, build, one forward pass. `bare_candidate.py IDS.npz`."""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "gpt2"))
import port

ids = torch.from_numpy(np.load(sys.argv[1])["X"])
model = port.build()
with torch.inference_mode():
    print(tuple(model(ids).shape))
