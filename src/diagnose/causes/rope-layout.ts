import type { Edit, TracedOp } from "../../runners/edits.js";
import { argument, call, editOp, original } from "../express.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { argumentHolding } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";

/** A tensor that agrees with the original and whose features are rotated by the calls that read it. */
interface Rotated {
  readonly tensor: string;
  /** Size of a head. */
  readonly size: number;
  readonly readers: readonly TracedOp[];
}

const MOST_ROTATED = 4;

/** Rotary positions turn neighbouring pairs on one side and pairs half a head apart on the other; position 0 agrees. */
export const seeRopeLayout: SeeCause = (situation) => {
  if (!situation.ops.some((op) => /^(cos|sin|polar|view_as_complex)$/.test(op.key.name)) && !hasTables(situation))
    return [];
  const rotated = findRotated(situation).slice(0, MOST_ROTATED);
  const sets = [...pairsOf(rotated), ...rotated.map((one) => [one]), ...(rotated.length > 2 ? [rotated] : [])];
  return strongest(
    sets.flatMap((set) =>
      (["halves", "interleaved"] as const).map((to) => {
        const first = set[0]?.readers[0] as TracedOp;
        const at = writtenAt(situation, first);
        return propose(situation, {
          cause: "rope-layout",
          message: `the original rotates ${to === "halves" ? "neighbouring pairs" : "pairs half a head apart"}, the port ${to === "halves" ? "pairs half a head apart" : "neighbouring pairs"} (${nameOf(at, first)})`,
          evidence: ["position 0 agrees: it is not rotated"],
          edits: set.flatMap((one) => reorder(one, to)),
          change: `features of every head reordered from ${to === "halves" ? "pairs to halves" : "halves to pairs"}`,
          fix:
            to === "halves"
              ? "rotated = torch.stack((-x[..., 1::2], x[..., ::2]), dim=-1).flatten(-2)  # and repeat_interleave(2) of the angles"
              : "rotated = torch.cat((-x[..., size // 2:], x[..., :size // 2]), dim=-1)  # and the angles repeated as a whole",
          prior: set.length === 2 ? 0.7 : 0.5,
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

/** Tensors with heads on which the suspects begin, where the heads' features are cut in parts or reordered. */
function findRotated(situation: Situation): Rotated[] {
  const made = new Set(situation.suspects.flatMap((op) => op.outputs));
  const entering = [...new Set(situation.suspects.flatMap(tensorsIn))].filter((tensor) => !made.has(tensor));
  return entering.flatMap((tensor) => {
    const shape = situation.tensors.get(tensor)?.shape ?? [];
    const size = shape.at(-1) ?? 0;
    const readers = situation.suspects.filter((op) => argumentHolding(op, tensor) !== null);
    const isCut = readers.some((op) =>
      /^(getitem|chunk|split|unflatten|reshape|view|view_as_complex|narrow)$/.test(op.key.name),
    );
    return shape.length >= 3 && size >= 4 && size % 2 === 0 && isCut ? [{ tensor, size, readers }] : [];
  });
}

function pairsOf<T>(items: readonly T[]): T[][] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b) => [a, b]));
}

/** Every call that reads the tensor reads it with its features in the other order. */
function reorder({ tensor, size, readers }: Rotated, to: "halves" | "interleaved"): Edit[] {
  const half = size / 2;
  const order = Array.from({ length: size }, (_, i) =>
    to === "halves" ? (i < half ? 2 * i : 2 * (i - half) + 1) : i % 2 === 0 ? i / 2 : half + (i - 1) / 2,
  );
  return readers.flatMap((op) => {
    const key = argumentHolding(op, tensor);
    if (key === null) return [];
    const turned = call(
      "torch.index_select",
      argument(/^\d+$/.test(key) ? Number(key) : key),
      -1,
      call("torch.tensor", order),
    );
    return [editOp(op, original({ [key]: turned }))];
  });
}
