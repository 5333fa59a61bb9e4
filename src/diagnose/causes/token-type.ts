import type { Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, callWith, original, parameterOf, self } from "../express.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { findArgument, parameterBehind, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** The embedding of token types left out, or looked up by one fixed type, where the original is fed types. */
export const seeTokenType: SeeCause = (situation) => {
  const types = [...situation.inputFiles].filter(([tensor]) => /type|segment/i.test(tensor));
  return strongest(
    types.flatMap(([tensor, files]) => {
      const ids: Expression = callWith("Tensor.to", [{ $: "tensor", files }], { dtype: { $: "dtype", name: "int64" } });
      return situation.suspects.flatMap((op) => [
        ...fixedType(situation, op, ids, tensor),
        ...leftOut(situation, op, ids, tensor),
      ]);
    }),
    24,
  );
};

/** Tables of token types are small. */
const MOST_TYPES = 16;

function tables(situation: Situation): string[] {
  return situation.parameters
    .filter((one) => one.shape.length === 2 && (one.shape[0] ?? 0) <= MOST_TYPES && (one.shape[0] ?? 0) > 1)
    .filter((one) => /type|segment/i.test(one.name) || typeTable(situation, one.name))
    .map((one) => one.name);
}

function typeTable(situation: Situation, parameter: string): boolean {
  const key = situation.weights.find((fact) => fact.parameter === parameter)?.key ?? "";
  return /type|segment/i.test(key);
}

function fixedType(situation: Situation, op: TracedOp, ids: Expression, input: string): Hypothesis[] {
  const isTable = (id: string): boolean => tables(situation).includes(parameterBehind(situation, id) ?? "");
  if (!tensorsIn(op).some(isTable)) return [];
  const at = writtenAt(situation, op);
  const table = tensorsIn(op)
    .map((id) => parameterBehind(situation, id))
    .find((name) => name !== null && tables(situation).includes(name));
  if (table === undefined || table === null) return [];
  const isLookup = op.key.name === "embedding" && findArgument(op, "input") !== null;
  return [
    propose(situation, {
      cause: "token-type",
      message: `the port looks its token types up by a fixed type instead of ${input.replace(/:0$/, "")} (${nameOf(at, op)})`,
      evidence: ["tokens of one type agree, those of the others differ by one constant row"],
      edits: editsOf(op, isLookup ? original({ "0": ids }) : call("F.embedding", ids, parameterOf(table))),
      change: `token types looked up by ${input.replace(/:0$/, "")}`,
      fix: "token_type_embedding(token_type_ids)",
      prior: 0.85,
      source: at.source,
    }),
  ];
}

function leftOut(situation: Situation, op: TracedOp, ids: Expression, input: string): Hypothesis[] {
  if (!/^(embedding|add|layer_norm|dropout)$/.test(op.key.name)) return [];
  const at = writtenAt(situation, op);
  return tables(situation).map((table) => {
    const row = call("F.embedding", ids, parameterOf(table));
    const value =
      op.key.name === "layer_norm" || op.key.name === "dropout"
        ? original({ "0": call("torch.add", argument(0), row) })
        : call("torch.add", self, row);
    return propose(situation, {
      cause: "token-type",
      message: `the original adds an embedding of ${input.replace(/:0$/, "")} (${table}), the port leaves it out (${nameOf(at, op)})`,
      evidence: ["the difference is one constant row for each token type"],
      edits: editsOf(op, value),
      change: `${table} of ${input.replace(/:0$/, "")} added`,
      fix: "embeddings = embeddings + token_type_embedding(token_type_ids)",
      prior: op.key.name === "add" ? 0.8 : 0.75,
      source: at.source,
    });
  });
}
