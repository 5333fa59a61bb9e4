import { z } from "zod";
import { resultSchema } from "../schema.js";
import { policySchema } from "./policy-schema.js";
import { SHARD_SCHEMA_VERSION, type ShardFile } from "./types.js";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const position = z.number().int().min(1);

/** `shard-i-of-n.json` as a zod schema. */
export const shardSchema = z
  .object({
    schemaVersion: z.literal(SHARD_SCHEMA_VERSION).describe("Version of this contract; first key of the file."),
    kind: z.literal("parity-shard"),
    parityVersion: z.string().describe("The parity that wrote it; only equal ones are merged."),
    shard: z.object({ index: position, count: position }).describe("Which of how many, from 1."),
    name: z.string().describe("Name of the run."),
    several: z.boolean().describe("Whether the configuration lists models by name."),
    seed: z.array(z.number().int()).describe("Seed of each model."),
    fingerprint: z
      .object({
        config: hash.describe("What is checked and how."),
        reference: hash.describe("The originals' graphs and the indices of their checkpoints."),
        candidate: hash.describe("The ports' own files."),
        inputs: hash.describe("The values of all cases' inputs."),
      })
      .describe("What all shards of a run must agree in."),
    keys: z
      .array(z.object({ model: z.string(), case: z.string(), shard: position }))
      .describe("Every case of every model in full order, and which shard has it."),
    models: z
      .array(
        z.object({
          name: z.string(),
          result: resultSchema.nullable().describe("What the check of its cases found."),
          error: z
            .object({ code: z.string(), message: z.string(), hint: z.string().nullable() })
            .nullable()
            .describe("Why it could not be run."),
          policy: policySchema,
        }),
      )
      .describe("The models of which this shard has cases."),
  })
  .meta({
    title: "One shard of a parity check",
    description:
      "What `parity check --shard i/n` writes for `parity merge`. Numbers that JSON cannot hold are strings.",
  });

/** The JSON Schema (draft 2020-12) of a shard's file. */
export function shardJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(shardSchema, { target: "draft-2020-12", io: "input" });
  return { $schema, $id: `urn:parity:shard:${SHARD_SCHEMA_VERSION}`, ...rest };
}

// As for the result: this does not compile when schema and type disagree.
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
type Agree<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
true satisfies Agree<DeepReadonly<z.output<typeof shardSchema>>, DeepReadonly<ShardFile>>;
