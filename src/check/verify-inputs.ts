import { ParityError } from "../errors.js";
import { hashInput } from "../inputs/hash-input.js";
import type { Case } from "../inputs/types.js";

type Hashes = Readonly<Record<string, string>>;

/**
 * Shows that both sides read the very inputs that were made: each side hashes what it read, and all three must agree.
 * Throws INPUTS_INVALID otherwise, for then nothing that follows means anything.
 */
export function verifyInputs(cases: readonly Case[], reference: Hashes, candidate: Hashes): void {
  for (const one of cases) {
    for (const input of one.inputs) {
      const name = `${one.id}/${input.name}`;
      const made = hashInput(input);
      for (const [side, hashes] of [
        ["reference", reference],
        ["candidate", candidate],
      ] as const) {
        if (hashes[name] === made) continue;
        throw new ParityError(
          "INPUTS_INVALID",
          `The ${side} was not fed the input ${input.name} of case ${one.id} as it was made.`,
          {
            where: { key: name },
            hint: "Did something change the temporary folder during the run? Run the check again.",
          },
        );
      }
    }
  }
}
