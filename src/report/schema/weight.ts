import { z } from "zod";
import { figure, shape } from "./number.js";

export const weightVerdict = z.enum(["equal", "equal-by-function", "differs", "unassigned"]);

export const weightSchema = z
  .object({
    reference: z.string().nullable().describe("Checkpoint variable; null when the parameter has none."),
    parts: z
      .array(z.string())
      .optional()
      .describe("The variables that reference is made of, where it is no variable of the checkpoint as it is."),
    candidate: z.string().nullable().describe("Parameter path; null for a checkpoint variable that nobody uses."),
    shape: z
      .object({ reference: shape.nullable(), candidate: shape.nullable() })
      .describe("Shapes as they are stored."),
    transform: z.string().describe("How the stored values relate: same, transposed, permuted(2,3,0,1), none."),
    expected: z.string().describe("What the module needs, in the same words; unknown when only its function can tell."),
    matchedBy: z.enum(["map", "name", "values", "none"]).describe("How the two were matched."),
    maxAbs: figure.nullable().describe("Largest difference under the transform."),
    verdict: weightVerdict.describe("How the weight stands."),
    note: z.string().nullable().describe("One sentence where the verdict needs one."),
  })
  .meta({
    id: "Weight",
    title: "Weight",
    description: "A checkpoint variable and the parameter that takes its values.",
  });
