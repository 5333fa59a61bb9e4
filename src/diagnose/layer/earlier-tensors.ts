import type { Expression, TracedOp } from "../../runners/edits.js";
import { pick, sampleIndices } from "../residual/samples.js";
import type { Situation } from "../situation.js";
import { orientedSamples, samplesOf } from "./counterparts.js";
import { expressOriginal } from "./express-original.js";
import { referFromAnywhere } from "./refer.js";

/** A tensor that exists before a place in the candidate, as an experiment can name it there. */
export interface EarlierTensor {
  readonly name: string;
  readonly expression: Expression;
  readonly values: Float64Array;
  /** The candidate's tensor that it is; null for one that only the forced taps tell of. */
  readonly tensor: string | null;
}

/**
 * Tensors of a shape that the candidate has at a place: those of the trace, and the outputs of modules further back, whose
 * values are the original's that they were forced to.
 *
 * @param before the call at which they are needed; null for the end of the layer
 */
export function earlierTensors(
  situation: Situation,
  shape: readonly number[],
  before: TracedOp | null,
): EarlierTensor[] {
  const count = shape.reduce((a, b) => a * b, 1);
  const found: EarlierTensor[] = [];
  const taps = new Set<string>();
  for (const tensor of situation.tensors.values()) {
    if (tensor.origin.kind === "parameter" || tensor.shape.join() !== shape.join()) continue;
    const expression = referFromAnywhere(situation, tensor.id, before);
    const values = samplesOf(situation, tensor.id);
    if (expression === null || values === null) continue;
    if (tensor.origin.kind === "tap") taps.add(tensor.origin.tap);
    found.push({ name: describe(situation, tensor.id), expression, values, tensor: tensor.id });
  }
  for (const [tap, original] of situation.forcedFrom) {
    if (taps.has(tap) || tap === situation.layer.tap || situation.originalValue(original)?.data.length !== count)
      continue;
    for (const { values } of orientedSamples(situation, original, shape))
      found.push({ name: `the output of ${tap}`, expression: { $: "tap", tap }, values, tensor: null });
  }
  return [...found, ...computed(situation, shape, before)];
}

/** Tensors of the original that the candidate makes only on its way, as sums of its modules' outputs. */
function computed(situation: Situation, shape: readonly number[], before: TracedOp | null): EarlierTensor[] {
  const target = situation.original.region.target;
  return situation.original.region.ops.flatMap((op) => {
    const [tensor] = op.outputs;
    if (!SUMMING.has(op.op) || tensor === undefined || tensor === target) return [];
    const expression = expressOriginal(situation, tensor, before);
    if (expression === null) return [];
    return orientedSamples(situation, tensor, shape).map(({ values }) => ({
      name: `the sum that the original has in ${op.node}`,
      expression,
      values,
      tensor: null,
    }));
  });
}

const SUMMING: ReadonlySet<string> = new Set(["Add", "AddV2", "Sub", "Mul"]);

/** Samples of the layer's output on both sides, at the indices of {@link earlierTensors}. */
export function outputSamples(situation: Situation): {
  readonly candidate: Float64Array;
  readonly reference: Float64Array;
} {
  const indices = sampleIndices(situation.candidate.data.length);
  return { candidate: pick(situation.candidate, indices), reference: pick(situation.reference, indices) };
}

function describe(situation: Situation, id: string): string {
  const origin = situation.tensors.get(id)?.origin;
  switch (origin?.kind) {
    case "tap":
      return `the output of ${origin.tap}`;
    case "input":
      return `the input ${origin.name}`;
    case "op": {
      const op = situation.ops[origin.op];
      return op === undefined
        ? id
        : `what ${op.key.name} gives${op.source === null ? "" : ` in line ${op.source.line}`}`;
    }
    default:
      return id;
  }
}
