import { ParityError } from "../errors.js";
import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { readBlocks } from "./block-reader.js";
import { makeComparable } from "./comparable.js";
import { divergence } from "./divergence.js";
import { SAME_LAYOUT } from "./types.js";
import { unravel } from "./unravel.js";

const TOP = 5;

/** How far two tensors of logits choose alike. A row is one distribution: the numbers along the last axis. */
export interface LogitsMetrics {
  /** Rows in which both sides define a distribution (no NaN or +Inf, not all −Inf). The other figures are over these. */
  readonly rows: number;
  readonly skippedRows: number;
  /** Share of rows with the same first largest logit; 1 when there are no rows. */
  readonly argmaxAgreement: number;
  /** The first row in which the argmax differs; null when it never does. The index is that of the row, without the last axis. */
  readonly firstDisagreement: {
    readonly index: readonly number[];
    readonly reference: number;
    readonly candidate: number;
  } | null;
  /** How many largest logits are held against each other: 5, or the last axis where that is smaller. */
  readonly k: number;
  /** Mean share of the reference's k largest that are among the candidate's k largest, in any order; 1 without rows. */
  readonly topKOverlap: number;
  /** KL(reference ‖ candidate) of the softmax, in nats, float64. */
  readonly meanKl: number;
  readonly maxKl: number;
}

/**
 * Figures for logits of the same shape, with at least one axis.
 *
 * @throws ParityError INPUTS_INVALID when shapes differ, a dtype is not numeric, or there is no axis to take as vocabulary
 */
export function logitsMetrics(reference: LazyTensor, candidate: LazyTensor): LogitsMetrics {
  makeComparable(reference, candidate, SAME_LAYOUT);
  const size = candidate.shape.at(-1);
  if (size === undefined) {
    throw new ParityError("INPUTS_INVALID", `${candidate.name} is a scalar: logits need an axis to choose along`, {
      where: { file: candidate.location.file, key: candidate.name },
    });
  }
  const rowShape = candidate.shape.slice(0, -1);
  const rowCount = size === 0 ? 0 : elementCount(rowShape);
  const k = Math.min(TOP, size);
  const r = new Float64Array(size);
  const c = new Float64Array(size);
  const referenceReader = readBlocks(reference, size);
  const candidateReader = readBlocks(candidate, size);
  let rows = 0;
  let agreed = 0;
  let overlap = 0;
  let sumKl = 0;
  let maxKl = 0;
  let firstDisagreement: LogitsMetrics["firstDisagreement"] = null;
  for (let row = 0; row < rowCount; row++) {
    referenceReader.read(row * size, size, r);
    candidateReader.read(row * size, size, c);
    const kl = divergence(r, c);
    if (Number.isNaN(kl)) continue;
    rows++;
    sumKl += kl;
    maxKl = Math.max(maxKl, kl);
    const referenceTop = largestIndices(r, k);
    const candidateTop = largestIndices(c, k);
    overlap += referenceTop.filter((index) => candidateTop.includes(index)).length / k;
    const [referenceFirst = 0] = referenceTop;
    const [candidateFirst = 0] = candidateTop;
    if (referenceFirst === candidateFirst) agreed++;
    else if (firstDisagreement === null) {
      firstDisagreement = { index: unravel(row, rowShape), reference: referenceFirst, candidate: candidateFirst };
    }
  }
  return {
    rows,
    skippedRows: rowCount - rows,
    argmaxAgreement: rows === 0 ? 1 : agreed / rows,
    firstDisagreement,
    k,
    topKOverlap: rows === 0 ? 1 : overlap / rows,
    meanKl: rows === 0 ? 0 : sumKl / rows,
    maxKl,
  };
}

/** Indices of the k largest numbers, the largest first, of equal ones the first. */
function largestIndices(row: Float64Array, k: number): number[] {
  const top: number[] = [];
  let bar = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] ?? 0;
    if (top.length === k && value <= bar) continue;
    let at = top.length;
    while (at > 0 && (row[top[at - 1] ?? 0] ?? 0) < value) at--;
    top.splice(at, 0, i);
    if (top.length > k) top.pop();
    bar = row[top.at(-1) ?? 0] ?? 0;
  }
  return top;
}
