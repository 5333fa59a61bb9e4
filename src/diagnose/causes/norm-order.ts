import type { Edit, TracedOp } from "../../runners/edits.js";
import type { OriginalOp, Pattern } from "../../tensorflow/evidence/types.js";
import { argument, call, editOp, original, resultOf } from "../express.js";
import { findNorm } from "../layer/find-norm.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { findNormCalls } from "../layer/norm-calls.js";
import { channelAxes, normaliser } from "../layer/original-norm.js";
import { placesOf } from "../layer/places.js";
import { proposeMissing } from "../layer/propose-missing.js";
import { argumentHolding, inputOf, outputOf, refer } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf, producerOf, suspectsNamed, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Where the original's norm stands: on what is added to the residual, on the sum, or on what goes into the layer. */
type Order = "f" | "sum" | "input";

const FORMULAS: Readonly<Record<Order, (norm: string) => string>> = {
  f: (norm) => `x + ${norm}(f)`,
  sum: (norm) => `${norm}(x + f)`,
  input: (norm) => `x + f(${norm}(x))`,
};

/** The norm comes after the sum in one and before it in the other: norm(x + f) against x + norm(f) and x + f(norm(x)). */
export const seeNormOrder: SeeCause = (situation) =>
  strongest([
    ...findNormCalls(situation).flatMap(({ op }) => [...afterSum(situation, op), ...beforeSum(situation, op)]),
    ...appliedElsewhere(situation),
    ...appliedTooLate(situation),
  ]);

/** The port has norm(x + f): tried are x + norm(f) and norm(x), with either summand as x. */
function afterSum(situation: Situation, norm: TracedOp): Hypothesis[] {
  const input = inputOf(norm);
  const sum = input === null ? null : producerOf(situation, input);
  if (sum === null || sum.key.name !== "add") return [];
  const key = argumentHolding(norm, input ?? "");
  const parts = tensorsIn(sum);
  if (key === null || parts.length !== 2) return [];
  return parts.flatMap((inner, i) => {
    const outer = parts[1 - i];
    const [x, f] = [outer === undefined ? null : refer(situation, outer, norm), refer(situation, inner, norm)];
    if (x === null || f === null) return [];
    return [
      say(situation, norm, "f", [editOp(norm, call("torch.add", x, original({ [key]: f })))]),
      say(situation, norm, "input", [editOp(norm, original({ [key]: f }))]),
    ];
  });
}

/** The port has x + norm(f): tried is norm(x + f). */
function beforeSum(situation: Situation, norm: TracedOp): Hypothesis[] {
  const output = outputOf(norm);
  const input = inputOf(norm);
  const key = input === null ? null : argumentHolding(norm, input);
  if (output === null || input === null || key === null) return [];
  return suspectsNamed(situation, "add").flatMap((sum) => {
    const parts = tensorsIn(sum);
    const other = parts.find((part) => part !== output);
    if (!parts.includes(output) || other === undefined) return [];
    const [x, f] = [refer(situation, other, norm), refer(situation, input, norm)];
    if (x === null || f === null) return [];
    const normed: Edit = editOp(norm, original({ [key]: call("torch.add", x, f) }));
    return [say(situation, norm, "sum", [normed, editOp(sum, resultOf(norm))])];
  });
}

/** A gain and a bias: a module with those of two norms holds them for its own forward. */
const MOST_OF_A_NORM = 2;

