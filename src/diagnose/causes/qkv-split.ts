import { argument, call, original } from "../express.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";

const PARTS = ["query", "key", "value"];
const ORDERS = [
  [0, 2, 1],
  [1, 0, 2],
  [2, 1, 0],
  [1, 2, 0],
  [2, 0, 1],
];
const MOST_HEADS = 64;
/** Calls in which query, key and value meet. */
const ATTENDING = /^(_?softmax|scaled_dot_product_attention|matmul|bmm|baddbmm|einsum)$/;

/** The code splits a fused query, key, value in another way than the original does: the kernel is right, the split is not. */
export const seeQkvSplit: SeeCause = (situation) => {
  // The parts agree with the original's, each with another's: the split lies before the calls that are suspect.
  const attends = situation.suspects.some((op) => ATTENDING.test(op.key.name));
  return strongest(
    (attends ? situation.ops : situation.suspects).flatMap((op) => {
      if (!/^(chunk|split|unflatten|view|reshape|tensor_split|unsafe_chunk)$/.test(op.key.name)) return [];
      const width = situation.tensors.get(tensorsIn(op)[0] ?? "")?.shape.at(-1) ?? 0;
      if (width % 3 !== 0 || width < 6) return [];
      const at = writtenAt(situation, op);
      const third = width / 3;
      const take = (order: readonly number[]) =>
        editsOf(op, original({ "0": call("torch.index_select", argument(0), -1, call("torch.tensor", order)) }));
      const blocks = ORDERS.map((order) =>
        propose(situation, {
          cause: "qkv-layout",
          message: `the port takes ${PARTS.join(", ")} out of its fused projection where the original has ${order.map((i) => PARTS[i]).join(", ")} (${nameOf(at, op)})`,
          evidence: [],
          edits: take(order.flatMap((block) => range(third).map((i) => block * third + i))),
          change: `the three parts in the order ${order.map((i) => PARTS[i]).join(", ")}`,
          fix: `${order.map((i) => PARTS[i]).join(", ")} = projected.chunk(3, dim=-1)`,
          prior: 0.65,
          source: at.source,
        }),
      );
      const heads = range(MOST_HEADS + 1).filter((count) => count > 1 && third % count === 0);
      const interleaved = heads.flatMap((count) => {
        const size = third / count;
        const byHead = range(3).flatMap((part) =>
          range(count).flatMap((head) => range(size).map((i) => (head * 3 + part) * size + i)),
        );
        const byPart = range(count).flatMap((head) =>
          range(3).flatMap((part) => range(size).map((i) => part * third + head * size + i)),
        );
        return [byHead, byPart].map((order, which) =>
          propose(situation, {
            cause: "qkv-layout",
            message: `the original's fused projection holds query, key and value ${which === 0 ? "head by head" : "as whole blocks"} (${count} heads of ${size}), the port splits it ${which === 0 ? "in whole blocks" : "head by head"} (${nameOf(at, op)})`,
            evidence: [],
            edits: take(order),
            change: `the projection split ${which === 0 ? "head by head" : "in whole blocks"}`,
            fix:
              which === 0 ? `projected.unflatten(-1, (${count}, 3, ${size})).unbind(-2)` : "projected.chunk(3, dim=-1)",
            prior: 0.6,
            source: at.source,
          }),
        );
      });
      return [...blocks, ...interleaved];
    }),
    30,
  );
};

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
