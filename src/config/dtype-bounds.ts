import type { ResolvedBounds } from "./resolved.js";
import type { ToleranceDType } from "./types.js";

/**
 * Explicit bounds by dtype for `tolerance: "per-dtype"`: those of `torch.testing.assert_close` (torch 2.x,
 * `torch/testing/_comparison.py`), which users of PyTorch already know.
 */
export const DTYPE_BOUNDS: Readonly<Record<ToleranceDType, ResolvedBounds>> = {
  float64: { atol: 1e-7, rtol: 1e-7 },
  float32: { atol: 1e-5, rtol: 1.3e-6 },
  float16: { atol: 1e-5, rtol: 1e-3 },
  bfloat16: { atol: 1e-5, rtol: 1.6e-2 },
};
