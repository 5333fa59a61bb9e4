import type { CandidateDescription } from "../runners/candidate.js";
import type { Sides } from "./run-sides.js";

/**
 * Whether the user had the candidate cast to 16 bits. What it loses by that is then no fault: floors are measured in that
 * type, against the same model in float64 with the weights that it was built with, and thresholds for agreement are those
 * of 16 bits.
 */
export function isAskedIn16Bits({ description }: Pick<Sides, "description">): boolean {
  return description.dtype === "float16" || description.dtype === "bfloat16";
}

/** What is said of a candidate that does not run as parity runs one by itself. */
export function describeSettings({ dtype, device }: CandidateDescription): string[] {
  const isElsewhere = device !== undefined && device !== "cpu";
  const isNarrow = dtype === "float16" || dtype === "bfloat16";
  return [
    ...(isNarrow
      ? [
          `the candidate was cast to ${dtype}, as asked: its verdict is by the rounding of ${dtype}; what that hides is compared in float64`,
        ]
      : []),
    ...(isElsewhere
      ? [`the candidate ran on ${device}${device.startsWith("cuda") ? ", with TensorFloat-32 switched off" : ""}`]
      : []),
  ];
}
