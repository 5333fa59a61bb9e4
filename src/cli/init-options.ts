import { InvalidArgumentError } from "commander";
import type { InitOptions } from "./commands/init.js";
import type { CheckOption } from "./options.js";

/** Every option of `parity init`. */
export const INIT_OPTIONS: readonly CheckOption[] = [
  {
    flags: "--reference <model>",
    description: "original TensorFlow model (default: the only checkpoint below this folder)",
  },
  { flags: "--candidate <model>", description: "file.py:callable (default: the only function that builds a model)" },
  { flags: "--python <path>", description: "Python interpreter for the candidate" },
  { flags: "--format <format>", parse: parseFormat, description: "ts or yaml (default: ts)" },
  { flags: "--force", description: "replace a configuration that exists" },
];

/** What commander parsed after `parity init`. */
export function readInitOptions(values: Readonly<Record<string, unknown>>): InitOptions {
  // Each value comes from the parser that stands beside it in the table.
  const { reference, candidate, python, format = "ts" } = values as Partial<InitOptions>;
  return { reference, candidate, python, format, force: values.force === true };
}

function parseFormat(text: string): "ts" | "yaml" {
  if (text === "ts" || text === "yaml") return text;
  throw new InvalidArgumentError("Expected ts or yaml.");
}
