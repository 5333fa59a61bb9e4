import type { Edit, Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, editOp, original, parameterOf, self, tensorOf } from "../express.js";
import { editOutput, propose, strongest } from "../layer/hypothesis.js";
import { argumentHolding, outputOf } from "../layer/refer.js";
import { rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { findArgument, patternsOf, producerOf, tensorsIn } from "../look.js";
import { constantVector } from "../residual/constancy.js";
import { relativeDistance } from "../residual/fit.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** The difference is that of float32 tensors, so the vector read off it is coarser than they are. */
const SAME_VECTOR = 1e-3;
const MOST_ELEMENTS = 65_536;
const WEIGHTED: ReadonlySet<string> = new Set([
  "linear",
  "matmul",
  "mm",
  "bmm",
  "addmm",
  "einsum",
  "conv1d",
  "conv2d",
  "conv3d",
  "conv_transpose1d",
  "conv_transpose2d",
  "layer_norm",
  "batch_norm",
  "group_norm",
  "rms_norm",
]);

/** A bias that the original adds and the port does not: the difference is one vector, and the checkpoint has it. */
export const seeMissingBias: SeeCause = (situation) =>
  strongest([...fromDifference(situation), ...fromGraph(situation), ...beforeCalls(situation)]);

function fromDifference(situation: Situation): Hypothesis[] {
  const { candidate, reference } = situation;
  const difference = {
    shape: candidate.shape,
    data: reference.data.map((value, i) => value - (candidate.data[i] ?? Number.NaN)),
  };
  const vector = constantVector(difference);
  if (vector === null || vector.misfit > SAME_VECTOR || vector.values.every((value) => value === 0)) return [];
  const last = situation.suspects.find((op) => outputOf(op) === situation.trace.observed) ?? situation.suspects.at(-1);
  return [...situation.variables].flatMap(([key, shape]) => {
    if (shape.reduce((a, b) => a * b, 1) !== vector.values.length) return [];
    const stored = situation.variableValue(key);
    if (stored === null || relativeDistance(vector.values, stored.data) > SAME_VECTOR) return [];
    const evidence = [`the difference is the same vector everywhere, and equals ${key}`];
    const value = call("torch.add", self, along(situation, key, vector.axis, candidate.shape));
    return [say(situation, last, key, editOutput(situation, value), evidence, 0.93)];
  });
}

/** Biases of the graph that no parameter of the port holds, at every call that could add them. */
function fromGraph(situation: Situation): Hypothesis[] {
  const added = addedKeys(situation);
  return patternsOf(situation, "bias")
    .filter(({ key }) => !added.has(key))
    .flatMap(({ key, output }) =>
      situation.suspects
        .filter((op) => WEIGHTED.has(op.key.name) && !hasBias(op))
        .flatMap((op) => {
          const shape = situation.tensors.get(outputOf(op) ?? "")?.shape ?? [];
          const size = (situation.variables.get(key) ?? []).reduce((a, b) => a * b, 1);
          const axis = op.key.name.startsWith("conv") || op.key.name === "batch_norm" ? 1 : shape.length - 1;
          if (shape[axis] !== size || size > MOST_ELEMENTS) return [];
          const edits = [editOp(op, call("torch.add", self, along(situation, key, axis, shape)))];
          return [say(situation, op, key, edits, [`${output} adds ${key}, which nothing in the port adds`], 0.9)];
        }),
    );
}

/** The same where the product itself was compared and agrees: the bias is missing before the calls that follow. */
function beforeCalls(situation: Situation): Hypothesis[] {
  const added = addedKeys(situation);
  const made = new Set(situation.suspects.flatMap((op) => op.outputs));
  return patternsOf(situation, "bias")
    .filter(({ key }) => !added.has(key))
    .flatMap(({ key, output }) =>
      situation.suspects.flatMap((op) =>
        tensorsIn(op).flatMap((input) => {
          const at = argumentHolding(op, input);
          const shape = situation.tensors.get(input)?.shape ?? [];
          const size = (situation.variables.get(key) ?? []).reduce((a, b) => a * b, 1);
          const isParameter = situation.tensors.get(input)?.origin.kind === "parameter";
          if (at === null || made.has(input) || isParameter || size > MOST_ELEMENTS) return [];
          return [shape.length - 1, 1]
            .filter((axis, i, all) => shape[axis] === size && all.indexOf(axis) === i)
            .map((axis) => {
              const sum = call("torch.add", argument(at), along(situation, key, axis, shape));
              const evidence = [`${output} adds ${key}, which nothing in the port adds`];
              const edits = [editOp(op, original({ [at]: sum }))];
              const maker = producerOf(situation, input);
              // Of two summands it is the product that a bias belongs to.
              const prior = maker !== null && WEIGHTED.has(maker.key.name) ? 0.89 : 0.88;
              return say(situation, maker ?? op, key, edits, evidence, prior);
            });
        }),
      ),
    );
}

/** Variables that calls of the port read: a parameter that it holds and nobody reads is added nowhere. */
function addedKeys(situation: Situation): Set<string> {
  const read = new Set(
    [...situation.tensors.values()].flatMap(({ origin }) => (origin.kind === "parameter" ? [origin.name] : [])),
  );
  return new Set(situation.weights.filter((fact) => read.has(fact.parameter)).map((fact) => fact.key));
}

function hasBias(op: TracedOp): boolean {
  const bias = findArgument(op, "bias");
  return bias !== null && "tensor" in bias.argument;
}

/** The bias shaped so that it lies along one axis: the port's own parameter where it has one, else the stored values. */
function along(situation: Situation, key: string, axis: number, shape: readonly number[]): Expression {
  const fact = situation.weights.find((one) => one.key === key && one.transform !== null);
  const values =
    fact === undefined ? tensorOf([...(situation.variableValue(key)?.data ?? [])]) : parameterOf(fact.parameter);
  return call(
    "torch.reshape",
    values,
    shape.slice(axis).map((size, i) => (i === 0 ? size : 1)),
  );
}

function say(
  situation: Situation,
  op: TracedOp | undefined,
  key: string,
  edits: readonly Edit[],
  evidence: readonly string[],
  prior: number,
): Hypothesis {
  const at = op === undefined ? null : writtenAt(situation, op);
  return propose(situation, {
    cause: "missing-bias",
    source: at?.source ?? situation.layer.source,
    message: `the original adds the bias ${key}, the port adds none${op === undefined || at === null ? "" : ` (${nameOf(at, op)})`}`,
    evidence,
    edits,
    change: `${key} added`,
    fix:
      at?.wrapper == null ? `x = x + bias  # ${key}` : `nn.${at.wrapper}(…, bias=True), and load its bias from ${key}`,
    prior,
    rewrite: rule(at?.source ?? null, { find: "\\s*,\\s*bias\\s*=\\s*False", replace: "" }),
  });
}
