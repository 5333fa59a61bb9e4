import { z } from "zod";
import { figure } from "./number.js";

const outcome = z.enum(["pass", "fail", "could-not-judge"]);

const check = z
  .object({
    id: z
      .enum(["compared", "mismatch", "outputs", "parameters", "taps", "cases", "waivers", "baseline", "repeats"])
      .describe("The rule."),
    outcome: z.enum(["pass", "warn", "fail", "could-not-judge"]).describe("warn: told, but the gate passes."),
    message: z.string().describe("What is, by how much, and what is demanded."),
    hint: z.string().nullable().describe("What to do: the key to edit, or the command."),
    pair: z.string().nullable().describe("The pair that it is about; null: the check as a whole."),
  })
  .meta({ id: "GateCheck", title: "Check of the gate", description: "What one rule of the gate says." });

const waiver = z
  .object({
    tap: z.string().nullable().describe("Glob over taps."),
    cause: z.string().nullable().describe("Id of a cause."),
    parameter: z.string().nullable().describe("Glob over parameters."),
    reason: z.string().describe("Why the mismatch is accepted."),
    owner: z.string().describe("Who answers for it."),
    expires: z.string().describe("Last day, in UTC, on which it holds."),
    maxError: figure.nullable().describe("Relative rms error up to which it holds; null: any."),
    state: z
      .enum(["active", "expired", "over", "insufficient", "unused"])
      .describe("over: the error is larger than it allows; insufficient: another fault shows in the same pairs."),
    pairs: z.array(z.string()).describe("Mismatches that it fits; with active they are waived."),
  })
  .meta({ id: "Waiver", title: "Waiver", description: "A mismatch that is accepted until a day." });

const baseline = z
  .object({
    file: z.string().describe("The file, as one would type it."),
    state: z
      .enum(["held", "missing", "stale", "written", "refused"])
      .describe("stale: taken on other inputs; refused: it was to be written, and the check is not parity."),
    factor: figure.describe("So many times worse than its baseline a layer may get."),
    absoluteFloor: figure.describe("Relative rms error up to which nothing counts as worse."),
    worse: z.array(z.string()).describe("Pairs that got worse than that, or are gone."),
    tighten: z.array(z.string()).describe("Pairs ten times better than their baseline."),
  })
  .meta({
    id: "Baseline",
    title: "Baseline",
    description: "The errors that were kept, and how this check stands to them.",
  });

export const gateSchema = z
  .object({
    outcome: outcome.describe("The exit code follows it: 0, 1, 2."),
    configured: z
      .boolean()
      .describe("Whether the configuration says anything about the gate; else it follows the verdict."),
    checks: z.array(check).describe("What the rules say."),
    levels: z
      .array(
        z.object({
          pair: z.string(),
          level: z.enum(["off", "warn"]),
          from: z.string().describe("The entry that says so."),
        }),
      )
      .describe("Pairs whose mismatches do not fail the gate."),
    waivers: z.array(waiver).describe("All waivers and what became of them."),
    baseline: baseline.nullable().describe("Null where none is configured."),
    run: z
      .object({
        outputsDeclared: z
          .boolean()
          .describe("Whether the original or the configuration says which tensors are outputs."),
        skippedCases: z.array(z.string()).describe("Cases that gave no output to compare."),
      })
      .describe("What the gate knew beside the rest of the result."),
  })
  .meta({ id: "Gate", title: "Gate", description: "Whether the check passes what is demanded of it." });
