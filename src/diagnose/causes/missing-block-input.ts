import type { Expression } from "../../runners/edits.js";
import { argument, call, self } from "../express.js";
import { editOutput, propose } from "../layer/hypothesis.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf } from "../look.js";
import type { Situation } from "../situation.js";

/**
 * A block that gives what its last part gives: its own input is not added, or the sum of it and of what an earlier part
 * gave. No compared layer gives that input (it is made of embeddings, say), so the module's own argument is named.
 */
export const seeMissingBlockInput: SeeCause = (situation) => {
  const { layer, original } = situation;
  const residual = patternsOf(situation, "residual").find((one) => one.output === original.region.target);
  if (residual === undefined || layer.module === "") return [];
  return summands(situation).map(({ name, expression }) =>
    propose(situation, {
      cause: "missing-residual",
      source: layer.source,
      message: `the original adds its residual at the end of this layer (${residual.output}), ${layer.module} does not add ${name}`,
      edits: editOutput(situation, call("torch.add", self, expression)),
      change: `${name} added to what ${layer.module} gives`,
      fix: `return x + …  # ${name}`,
      prior: 0.66,
    }),
  );
};

function summands(situation: Situation): { readonly name: string; readonly expression: Expression }[] {
  const { module } = situation.layer;
  const size = situation.candidate.data.length;
  const parts = [...situation.forcedFrom]
    .filter(([tap, tensor]) => isPartOf(module, tap) && situation.originalValue(tensor)?.data.length === size)
    .map(([tap]) => tap);
  const input = argument(0);
  return [
    { name: "its input", expression: input },
    ...parts.slice(0, MOST_PARTS).map((tap) => ({
      name: `the sum of its input and ${tap}`,
      expression: call("torch.add", input, { $: "tap", tap }),
    })),
  ];
}

/** Blocks have two or three parts; more would be a whole model. */
const MOST_PARTS = 6;

function isPartOf(module: string, tap: string): boolean {
  return tap.startsWith(`${module}.`);
}
