import type { CheckResult } from "../../src/report/types.js";
import { withGate } from "./sample-gate.js";
import { badResult, goodResult, hostileResult, hugeResult, inconclusiveResult } from "./sample-result.js";

const WAIVER = {
  tap: "h.3.attn.c_proj",
  reason: "known | `since` <b>May</b>, @all",
  owner: "speech",
  expires: "2027-01-31",
};

/** The faulty port whose fault is waived. */
export function waivedResult(): CheckResult {
  return withGate(badResult(), { waivers: [WAIVER] });
}

/** The faulty port whose fault is a warning only. */
export function warnedResult(): CheckResult {
  return withGate(badResult(), { levels: [{ glob: "h.3.*.c_proj", level: "warn" }] });
}

/** The right port, not enough of which was compared. */
export function uncoveredResult(): CheckResult {
  const coverage = { parameters: 1, taps: 1, outputs: "all", skippedCases: 0 } as const;
  return withGate(goodResult(), { coverage });
}

/** Every kind of result that a report may be made of. */
export const RESULTS: readonly (readonly [string, () => CheckResult])[] = [
  ["a right port", goodResult],
  ["a faulty port", badResult],
  ["a waived fault", waivedResult],
  ["a fault that only warns", warnedResult],
  ["too little compared", uncoveredResult],
  ["no judgement", inconclusiveResult],
  ["hostile names", hostileResult],
  ["a thousand pairs", hugeResult],
];
