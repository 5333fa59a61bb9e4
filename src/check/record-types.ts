import type { ResolvedRecording } from "../config/resolve-record.js";
import type { Storage } from "../runners/golden/manifest.js";
import { SKETCH_ELEMENTS } from "./sketch-for-golden.js";
import type { CheckListener } from "./types.js";

/** What a recording needs of a configuration. */
export type RecordConfig = Pick<
  ResolvedRecording["config"],
  "name" | "configPath" | "reference" | "inputs" | "seed" | "threads" | "timeout"
>;

/** How much of the original is kept. */
export interface Keeping {
  /** Globs of hidden states; null keeps all. Outputs are always kept. */
  readonly taps: readonly string[] | null;
  readonly storage: Storage;
  /** With `sketch`: elements that are kept of a tensor; smaller ones are kept whole. */
  readonly sketchElements: number;
  /** Every inner tensor, for the diagnosis: of no case, of the handiest one, of all. `auto`: the handiest one where it is small. */
  readonly inner: "auto" | "none" | "smallest" | "all";
  /** The taps in double: never, always, or (`auto`) where they are small. */
  readonly double: "auto" | "none" | "all";
  /** The values of the variables: without them the weights of a port are not judged. */
  readonly weights: "all" | "none";
  /** Bytes that the golden may have. */
  readonly maxBytes: number;
}

export const DEFAULT_KEEPING: Keeping = {
  taps: null,
  storage: "float32",
  sketchElements: SKETCH_ELEMENTS,
  inner: "auto",
  double: "auto",
  weights: "all",
  maxBytes: 500_000_000,
};

export interface RecordOptions {
  readonly keeping: Keeping;
  readonly signal?: AbortSignal;
  readonly onProgress?: CheckListener;
}
