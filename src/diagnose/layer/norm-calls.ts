import type { TracedOp } from "../../runners/edits.js";
import { numbersIn, plainValue, suspectsNamed } from "../look.js";
import type { Situation } from "../situation.js";
import { callsAfter, suspectsAndFeeders } from "./candidate-flow.js";

/** A normalisation that is one functional call. */
export interface NormCall {
  readonly op: TracedOp;
  readonly variant: "layer" | "rms" | "batch" | "group" | "instance" | "l2";
  /** What the call adds or bounds by, torch's default where it says nothing; null for rms_norm's, which depends on the type. */
  readonly epsilon: number | null;
  /** torch's default, which a line without an epsilon has. */
  readonly usual: number;
}

const VARIANTS: Readonly<Record<string, { readonly variant: NormCall["variant"]; readonly usual: number }>> = {
  layer_norm: { variant: "layer", usual: 1e-5 },
  native_layer_norm: { variant: "layer", usual: 1e-5 },
  rms_norm: { variant: "rms", usual: 2 ** -23 },
  batch_norm: { variant: "batch", usual: 1e-5 },
  group_norm: { variant: "group", usual: 1e-5 },
  instance_norm: { variant: "instance", usual: 1e-5 },
  normalize: { variant: "l2", usual: 1e-12 },
};

export function findNormCalls(situation: Situation): NormCall[] {
  return suspectsNamed(situation, ...Object.keys(VARIANTS)).flatMap((op) => {
    const known = VARIANTS[op.key.name];
    if (known === undefined) return [];
    const given = plainValue(op, "eps");
    return [{ op, ...known, epsilon: typeof given === "number" ? given : known.usual }];
  });
}

/** A small number that keeps a hand-written normalisation from dividing by zero. */
export interface WrittenEpsilon {
  readonly op: TracedOp;
  /** Argument that is the number. */
  readonly at: string;
  readonly value: number;
  /** `inside` a root that follows, `outside` of one that came before, a `maximum` on either side. */
  readonly placement: "inside" | "outside" | "maximum";
}

const LARGEST_EPSILON = 0.1;
const ADDING: ReadonlySet<string> = new Set(["add", "clamp", "clamp_min", "clip", "maximum"]);
const ROOTS: ReadonlySet<string> = new Set(["sqrt", "rsqrt", "pow"]);
const DIVISIONS: ReadonlySet<string> = new Set(["div", "true_divide", "divide", "reciprocal"]);

/** Epsilons of normalisations written as formulas: `var + 1e-5` before a root, `std + 1e-5` before a division, `clamp(min=…)`. */
export function findWrittenEpsilons(situation: Situation): WrittenEpsilon[] {
  const adding = suspectsAndFeeders(situation).filter((op) => ADDING.has(op.key.name));
  return adding.flatMap((op) => {
    const number = numbersIn(op).find(({ at, value }) => at !== "alpha" && value > 0 && value <= LARGEST_EPSILON);
    if (number === undefined) return [];
    const after = callsAfter(situation, op, 1);
    const rooted = after.some((one) => ROOTS.has(one.key.name) && isRoot(one));
    const divides = callsAfter(situation, op, 2).some((one) => DIVISIONS.has(one.key.name) || one.key.name === "mul");
    if (!rooted && !divides) return [];
    const placement = op.key.name !== "add" ? "maximum" : rooted ? "inside" : "outside";
    return [{ op, at: number.at, value: number.value, placement }];
  });
}

/** sqrt, rsqrt, or a power of ±½. */
export function isRoot(op: TracedOp): boolean {
  if (op.key.name !== "pow") return ROOTS.has(op.key.name);
  return numbersIn(op).some(({ value }) => Math.abs(value) === 0.5);
}
