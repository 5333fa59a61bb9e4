import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** Rows of a table are displaced, missing or in another order. */
export function seeEmbeddingRows(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation === undefined || relation === null || fact.shape.length !== 2 || !isTable(fact)) return null;
  switch (relation.kind) {
    case "shifted":
      return seen(fact, `row i of ${fact.parameter} is row i + ${relation.by} of ${fact.key}`, 0.9);
    case "rows":
      return seen(fact, `${fact.parameter} has ${relation.stored} rows, ${fact.key} has ${relation.wanted}`, 0.9);
    case "some-rows":
      return seen(
        fact,
        `${((1 - relation.share) * 100).toPrecision(2)} % of the rows of ${fact.parameter} are not those of ${fact.key}`,
        0.75,
      );
    case "reversed":
    case "reordered":
      return seen(fact, `the rows of ${fact.parameter} are those of ${fact.key} in another order`, 0.85);
    default:
      return null;
  }
}

/** Rows mean something in a table that is looked up, not in a kernel. */
function isTable(fact: WeightFact): boolean {
  return /embed|wte|wpe|table|lookup|vocab|position|token/i.test(`${fact.moduleType} ${fact.parameter} ${fact.key}`);
}

function seen(fact: WeightFact, message: string, prior: number): SeenWeight {
  const description = fact.relation?.description;
  return {
    cause: "embedding-rows",
    message,
    evidence: description === undefined ? [] : [`the stored values are ${description}`],
    prior,
  };
}
