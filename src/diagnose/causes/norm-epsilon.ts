import type { Expression, TracedOp } from "../../runners/edits.js";
import { original } from "../express.js";
import { formatConstant, shortest } from "../layer/format-constant.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { findNormCalls, findWrittenEpsilons, type NormCall } from "../layer/norm-calls.js";
import { groupsOf } from "../layer/norm-groups.js";
import { addKeyword, numberPattern, type Replacement, rule, setKeyword } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, findArgument, patternsOf } from "../look.js";
import { solveEpsilon } from "../residual/solve-epsilon.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Epsilons that frameworks use by default: Keras 1e-3, torch 1e-5, T5 1e-6, BERT 1e-12. */
const USUAL = [1e-3, 1e-5, 1e-6, 1e-12, 1e-7, 1e-8, 1e-4];
const PRIORS = { graph: 0.9, solved: 0.7, usual: 0.3 } as const;

interface Wanted {
  readonly value: number;
  /** The op of the original that holds it. */
  readonly node: string | null;
  readonly prior: number;
  readonly evidence: readonly string[];
}

/** Another epsilon than the original's, as an argument of a norm or as a number in a formula. */
export const seeNormEpsilon: SeeCause = (situation) => {
  const calls = findNormCalls(situation).flatMap((norm) =>
    wantedFor(situation, norm).map((wanted) =>
      describe(situation, norm.op, norm.epsilon, wanted, { [argumentKey(norm.op, "eps")]: wanted.value }, norm.usual),
    ),
  );
  const written = findWrittenEpsilons(situation).flatMap((one) =>
    [...fromGraph(situation, one.value), ...fromList(situation, one.value)].map((wanted) =>
      describe(situation, one.op, one.value, wanted, { [one.at]: wanted.value }, null),
    ),
  );
  return strongest([...calls, ...written]);
};

function wantedFor(situation: Situation, norm: NormCall): Wanted[] {
  const own = norm.epsilon;
  const solved = own === null ? null : solveEpsilon(groupsOf(situation, norm), own);
  const seen =
    solved === null ? [] : [`solving for ε gives ${solved.epsilon.toPrecision(4)} in all ${solved.groups} groups`];
  const graph = (norm.variant === "l2" ? boundsOfNorm(situation, own) : fromGraph(situation, own ?? Number.NaN)).map(
    (one) => ({ ...one, evidence: [...one.evidence, ...seen] }),
  );
  const estimates =
    solved === null || graph.some((one) => Math.abs(one.value - solved.epsilon) <= 0.05 * one.value)
      ? []
      : [{ value: Number(solved.epsilon.toPrecision(3)), node: null, prior: PRIORS.solved, evidence: seen }];
  return [...graph, ...shiftedVariance(situation, norm), ...estimates, ...fromList(situation, own ?? Number.NaN)];
}

function fromGraph(situation: Situation, own: number): Wanted[] {
  const found = new Map<number, Wanted>();
  for (const { epsilon } of patternsOf(situation, "normalisation")) {
    if (epsilon === null || shortest(epsilon.value) === shortest(own)) continue;
    const value = shortest(epsilon.value);
    const evidence = [`the original's graph holds ${formatConstant(value)} in ${epsilon.node}`];
    found.set(value, { value, node: epsilon.node, prior: PRIORS.graph, evidence });
  }
  return [...found.values()];
}

/**
 * F.normalize bounds the norm by its epsilon, TensorFlow the squared norm: theirs is √ε here. That the same number stands in
 * another place is seen by norm-epsilon-placement.
 */
function boundsOfNorm(situation: Situation, own: number | null): Wanted[] {
  return patternsOf(situation, "normalisation").flatMap(({ epsilon, placement }) => {
    if (epsilon === null || placement !== "maximum" || shortest(epsilon.value) === own) return [];
    const value = shortest(Math.sqrt(epsilon.value));
    if (value === own) return [];
    const evidence = [`${epsilon.node} bounds the squared norm by ${formatConstant(epsilon.value)}`];
    return [{ value, node: epsilon.node, prior: PRIORS.graph, evidence }];
  });
}

function fromList(situation: Situation, own: number): Wanted[] {
  const known = new Set(fromGraph(situation, own).map((one) => one.value));
  return USUAL.filter((value) => value !== shortest(own) && !known.has(value)).map((value) => ({
    value,
    node: null,
    prior: PRIORS.usual,
    evidence: [],
  }));
}

/**
 * A running variance that already holds the difference of two epsilons (`running_var += 1e-3 − 1e-5`) is an accepted
 * equivalence; what is wrong is an epsilon that does not go with it.
 */
function shiftedVariance(situation: Situation, norm: NormCall): Wanted[] {
  if (norm.variant !== "batch") return [];
  return patternsOf(situation, "normalisation").flatMap(({ epsilon, variance }) => {
    const fact = situation.weights.find((one) => one.key === variance && one.module === norm.op.key.module);
    const [stored, held] = [
      variance === null ? null : situation.variableValue(variance),
      fact === undefined ? null : situation.parameterValue(fact.parameter),
    ];
    if (epsilon === null || stored === null || held === null || stored.data.length !== held.data.length) return [];
    const shifts = [...held.data].map((value, i) => value - (stored.data[i] ?? Number.NaN)).sort((a, b) => a - b);
    const shift = shifts[Math.floor(shifts.length / 2)] ?? 0;
    const isConstant = shifts.every((one) => Math.abs(one - shift) <= 0.02 * Math.abs(shift));
    const value = Number((epsilon.value - shift).toPrecision(3));
    if (shift === 0 || !isConstant || value < 0) return [];
    const evidence = [
      `${fact?.parameter} is ${variance} ${shift > 0 ? "+" : "−"} ${formatConstant(Math.abs(Number(shift.toPrecision(3))))} in every channel`,
    ];
    return [{ value, node: epsilon.node, prior: PRIORS.graph, evidence }];
  });
}

function describe(
  situation: Situation,
  op: TracedOp,
  own: number | null,
  wanted: Wanted,
  changed: Readonly<Record<string, Expression>>,
  usual: number | null,
): Hypothesis {
  const at = writtenAt(situation, op);
  const value = formatConstant(wanted.value);
  const has = own === null ? "that of the type" : formatConstant(own);
  const theirs = wanted.node === null ? value : `${value} (${wanted.node})`;
  const given = findArgument(op, "eps") !== null || usual === null;
  const replacements: Replacement[] = [
    setKeyword("eps", value),
    setKeyword("epsilon", value),
    ...(own === null ? [] : [{ find: numberPattern(own), replace: value }]),
    ...(usual !== null && (own === usual || own === null) ? addKeyword(at.wrapper ?? op.key.name, "eps", value) : []),
  ];
  return propose(situation, {
    cause: "norm-epsilon",
    source: at.source,
    message: `the original uses ε ${theirs}, the port ${has} (${nameOf(at, op)})`,
    evidence: wanted.evidence,
    edits: editsOf(op, original(changed)),
    change: `ε of ${op.key.name} in ${op.key.module || "the model"} set to ${value}`,
    fix: usual === null ? `… + ${value}` : `${at.wrapper === null ? op.key.name : `nn.${at.wrapper}`}(…, eps=${value})`,
    prior: given || own === usual ? wanted.prior : wanted.prior - 0.1,
    rewrite: rule(at.source, ...replacements),
  });
}
