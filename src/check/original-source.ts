import { requireReference } from "../config/models.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { openCheckpoint } from "../formats/tf-checkpoint.js";
import { verifyChecksums } from "../formats/tf-checksums.js";
import { readMetaGraph } from "../formats/tf-proto/read-files.js";
import { makeCases } from "../inputs/make-cases.js";
import type { Case } from "../inputs/types.js";
import type { OpenGolden } from "../runners/golden/open-golden.js";
import { type Reference, type ReferenceOptions, startReference } from "../runners/reference.js";
import { type Original, understandOriginal } from "../tensorflow/understand-original.js";
import { signaturesOf } from "./input-signatures.js";
import type { Stopwatch } from "./stopwatch.js";

/** Where the original comes from: TensorFlow with a checkpoint, or a golden. */
export interface OriginalSource {
  readonly golden: OpenGolden | null;
  /** What a restore reads; empty where nothing is restored. */
  readonly prefix: string;
  /** Reads the graph and opens the variables, which the caller closes. */
  understand(stopwatch: Stopwatch): Promise<Original>;
  /** The cases to run, and what runs the original on them. */
  prepare(original: Original): { readonly cases: readonly Case[]; readonly reference: Reference };
  close(): Promise<void>;
}

/** Opens what the configuration names as the original. With TensorFlow its process starts at once. Errors as `requireReference`. */
export async function openSource(config: ResolvedConfig, options: ReferenceOptions): Promise<OriginalSource> {
  const directory = config.golden?.path ?? goldenDirectory(config);
  // Loaded only where it is used, as TensorFlow is only started where there is none.
  if (directory !== null) return (await import("./golden-original.js")).openGoldenSource(config, directory, options);
  return openTensorflowSource(config, options);
}

function goldenDirectory(config: ResolvedConfig): string | null {
  const model = requireReference(config.reference.model);
  return model.kind === "golden" ? model.directory : null;
}

function openTensorflowSource(config: ResolvedConfig, options: ReferenceOptions): OriginalSource {
  const paths = requireReference(config.reference.model);
  if (paths.kind === "golden") throw new Error("a golden is not run by TensorFlow");
  const reference = startReference(options);
  return {
    golden: null,
    prefix: paths.prefix,
    async understand(stopwatch) {
      const checkpoint = openCheckpoint(paths.prefix);
      if (config.reference.verifyChecksums)
        await stopwatch.time("verify checksums", async () => verifyChecksums(checkpoint));
      const { outputs, inputs } = config.reference;
      return understandOriginal(readMetaGraph(paths.metaPath), paths.metaPath, checkpoint, outputs, inputs);
    },
    prepare: (original) => ({ cases: makeCases(signaturesOf(original), config.inputs, config.seed), reference }),
    close: () => reference.close(),
  };
}
