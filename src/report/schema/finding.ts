import { z } from "zod";
import { CAUSE_TITLES } from "../cause-titles.js";
import type { CauseId } from "../types.js";
import { count, figure } from "./number.js";
import { sourcePlace } from "./pair.js";

// The titles have every cause as a key (their type says so): the one list of causes in this room.
const causes = Object.keys(CAUSE_TITLES) as CauseId[];

export const findingSchema = z
  .object({
    cause: z.enum(causes).describe("Entry of the catalogue of causes."),
    status: z
      .enum(["confirmed", "suspected"])
      .describe("confirmed: an experiment repaired it. suspected: it fits, but nothing was proved."),
    pair: z.string().nullable().describe("Id of the pair at which it shows."),
    pairs: z.array(z.string()).describe("Every pair in which it shows, `pair` included."),
    behind: z
      .string()
      .describe(
        "Tap that agrees and behind whose output something is missing or too much; absent where `pair` itself is at fault.",
      )
      .optional(),
    within: z
      .string()
      .describe("Module that makes the wrong call and was not compared; absent where `pair` itself is at fault.")
      .optional(),
    parameters: z.array(z.string()).describe("Every parameter concerned, `parameter` included."),
    parameter: z.string().nullable().describe("The parameter that stands for all of them."),
    source: sourcePlace.nullable().describe("The user's line."),
    message: z.string().describe("What is wrong, in one sentence."),
    evidence: z.array(z.string()).describe("What speaks for it."),
    against: z.array(z.string()).describe("What speaks against it, or why it could not be proved."),
    experiment: z
      .object({
        change: z.string().describe("What was changed in the candidate."),
        errorBefore: figure.describe("The layer's error as it is."),
        errorAfter: figure.describe("The layer's error with the change."),
        floor: figure.nullable().describe("The noise floor there."),
      })
      .nullable()
      .describe("The layer re-run on the reference's input with one thing changed."),
    fix: z.string().nullable().describe("Code that repairs it; null when nothing was proved."),
    rewrite: z
      .object({
        file: z.string(),
        line: count,
        before: z.string().describe("The line as it is."),
        after: z.string().describe("The line as it should be."),
      })
      .nullable()
      .describe("The fix as a change of the user's own line; null where that line is not known."),
    repro: z
      .string()
      .describe("Folder with a script that runs the layer alone; absent when none was written.")
      .optional(),
  })
  .meta({ id: "Finding", title: "Finding", description: "A cause, where it is, its proof and its repair." });
