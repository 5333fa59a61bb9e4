import { InvalidArgumentError } from "commander";
import { CANDIDATE_DTYPES, DEVICE } from "../config/candidate-settings.js";
import type { CandidateDType } from "../config/types.js";

/** Whether the device is there, only the candidate's own Python can tell. */
export function parseDevice(text: string): string {
  if (DEVICE.test(text)) return text;
  throw new InvalidArgumentError("Expected cpu, cuda, cuda:N or mps.");
}

export function parseDType(text: string): CandidateDType {
  const known = CANDIDATE_DTYPES.find((one) => one === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError(`Expected ${CANDIDATE_DTYPES.join(", ")}.`);
}
