import type { Edit, Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, editOp, original, self } from "../express.js";
import { propose } from "../layer/hypothesis.js";
import { argumentHolding, inputOf, outputOf, refer } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf, producerOf, readersOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

const PRODUCTS: ReadonlySet<string> = new Set(["linear", "matmul", "mm", "addmm"]);
const GATES: ReadonlySet<string> = new Set(["sigmoid", "hardsigmoid", "clamp"]);
/** Ops between a product and the sum that it goes into: its bias, a cut. */
const MOST_AFTER = 3;

/** A GRU's reset gate acts on the state before the recurrent product, or on what the product gives: the port does it the other way. */
export const seeResetGate: SeeCause = (situation) => {
  const cell = patternsOf(situation, "recurrent").find((one) => one.cell === "gru" && one.resetAfter !== null);
  if (cell === undefined) return [];
  return situation.suspects.flatMap((op) =>
    PRODUCTS.has(op.key.name) ? (cell.resetAfter === true ? moveBehind(situation, op) : moveBefore(situation, op)) : [],
  );
};

/** (r · h) U → r · (h U), the bias of the product inside or outside as the line has it. */
function moveBehind(situation: Situation, product: TracedOp): Hypothesis[] {
  const data = inputOf(product);
  const key = data === null ? null : argumentHolding(product, data);
  const gated = data === null ? null : producerOf(situation, data);
  if (key === null || gated?.key.name !== "mul") return [];
  const gate = tensorsIn(gated).find((tensor) => isGate(situation, tensor));
  const r = gate === undefined ? null : refer(situation, gate, product);
  if (r === null) return [];
  const plain: Expression = original({ [key]: call("torch.div", argument(key), r) });
  const hypotheses = [[editOp(product, call("torch.mul", r, plain))]];
  let at = outputOf(product);
  for (let i = 0; i < MOST_AFTER && at !== null; i++) {
    const [next, ...others] = readersOf(situation, at);
    if (next === undefined || others.length > 0 || !/^(add|getitem|chunk|narrow)$/.test(next.key.name)) break;
    if (next.outputs.length === 1) hypotheses.push([editOp(product, plain), editOp(next, call("torch.mul", r, self))]);
    at = outputOf(next);
  }
  return hypotheses.map((edits) => say(situation, product, edits, "after"));
}

/** r · (h U) → (r · h) U. */
function moveBefore(situation: Situation, product: TracedOp): Hypothesis[] {
  const data = inputOf(product);
  const [key, output] = [data === null ? null : argumentHolding(product, data), outputOf(product)];
  if (key === null || output === null) return [];
  return readersOf(situation, output).flatMap((op) => {
    const own = argumentHolding(op, output);
    const gate = tensorsIn(op).find((tensor) => tensor !== output && isGate(situation, tensor));
    const r = gate === undefined ? null : refer(situation, gate, product);
    if (op.key.name !== "mul" || own === null || r === null) return [];
    const before = editOp(product, original({ [key]: call("torch.mul", r, argument(key)) }));
    return [say(situation, op, [before, editOp(op, argument(own))], "before")];
  });
}

function isGate(situation: Situation, tensor: string): boolean {
  let at = producerOf(situation, tensor);
  for (let i = 0; i < 2 && at !== null && /^(chunk|split|getitem|unbind)$/.test(at.key.name); i++)
    at = producerOf(situation, inputOf(at) ?? "");
  return at !== null && GATES.has(at.key.name);
}

function say(situation: Situation, op: TracedOp, edits: Edit[], when: "before" | "after"): Hypothesis {
  const at = writtenAt(situation, op);
  const cell = patternsOf(situation, "recurrent").find((one) => one.cell === "gru");
  const own = when === "after" ? "before" : "after";
  return propose(situation, {
    cause: "recurrent-bias",
    source: at.source,
    message: `the original's reset gate acts ${when} the recurrent product (${cell?.output ?? "its GRU"}), the port's ${own} it (${nameOf(at, op)})`,
    evidence: [`the graph's GRU has reset_after=${when === "after" ? "True" : "False"}`],
    edits,
    change: `the reset gate moved ${when === "after" ? "behind" : "before"} the recurrent product`,
    fix: when === "after" ? "n = torch.tanh(x_n + r * h_n)  # h_n = h @ U + b" : "n = torch.tanh(x_n + (r * h) @ U)",
    prior: 0.8,
  });
}
