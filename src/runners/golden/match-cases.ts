import { hashInput } from "../../inputs/hash-input.js";
import type { Case } from "../../inputs/types.js";
import type { GoldenCase } from "./manifest.js";

/**
 * The golden's case for each case of this run, by the run's case id: the one with the very same inputs, whatever its number.
 * A case that the golden does not have is absent.
 */
export function matchCases(cases: readonly Case[], known: readonly GoldenCase[]): Map<string, GoldenCase> {
  const byInputs = new Map(
    known.map((one) => [one.inputs.map((input) => keyOf(input.name, input.sha256)).join(), one]),
  );
  return new Map(
    cases.flatMap((one) => {
      const found = byInputs.get(one.inputs.map((input) => keyOf(input.name, hashInput(input))).join());
      return found === undefined ? [] : [[one.id, found]];
    }),
  );
}

function keyOf(name: string, sha256: string): string {
  return `${JSON.stringify(name)}:${sha256}`;
}
