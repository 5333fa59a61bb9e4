import { z } from "zod";
import { detailSchema } from "./schema/detail.js";
import { findingSchema } from "./schema/finding.js";
import { count, figure, shape } from "./schema/number.js";
import { pairSchema } from "./schema/pair.js";
import { weightSchema } from "./schema/weight.js";
import { type CheckResult, RESULT_SCHEMA_VERSION } from "./types.js";

const verdict = z.enum(["parity", "mismatch", "inconclusive"]);

const unmatched = z
  .object({
    id: z.string().describe("Id of the tap."),
    isOutput: z.boolean().describe("Whether it is an output of the model."),
    why: z.string().describe("Why it has no partner."),
  })
  .meta({ id: "Unmatched", title: "Unmatched tap", description: "A tap of one side that has no partner." });

const summary = z.object({
  sentence: z.string().describe("The verdict in one sentence."),
  pairs: z
    .object({
      identical: count,
      "within-noise": count,
      "within-tolerance": count,
      mismatch: count,
      "not-compared": count,
    })
    .describe("Number of pairs by verdict."),
  weights: z
    .object({ equal: count, "equal-by-function": count, differs: count, unassigned: count })
    .describe("Number of weights by verdict."),
  cases: count.describe("Number of cases."),
  seconds: figure.describe("How long the check took."),
  afterRepairs: z
    .object({
      verdict: verdict.describe("How the whole model stands then."),
      outputErrorBefore: figure.describe("Error of the outputs as the candidate is."),
      outputErrorAfter: figure.describe("Error of the outputs with the repairs."),
    })
    .nullable()
    .describe("The whole model with all confirmed repairs applied; null when there were none."),
  notCovered: z.array(z.string()).describe("What this check did not cover."),
  warnings: z.array(z.string()).describe("What the user should know."),
});

const testCase = z
  .object({
    id: z.string(),
    label: z.string().describe("What is special about it."),
    inputs: z.array(
      z.object({
        name: z.string(),
        shape,
        dtype: z.string(),
        sha256: z.string().describe("Hash of dtype, shape and little-endian bytes; the same on both sides."),
      }),
    ),
  })
  .meta({ id: "Case", title: "Case", description: "One set of inputs, fed identically to both sides." });

/** `report.json` as a zod schema. Its input side is what the file holds, its output side is `CheckResult`. */
export const resultSchema = z
  .object({
    schemaVersion: z.literal(RESULT_SCHEMA_VERSION).describe("Version of this contract; first key of the file."),
    name: z.string().describe("Name of the check."),
    verdict: verdict.describe("Whether the candidate computes the same function."),
    exitCode: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .describe("0 parity, 1 not parity, 2 could not judge."),
    reason: z.string().nullable().describe("Why it is inconclusive, or null."),
    firstDivergence: z.string().nullable().describe("Id of the first pair, in execution order, that is a mismatch."),
    summary: summary.describe("The result in short."),
    runtimes: z.record(z.string(), z.string()).describe("Names and versions of what ran."),
    models: z.object({ reference: z.string(), candidate: z.string() }).describe("Both models as the user named them."),
    cases: z.array(testCase).describe("All cases."),
    pairs: z.array(pairSchema).describe("All pairs, in the candidate's order of execution."),
    weights: z.array(weightSchema).describe("All weights of both sides."),
    findings: z.array(findingSchema).describe("All findings."),
    fix: z
      .object({
        file: z.string().describe("The state dict that was written."),
        repaired: z.array(z.string()).describe("Parameters whose values were repaired."),
        recheck: z
          .object({ verdict, sentence: z.string().describe("What is left, in one sentence.") })
          .describe("A second check of the candidate, with this file loaded."),
      })
      .nullable()
      .describe("What --fix wrote; null when it was not asked for or there was no weight to repair."),
    unmatched: z
      .object({ reference: z.array(unmatched), candidate: z.array(unmatched) })
      .describe("Taps of either side that have no partner."),
    timings: z.record(z.string(), figure).describe("Seconds per step."),
    details: z.array(detailSchema).describe("What the page of a layer shows, in the order of the pairs."),
  })
  .meta({
    title: "Result of parity check",
    description:
      "What `parity check` found: report.json and the output of --json. Numbers that JSON cannot hold are strings.",
  });

/** The JSON Schema (draft 2020-12) of `report.json`, for `parity schema` and for those who build on the file. */
export function resultJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(resultSchema, { target: "draft-2020-12", io: "input" });
  return { $schema, $id: `urn:parity:result:${RESULT_SCHEMA_VERSION}`, ...rest };
}

// The schema and the types are two statements of one contract: this does not compile when they disagree, either way.
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
type Agree<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
true satisfies Agree<DeepReadonly<z.output<typeof resultSchema>>, DeepReadonly<CheckResult>>;
