import { z } from "zod";
import { figure } from "./number.js";

const side = z
  .object({
    repeats: z.boolean().describe("It gave the same again, bit for bit, in all that was compared."),
    first: z.string().nullable().describe("The first tap that moved by more than rounding; null when none did."),
    what: z.string().nullable().describe("What is random there; null when nothing moved by more than rounding."),
  })
  .meta({ id: "SideDeterminism", title: "Whether one side repeats itself" });

export const determinismSchema = z
  .object({
    reference: side,
    candidate: side,
    selfNoise: z
      .array(
        z.object({
          pair: z.string().describe("Id of the pair."),
          side: z.enum(["reference", "candidate"]),
          rms: figure.describe("rms of the difference between two runs, in the tensor's own units."),
          max: figure.describe("Largest difference between two runs, in the tensor's own units."),
        }),
      )
      .describe("Pairs that moved between two runs of a side, in the worst case."),
  })
  .meta({ id: "Determinism", title: "Determinism", description: "Both sides run twice on the same inputs." });
