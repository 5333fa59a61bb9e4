import { call, self } from "../express.js";
import { formatConstant } from "../layer/format-constant.js";
import { propose } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf } from "../look.js";
import type { Situation } from "../situation.js";

/** A factor on what a recurrent layer is given: inside of it there is no product that could take it. */
export const seeScaledInput: SeeCause = (situation) => {
  const { layer } = situation;
  const op = situation.suspects.find((one) => one.key.module === layer.module);
  if (patternsOf(situation, "recurrent").length === 0 || layer.isOutput || layer.module === "" || op === undefined)
    return [];
  const isEmbedding = readsEmbedding(situation);
  const at = writtenAt(situation, op);
  return patternsOf(situation, "scale").map(({ factor }) =>
    propose(situation, {
      cause: isEmbedding ? "embedding-scale" : "scalar-factor",
      source: at.source,
      message: `the original multiplies what ${layer.module} is given by ${formatConstant(factor.value)} (${factor.node}), the port not at all (${nameOf(at, op)})`,
      evidence: [`the original multiplies by ${formatConstant(factor.value)} in ${factor.node}`],
      edits: [
        { kind: "input", module: layer.module, call: op.key.call, at: 0, value: call("torch.mul", self, factor.value) },
      ],
      change: `what ${layer.module} is given multiplied by ${formatConstant(factor.value)}`,
      fix: `… * ${formatConstant(factor.value)}`,
      prior: 0.85,
    }),
  );
};

function readsEmbedding(situation: Situation): boolean {
  return [...situation.tensors.values()].some(({ origin }) => {
    const path = origin.kind === "tap" ? origin.tap.replace(/[@[].*$/, "") : null;
    return situation.modules.some((module) => module.path === path && module.type === "Embedding");
  });
}
