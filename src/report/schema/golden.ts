import { z } from "zod";

export const goldenSchema = z
  .object({
    path: z.string().describe("The golden's folder."),
    recordedAt: z.string().describe("When it was recorded, ISO 8601."),
    parityVersion: z.string().describe("The version of parity that recorded it."),
    runtimes: z.record(z.string(), z.string()).describe("Names and versions of what recorded it."),
    state: z
      .enum(["fresh", "was missing", "was stale", "rewritten"])
      .describe("What this check did to it before: nothing (fresh), or why it was written."),
  })
  .meta({ id: "Golden", title: "Golden", description: "The recording that stood for the original." });
