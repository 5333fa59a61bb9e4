export { check } from "./check/check.js";
export type { CheckInput, CheckListener, CheckOptions } from "./check/types.js";
export { defineConfig } from "./config/define.js";
export type { ParityConfig } from "./config/types.js";
export { type ErrorCode, ParityError } from "./errors.js";
export { openTensorFile } from "./formats/open.js";
export type { DType, LazyTensor, TensorFile } from "./formats/types.js";
export type { CheckResult, Finding, PairResult, WeightResult } from "./report/types.js";
