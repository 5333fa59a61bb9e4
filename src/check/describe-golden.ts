import type { UsedGolden } from "../report/types.js";
import type { OpenGolden } from "../runners/golden/open-golden.js";
import { shortPath } from "../runners/golden/record-command.js";

/** What a result says about the golden that stood for the original. */
export function describeGolden({ directory, manifest }: OpenGolden, state: UsedGolden["state"] = "fresh"): UsedGolden {
  const { recordedAt, parityVersion, runtimes } = manifest;
  return { path: shortPath(directory), recordedAt, parityVersion, runtimes, state };
}
