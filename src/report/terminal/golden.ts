import type { CheckResult, UsedGolden } from "../types.js";
import { labelled, type View } from "./view.js";

const WRITTEN: Readonly<Record<UsedGolden["state"], string>> = {
  fresh: "",
  "was missing": "; it was missing and has just been written",
  "was stale": "; it was stale and has just been made anew",
  rewritten: "; it has just been made anew",
};

/** `golden   reference from golden/gpt2, recorded 2026-01-31 with tensorflow 2.21.0, parity 0.1.0`. */
export function goldenLines(view: View, { golden }: CheckResult): string[] {
  if (golden === null) return [];
  const { tensorflow } = golden.runtimes;
  const runtime = tensorflow === undefined ? "" : `tensorflow ${tensorflow}, `;
  const text = `reference from ${golden.path}, recorded ${golden.recordedAt.slice(0, 10)} with ${runtime}parity ${golden.parityVersion}${WRITTEN[golden.state]}`;
  return labelled(view, 2, "golden", text);
}
