import { ParityError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { scanFields } from "./scan-fields.js";

/** Top-level fields of a model: a handful, one per operator set and function, and metadata. */
const MOST_FIELDS = 10_000;

/** The fields of `ModelProto`, by onnx.proto3. */
const KNOWN: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26]);

/**
 * Whether the bytes are an ONNX model, by its outermost fields: a version of the format as a number, a graph, and nothing that
 * is no field of a model. (A TensorFlow SavedModel begins like one and has no field 7.)
 */
export function isOnnx(source: ByteSource): boolean {
  let [version, graph, count] = [false, false, 0];
  try {
    for (const { field, wireType } of scanFields(source, 0, source.size, "model")) {
      count += 1;
      if (!KNOWN.has(field) || count > MOST_FIELDS) return false;
      if (field === 1) {
        if (wireType !== 0) return false;
        version = true;
      }
      if (field === 7) {
        if (wireType !== 2) return false;
        graph = true;
      }
    }
  } catch (error) {
    if (error instanceof ParityError) return false;
    throw error;
  }
  return version && graph;
}
