import { z } from "zod";
import { count, figure, index } from "./number.js";

const extreme = z
  .object({
    value: figure.describe("The error there."),
    index: index.describe("Where it is, in the candidate's shape. Empty for a scalar."),
    reference: figure.describe("The reference's value there."),
    candidate: figure.describe("The candidate's value there."),
  })
  .meta({ id: "Extreme", title: "Extreme", description: "The worst element and both values there." });

const nonFinite = z
  .object({
    nan: count.describe("NaN values."),
    positiveInfinity: count.describe("+Inf values."),
    negativeInfinity: count.describe("-Inf values."),
  })
  .meta({ id: "NonFinite", title: "Non-finite values", description: "How many values of one side are not finite." });

/** All figures of two tensors. */
export const metricsSchema = z
  .object({
    count: count.describe("Elements of the tensor."),
    finiteCount: count.describe("Positions at which both sides are finite; the errors are taken over these."),
    identical: z.boolean().describe("Every element has the same bits (+0 and -0 count as equal, NaN equals NaN)."),
    maxAbs: extreme.nullable().describe("Largest |candidate - reference|."),
    maxRel: extreme.nullable().describe("Largest |candidate - reference| / |reference| where the reference is not 0."),
    meanAbs: figure.describe("Mean of |candidate - reference|."),
    rms: figure.describe("Root mean square of candidate - reference."),
    rmsReference: figure.describe("Root mean square of the reference."),
    rmsCandidate: figure.describe("Root mean square of the candidate."),
    maxAbsReference: figure.describe("Largest |reference|."),
    relativeL2: figure.describe("L2 norm of the error / L2 norm of the reference."),
    cosine: figure.describe("Cosine of the angle between the two as vectors."),
    snrDb: figure.describe("Signal-to-noise ratio in decibels, 10 log10(sum reference^2 / sum error^2)."),
    ulpMax: figure.describe("Largest error in units in the last place of the coarser dtype."),
    ulpP99: figure.describe("Upper bound of the 99th percentile of the error in units in the last place."),
    overTolerance: z
      .object({ count: count.describe("Elements."), share: figure.describe("Part of all elements, 0 to 1.") })
      .nullable()
      .describe("Elements beyond the explicit tolerance; null when none was given."),
    smallestTolerance: figure.describe("The smallest t for which atol = rtol = t passes."),
    nonFinite: z
      .object({ reference: nonFinite, candidate: nonFinite })
      .describe("Values of either side that are not finite."),
    nonFiniteMismatch: z
      .object({
        count: count.describe("Positions."),
        firstIndex: index.describe("The first of them."),
      })
      .nullable()
      .describe("Positions at which one side alone is not finite, or the two are so in different ways."),
  })
  .meta({
    id: "Metrics",
    title: "Metrics",
    description: "All figures of two tensors; errors are candidate - reference, taken in float64.",
  });
