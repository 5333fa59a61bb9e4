import type { ReferenceScope, ReferenceUse } from "../align/types.js";
import { tensorName } from "../tensorflow/graph.js";
import type { Original } from "../tensorflow/understand-original.js";
import { followReshapes } from "../tensorflow/weighted-ops.js";

/** The original's scopes and uses of variables in the words of the align room. */
export function viewReference(original: Original): { scopes: ReferenceScope[]; uses: Map<string, ReferenceUse[]> } {
  const tapOf = new Map<string, string>();
  // The first tap of a tensor in this order is the innermost scope that gives it.
  for (const tap of original.taps) if (!tapOf.has(tap.tensor)) tapOf.set(tap.tensor, tap.id);
  const scopes = [...original.scopes.values()].map((scope) => ({
    path: scope.path,
    tap: scope.path,
    keys: scope.keys,
    ownsKeys: scope.ownsKeys,
  }));
  const uses = new Map<string, ReferenceUse[]>();
  for (const [key, ops] of original.weighted) {
    uses.set(
      key,
      ops.flatMap((op) => {
        const tensor = tensorName(followReshapes(original.graph, original.pass, { node: op.node, slot: 0 }));
        const tap = tapOf.get(tensor);
        return tap === undefined ? [] : [{ tap, use: op.use, node: op.node }];
      }),
    );
  }
  return { scopes, uses };
}
