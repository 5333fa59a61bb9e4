import type { Edit, TracedOp } from "../../runners/edits.js";
import { call, editOp, original, self } from "../express.js";
import { kindOfLayer } from "../hypothesis-key.js";
import { type Counterpart, counterpartsOf, orientedSamples, samplesOf } from "../layer/counterparts.js";
import { type EarlierTensor, earlierTensors, outputSamples } from "../layer/earlier-tensors.js";
import { expressOriginal } from "../layer/express-original.js";
import { editOutput, propose, strongest } from "../layer/hypothesis.js";
import { argumentHolding, outputOf } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf, producerOf, suspectsNamed, tensorsIn } from "../look.js";
import { fitRatio, relativeDistance } from "../residual/fit.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** How well a difference must be an earlier tensor: it is the difference of two float32 tensors, so coarser than either. */
const SAME_DIFFERENCE = 1e-4;

/** What holds numbers of this size is a mask, beside which no difference shows, and no residual. */
const LEAST_MASK = 1e3;

const NOTHING = { args: [], kwargs: {} };

interface Place {
  /** The call whose result lacks something; null for the layer's output. */
  readonly op: TracedOp | null;
  /** original − candidate, for every tensor of the original that it may be. */
  readonly differences: readonly Float64Array[];
  readonly shape: readonly number[];
}

/** The difference is an earlier tensor: a residual that is not added, added twice, or taken from before or after a norm. */
export const seeMissingResidual: SeeCause = (situation) => {
  const places = placesOf(situation);
  return strongest([
    ...places.flatMap((place) => missing(situation, place)),
    ...places.flatMap((place) => exchanged(situation, place)),
    ...tried(situation),
    ...readsAnother(situation),
  ]);
};

function placesOf(situation: Situation): Place[] {
  const { candidate, reference } = outputSamples(situation);
  const whole: Place = { op: null, differences: [subtract(reference, candidate)], shape: situation.candidate.shape };
  const inside = situation.suspects.flatMap((op): Place[] => {
    const output = outputOf(op);
    const shape = output === null ? undefined : situation.tensors.get(output)?.shape;
    const values = output === null || output === situation.trace.observed ? null : samplesOf(situation, output);
    if (shape === undefined || values === null) return [];
    const differences = counterpartsOf(situation, shape).map((other: Counterpart) => subtract(other.values, values));
    return [{ op, differences, shape }];
  });
  return [whole, ...inside];
}

function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] ?? Number.NaN));
}

function missing(situation: Situation, place: Place): Hypothesis[] {
  const at = place.op ?? lastCall(situation);
  return earlierTensors(situation, place.shape, place.op).flatMap((earlier) => {
    if (earlier.values.some((value) => Math.abs(value) >= LEAST_MASK)) return [];
    const sign = place.differences.some((one) => isSame(earlier.values, one))
      ? 1
      : place.differences.some((one) => isSame(earlier.values, negate(one)))
        ? -1
        : null;
    if (sign === null || (place.op !== null && earlier.tensor === outputOf(place.op))) return [];
    // What is a summand already is not missing: it was multiplied by a factor.
    const isSummand = at?.key.name === "add" && earlier.tensor !== null && tensorsIn(at).includes(earlier.tensor);
    if (sign === 1 && isSummand) return [];
    const value = call(sign === 1 ? "torch.add" : "torch.sub", self, earlier.expression);
    const edits: Edit[] = place.op === null ? editOutput(situation, value) : [editOp(place.op, value)];
    return [sign === 1 ? sayMissing(situation, at, earlier, edits, 0.88) : sayTwice(situation, at, earlier, edits)];
  });
}

