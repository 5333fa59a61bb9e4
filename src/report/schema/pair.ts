import { z } from "zod";
import { logitsSchema } from "./logits.js";
import { metricsSchema } from "./metrics.js";
import { count, figure, shape } from "./number.js";

export const sourcePlace = z
  .object({
    file: z.string().describe("Path relative to the working directory where possible."),
    line: count.describe("Line, counted from 1."),
  })
  .meta({ id: "SourcePlace", title: "Place in the user's code", description: "A file and a line." });

const tolerance = z
  .discriminatedUnion("rule", [
    z.object({
      rule: z.literal("auto-bound").describe("The error is under what rounding alone guarantees."),
      boundRms: figure.describe("Bound of the rms error in units of the reference's rms."),
      boundMax: figure.describe("Bound of the largest error in units of the reference's largest value."),
    }),
    z.object({
      rule: z.literal("auto-measured").describe("The error was set against the measured noise floor."),
      factorRms: figure.describe("Up to this many floors of rms the pair is within noise."),
      factorMax: figure.describe("Up to this many floors of the largest error the pair is within noise."),
      mismatchFactor: figure.describe("Over this many floors the pair is a mismatch."),
    }),
    z.object({
      rule: z.literal("float64").describe("Both sides in float64 decided: the error is rounding."),
      limit: figure.describe("Relative L2 error in float64 up to which both sides are the same."),
      shrinks: figure.describe("So many times at least it is smaller than in float32."),
    }),
    z.object({
      rule: z.literal("explicit").describe("The user's own tolerance."),
      atol: figure.describe("Absolute tolerance."),
      rtol: figure.describe("Relative tolerance."),
      from: z.string().describe("Where the tolerance was set."),
    }),
  ])
  .meta({ id: "ToleranceRule", title: "Tolerance rule", description: "Which rule decided, and what it demanded." });

const layout = z
  .object({
    permute: z
      .array(count)
      .nullable()
      .describe("permute[i] is the reference axis that becomes axis i; null: same order."),
    reshape: shape.nullable().describe("Shape taken after the permutation; null: unchanged."),
    reshapeFirst: shape.nullable().describe("Shape taken before the permutation; null: unchanged.").optional(),
  })
  .meta({ id: "Layout", title: "Layout", description: "How a reference tensor becomes a candidate tensor." });

const pairError = z
  .object({
    case: z.string().describe("The case in which the error is worst."),
    metrics: metricsSchema,
  })
  .meta({
    id: "PairError",
    title: "Error of a pair",
    description: "The error in the worst case, with that case's id.",
  });

const noise = z.object({
  floor: z
    .object({
      rms: figure.describe("rms of the error that rounding explains, in the tensor's own units."),
      max: figure.describe("Largest error that rounding explains, in the tensor's own units."),
      from: z
        .enum(["float64", "permuted-reductions", "jitter", "storage"])
        .describe("The measurement that was largest."),
    })
    .describe("The measured noise floor."),
  ratio: figure.describe("Local error / floor."),
});

const float64 = z
  .object({
    relativeL2: figure.describe("Relative L2 error."),
    maxAbs: figure.describe("Largest error."),
    verdict: z
      .enum(["rounding", "difference", "unclear"])
      .describe("rounding: it all but vanishes; difference: it keeps its size; unclear: neither."),
  })
  .meta({
    id: "Float64Evidence",
    title: "Error in float64",
    description: "The error of the pair, in the case that decided, with both sides computed in float64.",
  });

export const pairVerdict = z.enum(["identical", "within-noise", "within-tolerance", "mismatch", "not-compared"]);

export const pairSchema = z
  .object({
    id: z.string().describe("The candidate tap's id."),
    reference: z
      .object({
        name: z.string().describe("Scope or op."),
        tensor: z.string().nullable().describe("The fetched tensor."),
        shape,
        dtype: z.string(),
      })
      .describe("The reference's side."),
    candidate: z
      .object({
        name: z.string().describe("Module path."),
        type: z.string().describe("Class of the module."),
        shape,
        dtype: z.string(),
        source: sourcePlace.nullable().describe("Where the module is made or called."),
      })
      .describe("The candidate's side."),
    layout,
    matchedBy: z
      .enum(["map", "name", "weights", "structure", "values", "output"])
      .describe("How the two were matched."),
    confidence: figure.describe("0 to 1."),
    because: z.string().describe("What spoke for the pair."),
    isOutput: z.boolean().describe("Whether it is an output of the model."),
    metrics: metricsSchema.nullable().describe("Accumulated error: both sides ran freely from the same inputs."),
    worstCase: z.string().nullable().describe("The case of `metrics`."),
    local: pairError.nullable().describe("Local error: the candidate's layer was fed the reference's own tensors."),
    noise: noise.nullable().describe("Local noise; null where the bound settled it."),
    float64: float64.nullable().describe("The same error in float64; null where it was not asked for."),
    tolerance,
    smallestTolerance: figure.nullable().describe("Smallest atol = rtol that would pass for the accumulated error."),
    logits: logitsSchema
      .nullable()
      .describe("How alike both sides choose along the last axis of an output that differs."),
    verdict: pairVerdict.describe("How the pair stands."),
    note: z.string().nullable().describe("Why it was not compared, or one sentence about the verdict."),
  })
  .meta({
    id: "Pair",
    title: "Pair",
    description: "A reference tap, the candidate tap aligned with it, and their error.",
  });
