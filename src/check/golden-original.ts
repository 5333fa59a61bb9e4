import type { ResolvedConfig } from "../config/resolved.js";
import { openGolden } from "../runners/golden/open-golden.js";
import { openGoldenReference } from "../runners/golden.js";
import type { ReferenceOptions } from "../runners/reference.js";
import { goldenCases, refreshCommand, understandGolden, verifyGolden } from "./golden-source.js";
import { signaturesOf } from "./input-signatures.js";
import type { OriginalSource } from "./original-source.js";

/** The original out of a golden: its files are verified before anything of them is read. Errors as `verifyGolden`. */
export function openGoldenSource(config: ResolvedConfig, directory: string, options: ReferenceOptions): OriginalSource {
  const golden = openGolden(directory);
  return {
    golden,
    exported: () => null,
    async understand(stopwatch) {
      await stopwatch.time("golden: verify", () => verifyGolden(config, golden, options.signal));
      return understandGolden(config, golden);
    },
    prepare(original) {
      const { cases, matched } = goldenCases(config, golden, signaturesOf(original));
      return { cases, reference: openGoldenReference(golden, matched, refreshCommand(config, golden)) };
    },
    close: async () => {},
  };
}
