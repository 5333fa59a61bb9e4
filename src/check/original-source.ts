import { requireReference } from "../config/models.js";
import type { ResolvedConfig } from "../config/resolved.js";
import type { ShapeLimits } from "../inputs/axis-limits.js";
import type { Case } from "../inputs/types.js";
import type { ExportedOriginal } from "../runners/export-original.js";
import type { OpenGolden } from "../runners/golden/open-golden.js";
import type { Reference, ReferenceOptions } from "../runners/reference.js";
import type { Original } from "../tensorflow/understand-original.js";
import { casesOf } from "./read-original.js";
import { readableReference } from "./readable-reference.js";
import type { SideStarter } from "./start-sides.js";
import type { Stopwatch } from "./stopwatch.js";

/** Where the original comes from: TensorFlow with a checkpoint, or a golden. */
export interface OriginalSource {
  readonly golden: OpenGolden | null;
  /** How Python wrote the original in another form; null where that was not needed. Known once it is understood. */
  exported(): ExportedOriginal | null;
  /** Reads the graph and opens the variables, which the caller closes. */
  understand(stopwatch: Stopwatch): Promise<Original>;
  /** The cases to run, generated ones in sizes that the candidate allows, and what runs the original on them. */
  prepare(original: Original, limits?: ShapeLimits): { readonly cases: readonly Case[]; readonly reference: Reference };
  close(): Promise<void>;
}

/**
 * Opens what the configuration names as the original. With TensorFlow its process starts at once, and so does Python where it has
 * to export the original, into `scratch`. Errors as `requireReference`.
 */
export async function openSource(
  config: ResolvedConfig,
  start: SideStarter,
  options: ReferenceOptions,
  scratch: string,
): Promise<OriginalSource> {
  const directory = config.golden?.path ?? goldenDirectory(config);
  // Loaded only where it is used, as TensorFlow is only started where there is none.
  if (directory !== null) return (await import("./golden-original.js")).openGoldenSource(config, directory, options);
  return openTensorflowSource(config, start, options, scratch);
}

function goldenDirectory(config: ResolvedConfig): string | null {
  const model = requireReference(config.reference.model);
  return model.kind === "golden" ? model.directory : null;
}

function openTensorflowSource(
  config: ResolvedConfig,
  start: SideStarter,
  options: ReferenceOptions,
  scratch: string,
): OriginalSource {
  const paths = requireReference(config.reference.model);
  if (paths.kind === "golden") throw new Error("a golden is not run by TensorFlow");
  const reference = start.startReference(options);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const { timeoutMs } = options;
  const readable = readableReference(
    config.reference,
    { folder: scratch, seed: config.seed, timeoutMs, signal },
    start.exportOriginal,
  );
  // Its failure is told where the original is wanted; until then nobody waits for it.
  readable.catch(() => {});
  let exported: ExportedOriginal | null = null;
  return {
    golden: null,
    exported: () => exported,
    async understand(stopwatch) {
      const found = await stopwatch.time("reference: export", () => readable);
      exported = found.exported;
      return stopwatch.time("reference: read", async () => start.readOriginal(found.reference));
    },
    prepare: (original, limits) => ({ cases: casesOf(original, config, limits), reference }),
    async close() {
      stop.abort();
      await Promise.all([reference.close(), readable.catch(() => {})]);
    },
  };
}
