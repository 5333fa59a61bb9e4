import type { Expression, TracedOp } from "../../runners/edits.js";
import { call } from "../express.js";
import type { Situation } from "../situation.js";
import { referFromAnywhere } from "./refer.js";

const SUMS: Readonly<Record<string, string>> = {
  Add: "torch.add",
  AddV2: "torch.add",
  Sub: "torch.sub",
  Mul: "torch.mul",
  RealDiv: "torch.div",
};
const VIEWS: ReadonlySet<string> = new Set(["Identity", "Snapshot", "StopGradient", "Reshape", "Transpose", "Cast"]);
const DEEPEST = 6;

/**
 * A tensor of the original as the candidate can compute it: sums and products of its modules' outputs, which hold the
 * original's tensors. It names what the candidate has no module for, the input of a block after its attention is added.
 * What its own calls gave before may take part. Null where anything else does.
 *
 * @param before the call at which it is needed; null for the end of the layer
 */
export function expressOriginal(
  situation: Situation,
  tensor: string,
  before: TracedOp | null = null,
): Expression | null {
  const taps = new Map<string, string>();
  for (const [tap, original] of situation.forcedFrom) if (!taps.has(original)) taps.set(original, tap);
  const agreed = new Map<string, string>();
  for (const [id, agreement] of situation.agreements) if (agreement.how === "same") agreed.set(agreement.tensor, id);
  const walk = (name: string, depth: number): Expression | null => {
    const constant = situation.original.region.constants.get(name);
    if (constant !== undefined) return constant.values.length === 1 ? (constant.values[0] ?? null) : null;
    const tap = taps.get(name);
    if (tap !== undefined && tap !== situation.layer.tap) return { $: "tap", tap };
    const own = agreed.get(name);
    const made = own === undefined ? null : referFromAnywhere(situation, own, before);
    if (made !== null) return made;
    const op = depth === 0 ? undefined : situation.original.region.ops.find((one) => one.outputs.includes(name));
    if (op === undefined) return null;
    if (VIEWS.has(op.op)) return walk(op.inputs[0] ?? "", depth);
    const fn = SUMS[op.op];
    const parts = fn === undefined ? [] : op.inputs.map((input) => walk(input, depth - 1));
    if (fn === undefined || parts.length !== 2 || parts.includes(null)) return null;
    return call(fn, ...(parts as Expression[]));
  };
  return walk(tensor, DEEPEST);
}
