import { z } from "zod";
import { count, figure, index } from "./number.js";

/** How alike two tensors of logits choose. */
export const logitsSchema = z
  .object({
    case: z.string().describe("The case in which the output is worst."),
    metrics: z.object({
      rows: count.describe("Rows (distributions along the last axis) that were compared."),
      skippedRows: count.describe("Rows in which one side defines no distribution."),
      argmaxAgreement: figure.describe("Share of rows in which both sides choose the same."),
      firstDisagreement: z
        .object({
          index: index.describe("The row."),
          reference: figure.describe("What the reference chooses."),
          candidate: figure.describe("What the candidate chooses."),
        })
        .nullable()
        .describe("The first row in which the choice differs."),
      k: count.describe("How many largest logits are held against each other."),
      topKOverlap: figure.describe("Mean share of the reference's k largest that are among the candidate's."),
      meanKl: figure.describe("Mean KL(reference || candidate) of the softmax, in nats."),
      maxKl: figure.describe("Largest KL(reference || candidate) of a row, in nats."),
    }),
  })
  .meta({ id: "Logits", title: "Logits", description: "Whether a difference changes what the model would choose." });
