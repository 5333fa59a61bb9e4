import type { TracedOp } from "../../runners/edits.js";
import { call, original, parameterOf } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { findArgument, parameterBehind, patternsOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** The original multiplies by its embedding table to make logits, the port by a matrix of its own. */
export const seeUntiedEmbedding: SeeCause = (situation) => {
  const keys = new Set(patternsOf(situation, "matmul").flatMap(({ kernel }) => (kernel === null ? [] : [kernel])));
  const tables = situation.weights.filter(
    (fact) => keys.has(fact.key) && fact.transform !== null && fact.shape.length === 2,
  );
  return situation.suspects.flatMap((op) => {
    if (!/^(linear|matmul|mm|einsum)$/.test(op.key.name)) return [];
    return tables.flatMap((table) => tied(situation, op, table.parameter, table.key));
  });
};

function tied(situation: Situation, op: TracedOp, table: string, key: string): Hypothesis[] {
  const weight = findArgument(op, "weight")?.at ?? (op.key.name === "einsum" ? "2" : "1");
  const id = tensorsIn(op)[1];
  const own = id === undefined ? null : parameterBehind(situation, id);
  const shape = situation.tensors.get(id ?? "")?.shape;
  const wanted = situation.parameters.find((one) => one.name === table)?.shape;
  if (own === null || own === table || shape === undefined || wanted === undefined) return [];
  const same = shape.join() === wanted.join();
  const turned = shape.join() === [...wanted].reverse().join();
  if (!same && !turned) return [];
  const at = writtenAt(situation, op);
  const value = same ? parameterOf(table) : call("torch.t", parameterOf(table));
  return [
    propose(situation, {
      cause: "untied-embedding",
      message: `the original makes its logits by the embedding table ${key}, the port by ${own}, which is not tied to ${table} (${nameOf(at, op)})`,
      evidence: [`the original's op multiplies by ${key}`],
      edits: editsOf(op, original({ [weight]: value })),
      change: `${own} replaced by ${table}`,
      fix: `model.${own.replace(/\.weight$/, "")}.weight = model.${table}`,
      prior: 0.85,
      source: at.source,
      parameters: [own],
    }),
  ];
}
