import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { expect } from "vitest";

/**
 * The official JSON Schema of SARIF 2.1.0, as Microsoft's package carries it. It is written in draft 4, of which it uses nothing
 * that draft 7 reads otherwise but the names of its own identity; its patterns are not made for the flag `u`.
 */
function loadSchema(): object {
  const path = import.meta.resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
  const text = readFileSync(fileURLToPath(path), "utf8");
  const { id: _, $schema: __, ...schema } = JSON.parse(text) as Record<string, unknown>;
  return schema;
}

const validate = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false, validateFormats: false }).compile(
  loadSchema(),
);

/** Fails unless the text is SARIF 2.1.0; gives what it holds. */
export function readSarif(text: string): { readonly runs: readonly unknown[] } {
  const log: unknown = JSON.parse(text);
  validate(log);
  expect(validate.errors).toBeNull();
  return log as { readonly runs: readonly unknown[] };
}
