import { z } from "zod";
import { resultSchema } from "../schema.js";
import { RESULT_SCHEMA_VERSION } from "../types.js";

const failed = z
  .object({
    schemaVersion: z.literal(RESULT_SCHEMA_VERSION),
    name: z.string().describe("Name of the model."),
    verdict: z.literal("inconclusive"),
    exitCode: z.literal(2),
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        where: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
        hint: z.string().optional(),
      })
      .describe("Why it could not be run."),
  })
  .meta({ id: "FailedModel", title: "A model that could not be run" });

/** What `--json` prints of several models, as a zod schema. */
export const modelsSchema = z
  .object({
    schemaVersion: z.literal(RESULT_SCHEMA_VERSION).describe("Version of this contract; first key."),
    exitCode: z.union([z.literal(0), z.literal(1), z.literal(2)]).describe("The worst of all: 2 before 1 before 0."),
    models: z.array(z.union([resultSchema, failed])).describe("One result for each model, in the order of the file."),
  })
  .meta({
    title: "Results of parity check for several models",
    description: "The output of --json when the configuration lists several models.",
  });

/** The JSON Schema (draft 2020-12) of it. */
export function modelsJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(modelsSchema, { target: "draft-2020-12", io: "input" });
  return { $schema, $id: `urn:parity:models:${RESULT_SCHEMA_VERSION}`, ...rest };
}
