import { z } from "zod";

const share = z.number();

/** What the gate demands, as a shard's file carries it to the merge. */
export const policySchema = z
  .object({
    levels: z.array(z.object({ glob: z.string(), level: z.enum(["off", "warn", "error"]) })),
    waivers: z.array(
      z.object({
        tap: z.string().optional(),
        cause: z.string().optional(),
        parameter: z.string().optional(),
        reason: z.string(),
        owner: z.string(),
        expires: z.string(),
        maxError: z.number().optional(),
      }),
    ),
    baseline: z
      .object({
        file: z.string(),
        shown: z.string(),
        factor: z.number(),
        absoluteFloor: z.number(),
        update: z.boolean(),
      })
      .nullable(),
    coverage: z
      .object({
        parameters: share,
        taps: share,
        outputs: z.enum(["declared", "all"]),
        skippedCases: z.number(),
      })
      .nullable(),
  })
  .describe("What the gate demands of all shards together: levels, waivers, baseline, coverage.");