/** Another tensor is added than in the original: the difference is that of two tensors. */
function exchanged(situation: Situation, place: Place): Hypothesis[] {
  const adding = place.op ?? lastCall(situation);
  if (adding === undefined || adding.key.name !== "add") return [];
  const options = earlierTensors(situation, place.shape, adding);
  const made = new Set(situation.suspects.flatMap((op) => op.outputs));
  return tensorsIn(adding).flatMap((added) => {
    const own = options.find((one) => one.tensor === added);
    const key = argumentHolding(adding, added);
    if (own === undefined || key === null) return [];
    return options.flatMap((other) => {
      // In place of what the layer itself computes wrongly any right tensor repairs, and says nothing of the fault.
      if (
        other === own ||
        // A call that makes the one of the other is itself the fault: a factor, a norm too many.
        (other.tensor !== null && tensorsIn(producerOf(situation, added) ?? NOTHING).includes(other.tensor)) ||
        // One block's output for another's of its kind: the blocks are called in another order, and no residual is missing.
        kindOfLayer(other.name) === kindOfLayer(own.name) ||
        // The same tensor times a number: a factor is missing, no tensor.
        isMultiple(own.values, other.values) ||
        (made.has(added) && other.tensor === null) ||
        !place.differences.some((one) => isSame(subtract(other.values, own.values), one))
      )
        return [];
      const at = writtenAt(situation, adding);
      return [
        propose(situation, {
          cause: "missing-residual",
          source: at.source,
          message: `the original adds ${other.name}, the port ${own.name} (${nameOf(at, adding)})`,
          evidence: ["the difference of the two is the difference of the results, in every element"],
          edits: [editOp(adding, original({ [key]: other.expression }))],
          change: `${other.name} added instead of ${own.name}`,
          fix: `# add ${other.name}, not ${own.name}`,
          prior: 0.85,
        }),
      ];
    });
  });
}

/** Where the graph has a residual and values do not show it (a norm comes after): added at every sum and result, to see. */
function tried(situation: Situation): Hypothesis[] {
  const skipped = new Set(patternsOf(situation, "residual").map((one) => one.skipped));
  if (skipped.size === 0) return [];
  return situation.suspects.slice(0, 12).flatMap((op) => {
    const shape = situation.tensors.get(outputOf(op) ?? "")?.shape;
    if (shape === undefined) return [];
    return earlierTensors(situation, shape, op)
      .filter(
        (one) =>
          isSkipped(situation, one, skipped) &&
          !suspectsNamed(situation, "add").some((sum) => tensorsIn(sum).includes(one.tensor ?? "")),
      )
      .map((one) => sayMissing(situation, op, one, [editOp(op, call("torch.add", self, one.expression))], 0.6));
  });
}

/**
 * The layer reads another tensor than the original's op does: a sum with the residual where the port has one summand, or one
 * from before a norm. Only what the candidate can compute from its modules' outputs is tried.
 */
function readsAnother(situation: Situation): Hypothesis[] {
  const made = new Set(situation.suspects.flatMap((op) => op.outputs));
  const kinds = new Set(["normalisation", "matmul", "convolution", "activation", "residual", "softmax", "scale"]);
  const inputs = [
    ...new Set([
      ...situation.original.patterns.flatMap((one) => (kinds.has(one.kind) ? [one.input] : [])),
      ...patternsOf(situation, "residual").flatMap((one) => [one.skipped, one.output]),
    ]),
  ].filter((tensor) => tensor !== situation.original.region.target);
  return situation.suspects.flatMap((op, i) =>
    tensorsIn(op).flatMap((tensor) => {
      const key = argumentHolding(op, tensor);
      // A norm written out reads its input twice: for the mean, and to subtract it.
      const readers = situation.suspects.filter((one) => argumentHolding(one, tensor) !== null);
      if (situation.suspects.slice(0, i).some((one) => readers.includes(one))) return [];
      const traced = situation.tensors.get(tensor);
      if (key === null || traced === undefined || made.has(tensor) || traced.origin.kind === "parameter") return [];
      const own = situation.agreements.get(tensor)?.tensor;
      return inputs.flatMap((input) => {
        const value = situation.originalValue(input);
        const expression = expressOriginal(situation, input, op);
        if (value === null || value.data.some((one) => Math.abs(one) >= LEAST_MASK)) return [];
        if (input === own || value?.data.length !== traced.shape.reduce((a, b) => a * b, 1) || expression === null)
          return [];
        if (!differByOneTensor(situation, op, tensor, input)) return [];
        const at = writtenAt(situation, op);
        return [
          propose(situation, {
            cause: "missing-residual",
            source: op.source ?? at.source,
            message: `the original reads ${input} here, the port another tensor (${nameOf({ ...at, source: op.source ?? at.source }, op)})`,
            edits: readers.map((one) => editOp(one, original({ [argumentHolding(one, tensor) ?? key]: expression }))),
            change: `${input} read instead`,
            fix: `# ${op.key.name} of ${input}: the sum with the residual`,
            prior: 0.68,
          }),
        ];
      });
    }),
  );
}

