import { writeSafetensors } from "../formats/safetensors-write.js";
import type { Case } from "./types.js";

/**
 * Writes all inputs of all cases to one safetensors file, each under the name `<caseId>/<inputName>`. The labels go to the
 * metadata. `casesFromFiles` reads the same inputs back.
 */
export function writeCases(cases: readonly Case[], path: string): void {
  const tensors = cases.flatMap((one) => one.inputs.map((input) => ({ ...input, name: `${one.id}/${input.name}` })));
  writeSafetensors(path, tensors, {
    cases: JSON.stringify(Object.fromEntries(cases.map(({ id, label }) => [id, label]))),
  });
}
