import { argument, call, original } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";

/** A bias by relative position with the opposite sign, or by buckets that begin elsewhere. */
export const seeRelativePosition: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
    if (!/^(embedding|getitem|index_select|gather)$/.test(op.key.name)) return [];
    const ids = tensorsIn(op).find((id) => {
      const tensor = situation.tensors.get(id);
      const shape = tensor?.shape ?? [];
      return /int/.test(tensor?.dtype ?? "") && shape.length === 2 && shape[0] === shape[1];
    });
    if (ids === undefined) return [];
    const position = op.args.findIndex((one) => "tensor" in one && one.tensor === ids);
    if (position === -1) return [];
    const at = writtenAt(situation, op);
    return [
      propose(situation, {
        cause: "relative-position",
        message: `the port's relative positions have the opposite sign of the original's (${nameOf(at, op)})`,
        evidence: [],
        edits: editsOf(op, original({ [String(position)]: call("torch.transpose", argument(position), 0, 1) })),
        change: "query and key positions exchanged in the difference",
        fix: "relative = key_positions[None, :] - query_positions[:, None]",
        prior: 0.7,
        source: at.source,
      }),
    ];
  });
