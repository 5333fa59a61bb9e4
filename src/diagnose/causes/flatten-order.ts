import type { Expression } from "../../runners/edits.js";
import { argument, call } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";

/** Orders that turn channels-first maps into channels-last ones and back, by rank. */
const ORDERS: Readonly<Record<number, readonly (readonly number[])[]>> = {
  3: [[0, 2, 1]],
  4: [
    [0, 2, 3, 1],
    [0, 3, 1, 2],
  ],
  5: [
    [0, 2, 3, 4, 1],
    [0, 4, 1, 2, 3],
  ],
};

/** A map is flattened channels first where the original flattens it channels last: the same numbers in another order. */
export const seeFlattenOrder: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
    if (!/^(flatten|reshape|view|unflatten|squeeze)$/.test(op.key.name)) return [];
    const [input, output] = [tensorsIn(op)[0], op.outputs[0]];
    const from = situation.tensors.get(input ?? "")?.shape;
    const to = situation.tensors.get(output ?? "")?.shape;
    if (from === undefined || to === undefined || output === undefined || to.length >= from.length) return [];
    const at = writtenAt(situation, op);
    const reordered = situation.agreements.get(output)?.how === "reordered";
    return (ORDERS[from.length] ?? []).map((order) => {
      const turned: Expression = call("torch.permute", argument(0), [...order]);
      // The batch keeps its size in every case, the rest is what it comes to.
      const value = to.length === 2 ? call("torch.flatten", turned, 1) : call("torch.reshape", turned, [...to]);
      return propose(situation, {
        cause: "flatten-order",
        message: `the original flattens the map with its channels last, the port with its channels ${order[1] === 2 ? "first" : "elsewhere"} (${nameOf(at, op)})`,
        evidence: reordered ? ["the flattened vectors hold the same numbers in another order"] : [],
        edits: editsOf(op, value),
        change: `x.permute(${order.join(", ")}) before it is flattened`,
        fix: `x = x.permute(${order.join(", ")}).flatten(1)`,
        prior: reordered ? 0.9 : 0.6,
        source: at.source,
        rewrite:
          at.source === null || to.length !== 2
            ? null
            : {
                source: at.source,
                replacements: [
                  {
                    find: "(\\w+)\\.(flatten\\(|reshape\\(|view\\()",
                    replace: `$1.permute(${order.join(", ")}).${op.key.name === "view" ? "reshape(" : "$2"}`,
                  },
                  { find: "torch\\.flatten\\((\\w+)", replace: `torch.flatten($1.permute(${order.join(", ")})` },
                ],
              },
      });
    });
  });
