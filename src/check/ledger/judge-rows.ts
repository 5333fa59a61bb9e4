import { usualTransform } from "../../compare/weight-transforms.js";
import type { WeightFact } from "../../diagnose/types.js";
import type { TensorFile } from "../../formats/types.js";
import type { LedgerRow } from "../../report/ledger/types.js";
import type { CandidateDescription } from "../../runners/candidate.js";
import type { Weighed } from "../weigh.js";
import { describeDifference } from "../weight-rows.js";
import { whyComputed } from "./computed-buffers.js";
import { findTwin } from "./find-twin.js";
import { doubtOrientations, isSquare, wordOf } from "./orientations.js";

export interface JudgeInput {
  readonly weighed: Weighed;
  readonly description: CandidateDescription;
  readonly reference: TensorFile;
  readonly candidate: TensorFile;
  readonly keys: readonly string[];
}

/** The ledger: a row per parameter, tied ones included, and one per variable that no parameter holds. */
export function judgeRows({ weighed, description, reference, candidate, keys }: JudgeInput): LedgerRow[] {
  const names = new Set(description.parameters.map((one) => one.name));
  const doubts = doubtOrientations(
    weighed.facts,
    (name) => names.has(name.replace(/[^./]+$/, "bias")) || hasShort(name, names),
  );
  const rows = weighed.facts.map((fact): LedgerRow => {
    const doubt = doubts.get(fact.parameter);
    const judged = doubt ?? judgeFact(fact);
    return {
      reference: fact.key,
      candidate: fact.parameter,
      shape: { reference: fact.keyShape, candidate: fact.shape },
      transform: fact.transform ?? "none",
      expected: fact.expected ?? "unknown",
      matchedBy: fact.matchedBy,
      maxAbs: fact.maxAbs,
      ...judged,
    };
  });
  const known = new Map(rows.map((row) => [row.candidate, row]));
  const lost = weighed.unassigned.parameters.map((one): LedgerRow => {
    const own = candidate.tensors.get(one.name);
    const twin = own === undefined ? null : findTwin(own, reference, keys);
    if (twin !== null) {
      return {
        ...alone(null, null),
        ...twin,
        candidate: one.name,
        shape: { reference: reference.tensors.get(twin.reference)?.shape ?? null, candidate: one.shape },
        verdict: "equal",
        note: "the values of a variable that another parameter holds, too",
      };
    }
    const why = own === undefined ? null : whyComputed(own);
    const isBuffer = why !== null || one.kind === "buffer";
    const note = why ?? (isBuffer ? "a buffer without a variable" : "no variable has its name or values");
    return {
      ...alone(null, one.name),
      shape: { reference: null, candidate: one.shape },
      verdict: isBuffer ? "left-out" : "unassigned",
      note,
    };
  });
  const tied = description.parameters.flatMap((one): LedgerRow[] => {
    const first = one.sameAs === null || !one.persistent ? undefined : known.get(one.sameAs);
    return first === undefined ? [] : [{ ...first, candidate: one.name, note: `the same storage as ${one.sameAs}` }];
  });
  const unused = weighed.unassigned.keys.map(
    (key): LedgerRow => ({
      ...alone(key, null),
      shape: { reference: reference.tensors.get(key)?.shape ?? null, candidate: null },
      verdict: "unassigned",
      note: "no parameter of the candidate holds it",
    }),
  );
  return [...rows, ...tied, ...lost, ...unused];
}

function alone(reference: string | null, candidate: string | null) {
  return { reference, candidate, transform: "none", expected: "unknown", matchedBy: "none", maxAbs: null } as const;
}

/** `c_fc_w` has its bias in `c_fc_b`. */
function hasShort(name: string, names: ReadonlySet<string>): boolean {
  return /[_.]w$/.test(name) && names.has(`${name.slice(0, -1)}b`);
}

function judgeFact(fact: WeightFact): Pick<LedgerRow, "verdict" | "note"> {
  const { transform, expected } = fact;
  if (transform === null) return { verdict: "differs", note: describeDifference(fact) };
  if (expected !== null && transform !== expected) {
    return { verdict: "differs", note: `equal ${wordOf(fact)}, where ${wordOf({ transform: expected })} is needed` };
  }
  if (fact.notConvertible) return { verdict: "equal", note: fact.notConvertible };
  if (fact.shared) return { verdict: "equal", note: `its sum with ${fact.shared.with} is right, which alone counts` };
  if (expected !== null) return { verdict: "equal", note: null };
  const usual = usualTransform({ variable: fact.keyShape, parameter: fact.shape });
  if (usual !== null && usual !== transform && fact.shape.length > 2) {
    return { verdict: "suspect", note: `equal ${wordOf(fact)}; a convolution of torch's needs ${usual}` };
  }
  if (!isSquare(fact)) return { verdict: "equal", note: null };
  return { verdict: "equal", note: `equal ${wordOf(fact)}; whether that is right depends on the module` };
}
