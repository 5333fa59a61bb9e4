"""Computes the figures of two float32 arrays as one would in numpy, and times it beside allclose and assert_close.

Usage: kernel.py REFERENCE.bin CANDIDATE.bin REPEATS. Prints medians in seconds and the figures as JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, Any]
ATOL, RTOL = 1e-6, 1e-5


def figures(reference: Array, candidate: Array) -> dict[str, float]:
    finite_reference, finite_candidate = np.isfinite(reference), np.isfinite(candidate)
    both = finite_reference & finite_candidate
    mismatches = int(np.count_nonzero(finite_reference != finite_candidate))
    if not both.all():
        reference, candidate = reference[both], candidate[both]
    r = reference.astype(np.float64)
    c = candidate.astype(np.float64)
    e = c - r
    size = np.abs(e)
    scale = np.abs(r)
    relative = np.divide(size, scale, out=np.zeros_like(size), where=scale != 0)
    at, at_relative = int(size.argmax()), int(relative.argmax())
    squares, reference2, candidate2 = float(e @ e), float(r @ r), float(c @ c)
    bits_r = reference.view(np.int32).astype(np.int64)
    bits_c = candidate.view(np.int32).astype(np.int64)
    steps_r = np.where(bits_r < 0, -2147483648 - bits_r, bits_r)
    steps_c = np.where(bits_c < 0, -2147483648 - bits_c, bits_c)
    distance = np.abs(steps_c - steps_r)
    return {
        "maxAbs": float(size[at]),
        "maxAbsAt": at,
        "maxRel": float(relative[at_relative]),
        "maxRelAt": at_relative,
        "meanAbs": float(size.mean()),
        "rms": (squares / size.size) ** 0.5,
        "rmsReference": (reference2 / size.size) ** 0.5,
        "rmsCandidate": (candidate2 / size.size) ** 0.5,
        "maxAbsReference": float(scale.max()),
        "cosine": float(r @ c) / (reference2 * candidate2) ** 0.5,
        "over": int(np.count_nonzero(size > ATOL + RTOL * scale)),
        "smallestTolerance": float((size / (1 + scale)).max()),
        "ulpMax": float(distance.max()),
        "ulpP99": float(np.percentile(distance, 99)),
        "mismatches": mismatches,
    }


def median(repeats: int, run: Callable[[], object]) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(reference_path: str, candidate_path: str, repeats: int) -> None:
    torch.set_num_threads(1)
    reference = np.fromfile(reference_path, dtype=np.float32)
    candidate = np.fromfile(candidate_path, dtype=np.float32)
    tensors = torch.from_numpy(reference), torch.from_numpy(candidate)
    # Bounds that pass, so that assert_close does not also have to describe what differs.
    times = {
        "numpy": median(repeats, lambda: figures(reference, candidate)),
        "allclose": median(repeats, lambda: np.allclose(candidate, reference, atol=ATOL, rtol=RTOL)),
        "assert_close": median(
            repeats, lambda: torch.testing.assert_close(tensors[1], tensors[0], atol=ATOL, rtol=RTOL)
        ),
    }
    versions = {"numpy": np.__version__, "torch": torch.__version__}
    result = {"times": times, "figures": figures(reference, candidate), **versions}
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
