/** Where a candidate can run. */
export const DEVICE = /^(?:cpu|mps|cuda(?::\d+)?)$/;

/** What a candidate can be cast to. */
export const CANDIDATE_DTYPES = ["float32", "float16", "bfloat16"] as const;
