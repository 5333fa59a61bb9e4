import type { Edit, Expression, TracedOp } from "../runners/edits.js";
import { inputOf } from "./layer/refer.js";
import type { Situation } from "./situation.js";
import type { Hypothesis } from "./types.js";

/** The hypothesis with the layer behind whose output it lies, where that is not the layer at which it shows. */
export function placeBehind(situation: Situation, hypothesis: Hypothesis): Hypothesis {
  const behind = behindOf(situation, hypothesis);
  if (behind !== null) return behind === situation.layer.tap ? hypothesis : { ...hypothesis, behind };
  const within = withinOf(situation, hypothesis);
  return within === null ? hypothesis : { ...hypothesis, within };
}

/** The module that makes the wrong call itself and was not compared: a pooling whose map no longer fits its scope's. */
function withinOf(situation: Situation, { repairs }: Hypothesis): string | null {
  const { module } = situation.layer;
  const own = new Set(
    repairs.map((repair) => (repair.kind === "edit" && repair.edit.kind === "op" ? repair.edit.op.module : "")),
  );
  const [only] = own;
  if (own.size !== 1 || only === undefined || only === "" || module === "") return null;
  const isElsewhere = only !== module && !only.startsWith(`${module}.`) && !module.startsWith(`${only}.`);
  return isElsewhere ? only : null;
}

/**
 * The compared layer behind whose output something is missing or too much: every edit of the hypothesis changes what a call
 * is given, and what it is given comes straight from that layer, which agrees. The next layer is only where it shows.
 *
 * @returns candidate tap id; null where the hypothesis is about a call itself, or about the model's inputs
 */
function behindOf(situation: Situation, hypothesis: Hypothesis): string | null {
  const found = new Set(
    hypothesis.repairs.map((repair) => (repair.kind === "edit" ? behindEdit(situation, repair.edit) : null)),
  );
  const [only] = found;
  return found.size === 1 ? (only ?? null) : null;
}

function behindEdit(situation: Situation, edit: Edit): string | null {
  if (edit.kind === "output") return edit.tap;
  if (edit.kind !== "op") return null;
  const op = situation.ops.find(
    ({ key }) => key.module === edit.op.module && key.call === edit.op.call && key.index === edit.op.index,
  );
  if (op === undefined) return null;
  // Through calls that only turn or cut what they are given: the layer before them is the same.
  let tensor = MOVING.has(op.key.name) ? inputOf(op) : changedTensor(op, edit.value);
  for (let steps = 0; tensor !== null && steps < situation.ops.length; steps++) {
    const origin = situation.tensors.get(tensor)?.origin;
    if (origin?.kind === "tap") return origin.tap;
    const producer = origin?.kind === "op" ? situation.ops[origin.op] : undefined;
    if (producer === undefined || !MOVING.has(producer.key.name)) return null;
    tensor = inputOf(producer);
  }
  return null;
}

const MOVING: ReadonlySet<string> = new Set([
  ...["transpose", "permute", "reshape", "view", "flatten", "unflatten", "squeeze", "unsqueeze", "contiguous"],
  ...["getitem", "__getitem__", "select", "narrow", "index_select", "pad", "__get__", "unbind", "mT", "T", "movedim"],
]);

/** The tensor that a call is given otherwise. */
function changedTensor(op: TracedOp, value: Expression): string | null {
  const at = changedArgument(value);
  if (at === null) return null;
  const argument = op.kwargs[at] ?? op.args[Number(at)] ?? op.args[op.names.indexOf(at)];
  return argument !== undefined && "tensor" in argument ? argument.tensor : null;
}

/** The argument that a call is given otherwise, made from what it was given: `original({ 0: f(argument(0)) })`. */
function changedArgument(value: Expression): string | null {
  if (typeof value !== "object" || value === null || !("$" in value) || value.$ !== "original") return null;
  const changed = Object.entries(value.arguments ?? {});
  const [first] = changed;
  if (first === undefined || changed.length !== 1) return null;
  const [at, made] = first;
  return JSON.stringify(made).includes(`{"$":"argument","at":${JSON.stringify(at)}}`) ||
    JSON.stringify(made).includes(`{"$":"argument","at":${at}}`)
    ? at
    : null;
}