/** Only where what the port reads lacks (or has too much) one tensor that there is: else it is another fault's doing. */
function differByOneTensor(situation: Situation, op: TracedOp, tensor: string, input: string): boolean {
  const shape = situation.tensors.get(tensor)?.shape ?? [];
  const own = samplesOf(situation, tensor);
  if (own === null) return false;
  const differences = orientedSamples(situation, input, shape).flatMap((theirs) =>
    isMultiple(own, theirs.values) ? [] : [subtract(theirs.values, own)],
  );
  return earlierTensors(situation, shape, op).some((one) =>
    differences.some((difference) => isSame(one.values, difference) || isSame(one.values, negate(difference))),
  );
}

function isSkipped(situation: Situation, one: EarlierTensor, skipped: ReadonlySet<string>): boolean {
  const origin = one.tensor === null ? null : situation.tensors.get(one.tensor)?.origin;
  const tap =
    origin?.kind === "tap"
      ? origin.tap
      : typeof one.expression === "object" && one.expression !== null && "tap" in one.expression
        ? String(one.expression.tap)
        : null;
  const forced = tap === null ? undefined : situation.forcedFrom.get(tap);
  const agreed = one.tensor === null ? undefined : situation.agreements.get(one.tensor)?.tensor;
  return skipped.has(forced ?? "") || skipped.has(agreed ?? "");
}

function sayMissing(
  situation: Situation,
  op: TracedOp | undefined,
  earlier: EarlierTensor,
  edits: readonly Edit[],
  prior: number,
): Hypothesis {
  const residual = patternsOf(situation, "residual")[0];
  return propose(situation, {
    cause: "missing-residual",
    source: op?.source ?? situation.layer.source,
    message: `the original adds ${earlier.name}${residual === undefined ? "" : ` (${residual.output})`}, the port does not${op === undefined ? "" : ` (${nameOf(writtenAt(situation, op), op)})`}`,
    evidence: prior > 0.8 ? [`the difference is ${earlier.name}, in every element`] : [],
    edits,
    change: `${earlier.name} added`,
    fix: `# add ${earlier.name}: x = x + …`,
    prior,
  });
}

function sayTwice(
  situation: Situation,
  op: TracedOp | undefined,
  earlier: EarlierTensor,
  edits: readonly Edit[],
): Hypothesis {
  return propose(situation, {
    cause: "missing-residual",
    source: op?.source ?? situation.layer.source,
    message: `the port adds ${earlier.name} once more than the original${op === undefined ? "" : ` (${nameOf(writtenAt(situation, op), op)})`}`,
    evidence: [`the difference is ${earlier.name} with the opposite sign, in every element`],
    edits,
    change: `${earlier.name} subtracted once`,
    fix: `# do not add ${earlier.name} here`,
    prior: 0.87,
  });
}

function lastCall(situation: Situation): TracedOp | undefined {
  return situation.suspects.find((op) => outputOf(op) === situation.trace.observed) ?? situation.suspects.at(-1);
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  return relativeDistance(a, b) <= SAME_DIFFERENCE;
}

function isMultiple(own: Float64Array, other: Float64Array): boolean {
  const fit = fitRatio(own, other);
  return fit !== null && fit.misfit <= SAME_DIFFERENCE;
}

function negate(values: Float64Array): Float64Array {
  return values.map((value) => -value);
}
