import { setImmediate } from "node:timers/promises";
import { compareTensors } from "../../compare/compare-tensors.js";
import { isNumeric } from "../../compare/decode.js";
import type { Bounds } from "../../compare/types.js";
import { DTYPE_BOUNDS } from "../../config/dtype-bounds.js";
import { ParityError } from "../../errors.js";
import type { LazyTensor } from "../../formats/types.js";
import type { TensorRow, TensorsResult, TensorVerdict } from "../../report/tensors/types.js";
import { openTensors } from "./open-tensors.js";

export interface CompareOptions {
  /** Reference name → candidate name. */
  readonly map?: Readonly<Record<string, string>>;
  /** Null: by the dtype (docs: `tolerance: "per-dtype"`). */
  readonly bounds?: Bounds | null;
  readonly allowMissing?: boolean;
}

/**
 * Compares the tensors of two files or recordings of the same names, without any model: each pair once, streamed. Names that only
 * one side has fail unless they are allowed. Errors as `openTensorFile`; CONFIG_INVALID for a map that names nothing.
 */
export async function compareFiles(
  reference: string,
  candidate: string,
  { map = {}, bounds = null, allowMissing = false }: CompareOptions = {},
): Promise<TensorsResult> {
  const one = await openTensors(reference);
  try {
    const other = await openTensors(candidate);
    try {
      checkMap(map, one.tensors, other.tensors);
      const taken = new Set<string>();
      const rows: TensorRow[] = [];
      for (const [name, tensor] of one.tensors) {
        await setImmediate();
        const partner = map[name] ?? name;
        const own = other.tensors.get(partner);
        if (own !== undefined) taken.add(partner);
        rows.push(compareOne(name, tensor, own === undefined ? null : partner, own, bounds));
      }
      for (const [name, tensor] of other.tensors) {
        if (!taken.has(name)) rows.push(missing(null, name, tensor));
      }
      const counts = { identical: 0, within: 0, differs: 0, missing: 0, "not-compared": 0 };
      for (const row of rows) counts[row.verdict] += 1;
      const exitCode = decide(counts, allowMissing);
      return { schemaVersion: 1, reference, candidate, exitCode, counts, rows: rows.sort(worstFirst) };
    } finally {
      other.close();
    }
  } finally {
    one.close();
  }
}

function checkMap(
  map: Readonly<Record<string, string>>,
  reference: ReadonlyMap<string, LazyTensor>,
  candidate: ReadonlyMap<string, LazyTensor>,
): void {
  for (const [from, to] of Object.entries(map)) {
    if (reference.has(from) && candidate.has(to)) continue;
    const [side, name] = reference.has(from) ? ["candidate", to] : ["reference", from];
    throw new ParityError("CONFIG_INVALID", `The map names ${name}, which the ${side} does not hold.`, {
      where: { key: name },
      hint: "A map is an object of reference name → candidate name.",
    });
  }
}

function compareOne(
  name: string,
  tensor: LazyTensor,
  partner: string | null,
  own: LazyTensor | undefined,
  given: Bounds | null,
): TensorRow {
  if (own === undefined) return missing(name, null, tensor);
  const head = {
    ...blank(name, partner),
    dtype: { reference: tensor.dtype, candidate: own.dtype },
    shape: { reference: tensor.shape, candidate: own.shape },
  };
  if (tensor.shape.join() !== own.shape.join())
    return { ...head, verdict: "differs", note: "the shapes are not the same" };
  if (!isNumeric(tensor.dtype) || !isNumeric(own.dtype)) {
    return { ...head, verdict: "not-compared", note: "text and complex numbers are not compared" };
  }
  if (tensor.shape.includes(0)) return { ...head, verdict: "not-compared", note: "empty" };
  const bounds = given ?? boundsOf(tensor.dtype, own.dtype);
  const metrics = compareTensors(tensor, own, { bounds });
  const over = metrics.overTolerance;
  const verdict = metrics.identical ? "identical" : over !== null && over.count === 0 ? "within" : "differs";
  const note = tensor.dtype === own.dtype ? null : `${tensor.dtype} against ${own.dtype}`;
  return {
    ...head,
    verdict,
    bounds,
    maxAbs: metrics.maxAbs,
    relativeL2: metrics.relativeL2,
    ulpMax: metrics.ulpMax,
    over,
    smallestTolerance: metrics.smallestTolerance,
    nonFinite: metrics.nonFiniteMismatch,
    note,
  };
}

/** The wider of the two types' bounds; numbers that are counted have to be equal. */
function boundsOf(...dtypes: readonly string[]): Bounds {
  const known: Readonly<Record<string, Bounds>> = DTYPE_BOUNDS;
  const found = dtypes.map((dtype) => known[dtype] ?? { atol: 0, rtol: 0 });
  return { atol: Math.max(...found.map((one) => one.atol)), rtol: Math.max(...found.map((one) => one.rtol)) };
}

function missing(reference: string | null, candidate: string | null, tensor: LazyTensor): TensorRow {
  const of = <T>(value: T) => ({
    reference: reference === null ? null : value,
    candidate: candidate === null ? null : value,
  });
  const note = reference === null ? "the reference has no such tensor" : "the candidate has no such tensor";
  return { ...blank(reference, candidate), dtype: of(tensor.dtype), shape: of(tensor.shape), verdict: "missing", note };
}

function blank(reference: string | null, candidate: string | null) {
  const none = { maxAbs: null, relativeL2: null, ulpMax: null, over: null, smallestTolerance: null, nonFinite: null };
  return { reference, candidate, bounds: null, ...none };
}

function decide(counts: TensorsResult["counts"], allowMissing: boolean): TensorsResult["exitCode"] {
  const compared = counts.identical + counts.within + counts.differs;
  if (compared === 0) return 2;
  return counts.differs > 0 || (counts.missing > 0 && !allowMissing) ? 1 : 0;
}

const ORDER: readonly TensorVerdict[] = ["differs", "missing", "not-compared", "within", "identical"];

/** What fails first, within it what needs the widest tolerance. */
function worstFirst(a: TensorRow, b: TensorRow): number {
  const size = (row: TensorRow): number => row.smallestTolerance ?? Number.POSITIVE_INFINITY;
  const [x, y] = [size(a), size(b)];
  return ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || (x === y ? 0 : y > x ? 1 : -1);
}
