import { ParityError } from "../errors.js";
import type { DType } from "../formats/types.js";
import type { OnnxTap } from "../onnx/taps.js";
import type { Replacement } from "./candidate.js";
import { permuteValue, readValue, reshapeValue, type Value } from "./onnx-values.js";

/** How a tensor came out where nothing was replaced: needed to give what is put in its place the same form. */
export interface KnownTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/**
 * What the readers of a tap are given in a case, in the tap's shape: `reference.reshape(reshapeFirst).permute(permute)
 * .reshape(shape)`, as docs/protocol.md says. Null where the reference has nothing for the case. Throws CANDIDATE_FAILED, naming
 * the tap, where the numbers do not fit.
 */
export function forcedValue(replacement: Replacement, caseId: string, shape: readonly number[]): Value | null {
  const from = replacement.files[caseId];
  if (from === undefined) return null;
  const stored = readValue(from.file, from.tensor);
  const misfit = (): ParityError =>
    new ParityError(
      "CANDIDATE_FAILED",
      `the original's tensor of shape [${stored.shape.join(", ")}] does not fit ${replacement.tap}, which is [${shape.join(", ")}]`,
      { where: { key: replacement.tap } },
    );
  const { reshapeFirst = null } = from;
  const first = reshapeFirst === null ? stored : reshapeValue(stored, reshapeFirst);
  if (first === null) throw misfit();
  if (replacement.permute !== null && replacement.permute.length !== first.shape.length) throw misfit();
  const turned = replacement.permute === null ? first : permuteValue(first, replacement.permute);
  const value = reshapeValue(turned, shape);
  if (value === null) throw misfit();
  return value;
}

/** The taps of each tensor, inner layers before those around them: the last one that is forced is what readers see. */
export function tapsByTensor(taps: readonly OnnxTap[]): ReadonlyMap<string, readonly OnnxTap[]> {
  const found = new Map<string, OnnxTap[]>();
  for (const tap of taps) found.set(tap.tensor, [...(found.get(tap.tensor) ?? []), tap]);
  return found;
}
