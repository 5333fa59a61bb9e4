import type { CheckOption } from "./options.js";

export interface ScaffoldArguments {
  readonly model: string;
  readonly out: string;
  readonly force: boolean;
  readonly outputs: readonly string[] | null;
  readonly json: boolean;
  readonly color: boolean;
}

/** Every option of `parity scaffold`. */
export const SCAFFOLD_OPTIONS: readonly CheckOption[] = [
  { flags: "--out <path>", description: "the module's file (.py), or a folder for it (default: scaffold.py)" },
  {
    flags: "--output <tensor>",
    repeatable: true,
    parse: (text) => text,
    description: "an output of the original, such as scope/op:0 (default: those that are found; repeatable)",
  },
  { flags: "--force", description: "replace files that exist" },
  { flags: "--json", description: "print what was written as JSON" },
  { flags: "--no-color", description: "print without colours" },
];

/** What commander parsed of `parity scaffold`. */
export function readScaffoldOptions(model: string, values: Readonly<Record<string, unknown>>): ScaffoldArguments {
  return {
    model,
    out: typeof values.out === "string" ? values.out : "scaffold.py",
    force: values.force === true,
    // The value comes from the parser that stands beside the option in the table.
    outputs: (values.output as readonly string[] | undefined) ?? null,
    json: values.json === true,
    color: values.color !== false,
  };
}
