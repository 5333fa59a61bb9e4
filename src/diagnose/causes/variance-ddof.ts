import type { Expression, TracedOp } from "../../runners/edits.js";
import { callWith, original } from "../express.js";
import { counterpartsOf, samplesOf } from "../layer/counterparts.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { outputOf } from "../layer/refer.js";
import { ARGUMENTS, numberPattern, rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { findArgument, numbersIn, plainValue, suspectsNamed, tensorsIn } from "../look.js";
import { fitRatio } from "../residual/fit.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** torch divides the variance by n − 1 unless told otherwise, TensorFlow by n. */
export const seeVarianceDdof: SeeCause = (situation) =>
  strongest([
    ...suspectsNamed(situation, "var", "std", "var_mean", "std_mean").flatMap((op) => exchange(situation, op)),
    ...suspectsNamed(situation, "div", "mul").flatMap((op) => divisor(situation, op)),
  ]);

function exchange(situation: Situation, op: TracedOp): Hypothesis[] {
  const own = correctionOf(op);
  const input = tensorsIn(op)[0];
  if (own === null || input === undefined) return [];
  const wanted = own === 0 ? 1 : 0;
  const dim = dimsOf(op);
  const at = writtenAt(situation, op);
  const name = op.key.name;
  const value = callWith(`torch.${name}`, [{ $: "argument", at: 0 }], {
    dim,
    correction: wanted,
    keepdim: keepsDims(op),
  });
  const n = reducedCount(situation.tensors.get(input)?.shape ?? [], dim);
  const seen = ratioSeen(situation, op, n, own);
  const unbiased = wanted === 1 ? "True" : "False";
  return [
    propose(situation, {
      cause: "variance-ddof",
      source: at.source,
      message: `the original divides the variance by ${wanted === 0 ? `n = ${n}` : `n − 1 = ${n - 1}`}, the port by ${own === 0 ? `n = ${n}` : `n − ${own} = ${n - own}`} (${nameOf(at, op)})`,
      evidence: seen === null ? [] : [seen],
      edits: editsOf(op, value),
      change: `${name} with unbiased=${unbiased}`,
      fix: `x.${name}(dim, unbiased=${unbiased}, keepdim=True)`,
      // TensorFlow has no n − 1 unless somebody wrote it.
      prior: wanted === 0 ? (seen === null ? 0.7 : 0.85) : seen === null ? 0.2 : 0.6,
      rewrite: rule(
        at.source,
        { find: `unbiased\\s*=\\s*\\w+`, replace: `unbiased=${unbiased}` },
        { find: `correction\\s*=\\s*\\d+`, replace: `correction=${wanted}` },
        { find: `(\\b${name}\\(${ARGUMENTS}[^\\s,(])\\s*\\)`, replace: `$1, unbiased=${unbiased})` },
        { find: `\\b${name}\\(\\)`, replace: `${name}(unbiased=${unbiased})` },
      ),
    }),
  ];
}

/** sum / (n − 1), written by hand. */
function divisor(situation: Situation, op: TracedOp): Hypothesis[] {
  const number = numbersIn(op)[0];
  if (number === undefined) return [];
  const one = op.key.name === "div" ? number.value : 1 / number.value;
  const n = Math.round(one) + 1;
  const sizes = new Set([...situation.tensors.values()].flatMap((tensor) => tensor.shape));
  if (Math.abs(one - Math.round(one)) > 1e-6 || n < 3 || !sizes.has(n)) return [];
  const at = writtenAt(situation, op);
  return [
    propose(situation, {
      cause: "variance-ddof",
      source: at.source,
      message: `the original divides by n = ${n}, the port by n − 1 = ${n - 1} (${nameOf(at, op)})`,
      edits: editsOf(op, original({ [number.at]: op.key.name === "div" ? n : 1 / n })),
      change: `divided by ${n}`,
      fix: `… / ${n}`,
      prior: 0.5,
      rewrite: rule(at.source, { find: numberPattern(n - 1), replace: String(n) }),
    }),
  ];
}

/** What is taken from n: 1 by default. Null when the call says something that cannot be read. */
function correctionOf(op: TracedOp): number | null {
  const correction = plainValue(op, "correction");
  if (typeof correction === "number") return correction;
  const flag = plainValue(op, "unbiased") ?? booleansOf(op)[0];
  if (flag === undefined || flag === null) return 1;
  return typeof flag === "boolean" ? Number(flag) : null;
}

/** Flags given by position: unbiased first, keepdim second. */
function booleansOf(op: TracedOp): boolean[] {
  return op.args.flatMap((one) => ("value" in one && typeof one.value === "boolean" ? [one.value] : []));
}

function keepsDims(op: TracedOp): boolean {
  const named = op.kwargs.keepdim;
  if (named !== undefined) return "value" in named && named.value === true;
  return booleansOf(op)[1] === true;
}

function dimsOf(op: TracedOp): Expression {
  const dim = findArgument(op, "dim") === null ? undefined : plainValue(op, "dim");
  if (typeof dim === "number") return dim;
  return Array.isArray(dim) && dim.every((one) => typeof one === "number") ? dim : null;
}

function reducedCount(shape: readonly number[], dim: Expression): number {
  const axes = typeof dim === "number" ? [dim] : Array.isArray(dim) ? dim : shape.map((_, axis) => axis);
  return axes.reduce<number>((n, axis) => n * (shape.at(Number(axis)) ?? 1), 1);
}

/** The ratio to one of the original's tensors, when it is √(n/(n−1)) or n/(n−1). */
function ratioSeen(situation: Situation, op: TracedOp, n: number, own: number): string | null {
  const output = outputOf(op);
  const tensor = output === null ? undefined : situation.tensors.get(output);
  const values = output === null ? null : samplesOf(situation, output);
  if (tensor === undefined || values === null) return null;
  const factor = (n - 1) / n;
  const expected = own === 0 ? 1 / factor : factor;
  for (const other of counterpartsOf(situation, tensor.shape)) {
    const fit = fitRatio(values, other.values);
    if (fit === null || fit.misfit > 1e-5) continue;
    const name = [expected, Math.sqrt(expected)].find((one) => Math.abs(one - fit.ratio) < 1e-5 * one);
    if (name === undefined) continue;
    const formula = name === expected ? `${n - 1}/${n}` : `√(${n - 1}/${n})`;
    return `the original's ${other.tensor} is ${fit.ratio.toFixed(6)} times it, ${own === 0 ? "the inverse of " : ""}${formula}`;
  }
  return null;
}
