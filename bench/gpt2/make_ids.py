"""Writes the token ids of the benchmark: `make_ids.py OUT.npz LENGTH`."""

import sys

import numpy as np

out, length = sys.argv[1], int(sys.argv[2])
np.savez(out, X=np.random.default_rng(0).integers(0, 50257, (1, length), dtype=np.int32))
