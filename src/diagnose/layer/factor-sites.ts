import type { Edit, Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, editOp, original, self } from "../express.js";
import { numbersIn, plainValue, producerOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import { callsAfter, callsBefore } from "./candidate-flow.js";

/** What is multiplied: attention scores (or the queries and keys that make them), looked-up embeddings, or anything else. */
export type FactorRole = "attention" | "embedding" | "other";

/** A place where a factor stands, or where one may be missing. */
export interface FactorSite {
  readonly op: TracedOp;
  readonly role: FactorRole;
  /** What the candidate multiplies by here; 1 where it does not multiply. */
  readonly own: number;
  /** The factor is written there: a number, a tensor of one element, an argument `scale`. */
  readonly written: boolean;
  /** The edit that makes it another factor. */
  readonly set: (factor: number) => Edit;
}

const MULTIPLICATIONS: ReadonlySet<string> = new Set(["mul", "multiply"]);
const DIVISIONS: ReadonlySet<string> = new Set(["div", "divide", "true_divide"]);
const LOOKUPS: ReadonlySet<string> = new Set(["embedding", "index_select"]);
const PRODUCTS: ReadonlySet<string> = new Set(["matmul", "bmm", "baddbmm", "einsum", "mm"]);

/** What turns scores into shares: a softmax, or the exponential of one that is written out. */
const SCORING: ReadonlySet<string> = new Set(["softmax", "scaled_dot_product_attention", "exp"]);

export function findFactorSites(situation: Situation): FactorSite[] {
  return situation.suspects.flatMap((op) => [
    ...writtenFactors(situation, op),
    ...summandFactors(situation, op),
    ...(op.key.name === "scaled_dot_product_attention" ? [scaledAttention(situation, op)] : []),
    ...(LOOKUPS.has(op.key.name) ? [onOutput(op, "embedding")] : []),
    ...(op.key.name === "softmax" ? [onArgument(op, 0, endsModel(situation, op) ? "other" : "attention")] : []),
    ...missingFactors(situation, op),
  ]);
}

/** A number, or a tensor of one element, that something is multiplied or divided by. */
function writtenFactors(situation: Situation, op: TracedOp): FactorSite[] {
  const divides = DIVISIONS.has(op.key.name);
  if (!divides && !MULTIPLICATIONS.has(op.key.name)) return [];
  if (divides && "reversed" in op.kwargs) return [];
  const numbers = [...numbersIn(op), ...singleElements(situation, op, divides)];
  return numbers.flatMap(({ at, value }) => {
    const own = divides ? 1 / value : value;
    if (!Number.isFinite(own) || own === 0 || (divides && at === "0")) return [];
    const set = (factor: number): Edit => editOp(op, original({ [at]: divides ? 1 / factor : factor }));
    return [{ op, role: roleOf(situation, op), own, written: true, set }];
  });
}

function singleElements(situation: Situation, op: TracedOp, divides: boolean): { at: string; value: number }[] {
  return op.args.flatMap((one, i) => {
    if (!("tensor" in one) || (divides && i === 0)) return [];
    const shape = situation.tensors.get(one.tensor)?.shape;
    const origin = situation.tensors.get(one.tensor)?.origin;
    if (shape === undefined || shape.some((size) => size !== 1)) return [];
    const value =
      (origin?.kind === "parameter" ? situation.parameterValue(origin.name) : null) ?? situation.value(one.tensor);
    return value === null ? [] : [{ at: String(i), value: value.data[0] ?? Number.NaN }];
  });
}

/** `x.add(y, alpha=0.5)`. */
function summandFactors(situation: Situation, op: TracedOp): FactorSite[] {
  const alpha = op.kwargs.alpha;
  if (alpha === undefined || !("value" in alpha) || typeof alpha.value !== "number") return [];
  const set = (factor: number): Edit => editOp(op, original({ alpha: factor }));
  return [{ op, role: roleOf(situation, op), own: alpha.value, written: true, set }];
}

function scaledAttention(situation: Situation, op: TracedOp): FactorSite {
  const query = tensorsIn(op)[0];
  const size = situation.tensors.get(query ?? "")?.shape.at(-1) ?? 1;
  const given = plainValue(op, "scale");
  const own = typeof given === "number" ? given : 1 / Math.sqrt(size);
  return { op, role: "attention", own, written: true, set: (factor) => editOp(op, original({ scale: factor })) };
}

/**
 * Where a factor may be missing: behind the products and lookups that suspects read or are. One that agrees with the original is
 * no suspect itself, and is scaled all the same: everything that reads it has to get the scaled one.
 */
function missingFactors(situation: Situation, op: TracedOp): FactorSite[] {
  const own = PRODUCTS.has(op.key.name) ? [onOutput(op, roleOf(situation, op))] : [];
  const read = op.args.flatMap((one, i): FactorSite[] => {
    if (!("tensor" in one)) return [];
    const maker = producerOf(situation, one.tensor);
    if (maker === null)
      return isLookup(situation, one.tensor) && op.key.name === "add" ? [onArgument(op, i, "embedding")] : [];
    if (situation.suspects.includes(maker)) return [];
    if (PRODUCTS.has(maker.key.name)) return [onOutput(maker, roleOf(situation, maker))];
    return isLookup(situation, one.tensor) ? [onOutput(maker, "embedding")] : [];
  });
  return [...own, ...read];
}

function onOutput(op: TracedOp, role: FactorRole): FactorSite {
  return { op, role, own: 1, written: false, set: (factor) => editOp(op, call("torch.mul", self, factor)) };
}

function onArgument(op: TracedOp, at: number, role: FactorRole): FactorSite {
  const scaled = (factor: number): Expression => call("torch.mul", argument(at), factor);
  return { op, role, own: 1, written: false, set: (factor) => editOp(op, original({ [String(at)]: scaled(factor) })) };
}

function roleOf(situation: Situation, op: TracedOp): FactorRole {
  if (tensorsIn(op).some((tensor) => isLookup(situation, tensor))) return "embedding";
  const after = callsAfter(situation, op, 8);
  const near = [op, ...callsBefore(situation, op, 5), ...after];
  const scores = after.some((one) => SCORING.has(one.key.name));
  const products = near.some((one) => PRODUCTS.has(one.key.name) || one.key.name === "scaled_dot_product_attention");
  const ends = near.every((one) => !SCORING.has(one.key.name) || endsModel(situation, one));
  return scores && products && !ends ? "attention" : "other";
}

/** A softmax that ends the model makes probabilities of logits: it is no attention. */
function endsModel(situation: Situation, op: TracedOp): boolean {
  return situation.layer.isOutput && op.outputs.includes(situation.trace.observed ?? "");
}

/** A tensor that was looked up in a table: by a call, or by a module that was forced. */
function isLookup(situation: Situation, tensor: string): boolean {
  const maker = producerOf(situation, tensor);
  if (maker !== null) {
    if (LOOKUPS.has(maker.key.name)) return true;
    const table = tensorsIn(maker)[0];
    return maker.key.name === "getitem" && situation.tensors.get(table ?? "")?.origin.kind === "parameter";
  }
  const origin = situation.tensors.get(tensor)?.origin;
  if (origin?.kind !== "tap") return false;
  const path = origin.tap.replace(/[@[].*$/, "");
  return situation.modules.some((module) => module.path === path && module.type === "Embedding");
}
