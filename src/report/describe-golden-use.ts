import type { UsedGolden } from "./types.js";

const WRITTEN: Readonly<Record<UsedGolden["state"], string>> = {
  fresh: "",
  "was missing": "; it was missing and has just been written",
  "was stale": "; it was stale and has just been made anew",
  rewritten: "; it has just been made anew",
};

/** `reference from golden/gpt2, recorded 2026-01-31 with tensorflow 2.21.0, parity 0.1.0`. Pure: the page bundles this file. */
export function describeGoldenUse(golden: UsedGolden): string {
  const { tensorflow } = golden.runtimes;
  const runtime = tensorflow === undefined ? "" : `tensorflow ${tensorflow}, `;
  return `reference from ${golden.path}, recorded ${golden.recordedAt.slice(0, 10)} with ${runtime}parity ${golden.parityVersion}${WRITTEN[golden.state]}`;
}