/** The port has the norm and calls it, but not before this layer, where the original does. */
function appliedElsewhere(situation: Situation): Hypothesis[] {
  if (findNormCalls(situation).length > 0) return [];
  const called = new Set([...situation.forcedFrom.keys()].map((tap) => tap.replace(/[@[].*$/, "")));
  return patternsOf(situation, "normalisation").flatMap((pattern) => {
    const owner = situation.weights.find((fact) => fact.key === (pattern.scale ?? pattern.offset))?.module;
    // A module that holds a kernel as well, or the layer itself, is no norm that could be called elsewhere.
    const own = situation.weights.filter((fact) => fact.module === owner);
    const vectors = own.filter((fact) => fact.kind === "parameter");
    const isNorm = vectors.length <= MOST_OF_A_NORM && own.every((fact) => fact.shape.length === 1);
    if (owner === undefined || owner === situation.layer.module || !isNorm || !called.has(owner)) return [];
    return placesOf(situation).flatMap((place) => {
      const shape = situation.tensors.get(place.tensor ?? "")?.shape ?? situation.candidate.shape;
      return channelAxes(pattern, situation, shape).flatMap((axis) => {
        const f = normaliser(situation, pattern, shape, axis);
        if (f === null) return [];
        return [
          proposeMissing(situation, place, {
            cause: "norm-order",
            title: `${owner} before this layer`,
            node: pattern.output,
            f,
            fix: `x = ${FORMULAS.input(owner)}`,
            prior: 0.7,
            evidence: [`the port calls ${owner} elsewhere`],
          }),
        ];
      });
    });
  });
}

/**
 * The original's op reads the output of a norm that the port has not yet called when it comes here, and the port gives it what
 * the norm is of. Which norm and epsilon is told by the values.
 */
function appliedTooLate(situation: Situation): Hypothesis[] {
  const made = new Set(situation.suspects.flatMap((op) => op.outputs));
  return [...situation.forcedFrom].flatMap(([tap, theirs]) => {
    const vectors = situation.weights.filter((fact) => fact.module === tap && fact.shape.length === 1);
    const wanted = situation.original.suspects.some((op) => reads(situation, op, theirs));
    if (!wanted || vectors.length === 0 || vectors.length > 2) return [];
    const normed = situation.originalValue(theirs);
    return situation.suspects.flatMap((op) => {
      const input = inputOf(op);
      const key = input === null ? null : argumentHolding(op, input);
      const x = input === null || made.has(input) ? null : situation.value(input);
      if (key === null || x === null || normed === null) return [];
      const found = findNorm(
        situation,
        x,
        normed,
        vectors.map((fact) => fact.parameter),
      );
      if (found === null) return [];
      const source = op.source ?? situation.layer.source;
      return [
        propose(situation, {
          cause: "norm-order",
          source,
          message: `the original computes ${tap} before this layer (${theirs}), the port after it (${nameOf({ source, wrapper: null }, op)})`,
          evidence: [`what the port gives to ${op.key.name} is the original's ${theirs} before its normalisation`],
          edits: [editOp(op, original({ [key]: found(argument(key)) }))],
          change: `${tap} computed before this layer`,
          fix: `x = ${FORMULAS.input(tap)}`,
          prior: 0.88,
        }),
      ];
    });
  });
}

/** Directly, or through ops that only turn or reshape. */
function reads(situation: Situation, op: OriginalOp, tensor: string): boolean {
  return op.inputs.some((input) => {
    if (input === tensor) return true;
    const maker = situation.original.region.ops.find((one) => one.outputs.includes(input));
    return (
      maker !== undefined && /^(Identity|Reshape|Transpose|Cast)$/.test(maker.op) && reads(situation, maker, tensor)
    );
  });
}

function say(situation: Situation, norm: TracedOp, wanted: Order, edits: readonly Edit[]): Hypothesis {
  const at = writtenAt(situation, norm);
  const source = norm.source ?? at.source;
  const seen =
    wanted === "input"
      ? undefined
      : patternsOf(situation, "normalisation").find((one) => isPlaced(situation, one, wanted));
  const name = norm.key.module === "" ? norm.key.name : norm.key.module;
  const [theirs, ours] = [FORMULAS[wanted](name), wanted === "sum" ? FORMULAS.f(name) : FORMULAS.sum(name)];
  return propose(situation, {
    cause: "norm-order",
    source,
    message: `the original computes ${theirs}${seen === undefined ? "" : ` (${seen.output})`}, the port ${ours} (${nameOf({ ...at, source }, norm)})`,
    edits,
    change: `${theirs} instead of ${ours}`,
    fix: `x = ${theirs}`,
    prior: seen === undefined ? 0.7 : 0.9,
  });
}

/** The original's norm reads a residual sum, or is added to one. */
function isPlaced(situation: Situation, norm: Pattern, wanted: Order): boolean {
  const residuals = patternsOf(situation, "residual");
  return wanted === "sum"
    ? residuals.some((one) => one.output === norm.input)
    : residuals.some((one) => one.input === norm.output || one.skipped === norm.output);
}
