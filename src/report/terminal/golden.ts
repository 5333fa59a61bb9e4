import { describeGoldenUse } from "../describe-golden-use.js";
import type { CheckResult } from "../types.js";
import { labelled, type View } from "./view.js";

/** `golden   reference from golden/gpt2, recorded 2026-01-31 with tensorflow 2.21.0, parity 0.1.0`. */
export function goldenLines(view: View, { golden }: CheckResult): string[] {
  return golden === null ? [] : labelled(view, 2, "golden", describeGoldenUse(golden));
}
