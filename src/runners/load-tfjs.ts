import { createRequire } from "node:module";
import util from "node:util";
import { ParityError } from "../errors.js";

const TFJS = "@tensorflow/tfjs-node";

type Tfjs = typeof import("@tensorflow/tfjs-node");

/**
 * Loads TensorFlow into this process, silently: neither tfjs's greeting nor the C library's notes reach the screen.
 * `TF_CPP_MIN_LOG_LEVEL`, where set, is kept. Throws RUNTIME_MISSING with the command that mends it.
 */
export async function loadTfjs(): Promise<Tfjs> {
  // The C library reads this when it is loaded; 2 leaves errors.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  restoreRemovedChecks();
  try {
    // Not import(): tfjs-node re-exports through code that import() cannot see the names of.
    const tfjs = createRequire(import.meta.url)(TFJS) as Tfjs;
    // In production mode tfjs does not advise, at the first tensor that its plain backend makes, to install tfjs-node.
    tfjs.enableProdMode();
    return tfjs;
  } catch (error) {
    throw new ParityError("RUNTIME_MISSING", "TensorFlow (tfjs-node) cannot be loaded.", {
      hint: "Run `npx parity doctor`: it says what is missing and the command that mends it.",
      detail: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}

/** The version of the C library behind tfjs-node, such as "2.21.0". */
export function readTensorflowVersion(tfjs: Tfjs): string {
  const backend = tfjs.backend() as { binding?: { TF_Version?: unknown } };
  const version = backend.binding?.TF_Version;
  return typeof version === "string" ? version : "unknown";
}

/** tfjs-node 4.22 calls two functions of `util` that were deprecated for long; Node 23 removed the first of them. */
function restoreRemovedChecks(): void {
  const checks = util as { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };
  checks.isNullOrUndefined ??= (value) => value === null || value === undefined;
  checks.isArray ??= Array.isArray;
}
