import type { TracedOp } from "../../runners/edits.js";
import { argument, call, original } from "../express.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";

/** Rotary positions turn neighbouring pairs on one side and pairs half a head apart on the other; position 0 agrees. */
export const seeRopeLayout: SeeCause = (situation) => {
  if (!situation.ops.some((op) => /^(cos|sin|polar|view_as_complex|neg)$/.test(op.key.name)) && !hasTables(situation))
    return [];
  const splits = situation.suspects.filter((op) => headSize(situation, op) !== null);
  const sets = [...pairsOf(splits), splits].filter((set) => set.length > 0);
  return strongest(
    sets.flatMap((ops) =>
      (["halves", "interleaved"] as const).map((to) => {
        const first = ops[0] as TracedOp;
        const at = writtenAt(situation, first);
        return propose(situation, {
          cause: "rope-layout",
          message: `the original rotates ${to === "halves" ? "neighbouring pairs" : "pairs half a head apart"}, the port ${to === "halves" ? "pairs half a head apart" : "neighbouring pairs"} (${nameOf(at, first)})`,
          evidence: ["position 0 agrees: it is not rotated"],
          edits: ops.flatMap((op) => reorder(situation, op, to)),
          change: `features of every head reordered from ${to === "halves" ? "pairs to halves" : "halves to pairs"}`,
          fix:
            to === "halves"
              ? "rotated = torch.stack((-x[..., 1::2], x[..., ::2]), dim=-1).flatten(-2)  # and repeat_interleave(2) of the angles"
              : "rotated = torch.cat((-x[..., size // 2:], x[..., :size // 2]), dim=-1)  # and the angles repeated as a whole",
          prior: ops.length === 2 ? 0.7 : 0.5,
          source: at.source,
        });
      }),
    ),
    16,
  );
};

function hasTables(situation: Situation): boolean {
  return situation.parameters.some((one) => /inv_freq|(^|[._])(cos|sin)|rotary|freqs/i.test(one.name));
}

/** Size of a head where a call splits the last axis into heads; null for any other call. */
function headSize(situation: Situation, op: TracedOp): number | null {
  if (!/^(view|reshape|unflatten)$/.test(op.key.name)) return null;
  const from = situation.tensors.get(tensorsIn(op)[0] ?? "")?.shape;
  const to = situation.tensors.get(op.outputs[0] ?? "")?.shape;
  if (from === undefined || to === undefined || to.length !== from.length + 1) return null;
  const size = to.at(-1) ?? 0;
  return size >= 4 && size % 2 === 0 && (from.at(-1) ?? 0) % size === 0 ? size : null;
}

function pairsOf<T>(items: readonly T[]): T[][] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b) => [a, b]));
}

function reorder(situation: Situation, op: TracedOp, to: "halves" | "interleaved") {
  const size = headSize(situation, op) ?? 0;
  const width = situation.tensors.get(tensorsIn(op)[0] ?? "")?.shape.at(-1) ?? 0;
  const half = size / 2;
  const within = Array.from({ length: size }, (_, i) =>
    to === "halves" ? (i < half ? 2 * i : 2 * (i - half) + 1) : i % 2 === 0 ? i / 2 : half + (i - 1) / 2,
  );
  const order = Array.from({ length: width / size }, (_, head) => within.map((i) => head * size + i)).flat();
  return editsOf(op, original({ "0": call("torch.index_select", argument(0), -1, call("torch.tensor", order)) }));
}
