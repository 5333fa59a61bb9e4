import type { Expression, TracedOp } from "../../runners/edits.js";
import type { Pattern } from "../../tensorflow/evidence/types.js";
import { plainValue, tensorsIn } from "../look.js";
import {
  ACTIVATIONS,
  type Activation,
  clipped,
  elu,
  GELU_ERF,
  GELU_TANH,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  swish,
} from "../residual/activations.js";
import { recogniseActivation } from "../residual/recognise-activation.js";
import type { Situation } from "../situation.js";
import { samplesOf } from "./counterparts.js";
import { shortest } from "./format-constant.js";
import { outputOf, refer } from "./refer.js";

/** Where the candidate computes an activation: one call, or the last call of a formula. */
export interface ActivationSite {
  readonly op: TracedOp;
  /** Tensor of which it is a function. */
  readonly input: string;
  readonly x: Expression;
  /** What the candidate computes; null when the call is one but its function is not in the library. */
  readonly own: Activation | null;
  /** The whole of it is this one call. */
  readonly single: boolean;
}

const MOST_INPUTS = 40;

/** Activations among the suspects, by the names of functions and, for those written as formulas, by their values. */
export function findActivationSites(situation: Situation): ActivationSite[] {
  const single = situation.suspects.flatMap((op) => {
    const own = activationOfCall(op);
    const input = tensorsIn(op)[0];
    const x = input === undefined ? null : refer(situation, input, op);
    return own === undefined || input === undefined || x === null ? [] : [{ op, input, x, own, single: true }];
  });
  return [...single, ...writtenOut(situation, new Set(single.map((site) => site.op)))];
}

/** Formulas: calls whose result lies on one curve over a tensor that was there before. */
function writtenOut(situation: Situation, known: ReadonlySet<TracedOp>): ActivationSite[] {
  const inputs = [...new Set(situation.suspects.flatMap(tensorsIn))].slice(0, MOST_INPUTS);
  const samples = new Map(inputs.map((input) => [input, samplesOf(situation, input)]));
  return situation.suspects.flatMap((op): ActivationSite[] => {
    const output = outputOf(op);
    const y = output === null || known.has(op) ? null : samplesOf(situation, output);
    const shape = situation.tensors.get(output ?? "")?.shape.join();
    if (y === null) return [];
    for (const input of inputs) {
      const values = samples.get(input);
      if (!values || situation.tensors.get(input)?.shape.join() !== shape) continue;
      const found = recogniseActivation(values, y);
      const x = found === null ? null : refer(situation, input, op);
      if (found !== null && x !== null) return [{ op, input, x, own: found.activation, single: false }];
    }
    return [];
  });
}

/** The activation that a call is; null for one that is not in the library, undefined when it is none. */
export function activationOfCall(op: TracedOp): Activation | null | undefined {
  const number = (name: string, usual: number): number => {
    const given = plainValue(op, name);
    return typeof given === "number" ? given : usual;
  };
  switch (op.key.name) {
    case "gelu":
      return plainValue(op, "approximate") === "tanh" ? GELU_TANH : GELU_ERF;
    case "leaky_relu":
      return leakyRelu(number("negative_slope", 0.01));
    case "elu":
      return elu(number("alpha", 1));
    case "silu":
      return swish(1);
    case "hardsigmoid":
      return hardSigmoid(1 / 6);
    case "hardswish":
      return hardSwish(1 / 6);
    case "hardtanh":
      return clipped(number("min_val", -1), number("max_val", 1));
    case "clamp":
    case "clip": {
      const [lower, upper] = ["min", "max"].map((name) => plainValue(op, name));
      return clipped(typeof lower === "number" ? lower : null, typeof upper === "number" ? upper : null);
    }
    case "clamp_min":
      return clipped(number("min", 0), null);
    case "prelu":
    case "rrelu":
    case "celu":
    case "threshold":
      return null;
    case "logsigmoid":
      return ACTIVATIONS.find((one) => one.name === "log-sigmoid");
    case "relu":
    case "relu6":
    case "selu":
    case "mish":
    case "tanh":
    case "sigmoid":
    case "softplus":
    case "softsign":
      return ACTIVATIONS.find((one) => one.name === op.key.name);
    default:
      return undefined;
  }
}

/** The function that a pattern of the original names; null when the library does not have it. */
export function activationOfPattern(pattern: Extract<Pattern, { readonly kind: "activation" }>): Activation | null {
  const given = (...names: readonly string[]): number | null => {
    const found = names.map((name) => pattern.parameters[name]).find((one) => one !== undefined);
    return found === undefined ? null : shortest(found.value);
  };
  switch (pattern.name) {
    case "leaky-relu":
      return leakyRelu(given("slope", "alpha") ?? 0.2);
    case "elu":
      return elu(given("alpha") ?? 1);
    case "swish":
      return swish(given("slope", "beta") ?? 1);
    case "clip":
      return clipped(given("lower", "min"), given("upper", "max"));
    case "hard-sigmoid":
      return hardSigmoid(given("slope") ?? 1 / 6);
    case "hard-swish":
      return hardSwish(given("slope") ?? 1 / 6);
    default:
      return ACTIVATIONS.find((one) => one.name === pattern.name) ?? null;
  }
}

export function isSameActivation(a: Activation | null, b: Activation): boolean {
  return (
    a !== null &&
    a.name === b.name &&
    Object.entries(b.parameters).every(
      ([key, value]) => Math.abs((a.parameters[key] ?? Number.NaN) - value) <= 1e-4 * Math.abs(value),
    )
  );
}
