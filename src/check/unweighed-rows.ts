import type { WeightResult } from "../report/types.js";
import type { Sides } from "./run-sides.js";

/** Rows of parameters whose variable is known by name and not by value: the golden keeps no weights. */
export function describeUnweighed({ golden, weighed, description, original }: Sides): WeightResult[] {
  if (golden?.manifest.declared === undefined) return [];
  const keyOf = new Map(weighed.assignments.map((one) => [one.parameter, one]));
  return description.parameters.flatMap((parameter): WeightResult[] => {
    const assigned = keyOf.get(parameter.sameAs ?? parameter.name);
    if (assigned === undefined || !parameter.persistent) return [];
    return [
      {
        reference: assigned.key,
        candidate: parameter.name,
        shape: {
          reference: original.checkpoint.tensors.get(assigned.key)?.shape ?? null,
          candidate: parameter.shape,
        },
        transform: "none",
        expected: "unknown",
        matchedBy: assigned.matchedBy === "map" ? "map" : "name",
        maxAbs: null,
        verdict: "unassigned",
        note: "not held against its variable: the golden keeps no weights",
      },
    ];
  });
}
