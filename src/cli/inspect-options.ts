import { parseCount } from "./option-values.js";
import type { CheckOption } from "./options.js";

export interface InspectArguments {
  readonly model: string;
  readonly json: boolean;
  readonly full: boolean;
  /** Null: all levels. */
  readonly depth: number | null;
  readonly color: boolean;
}

/** Every option of `parity inspect`. */
export const INSPECT_OPTIONS: readonly CheckOption[] = [
  { flags: "--depth <n>", parse: parseCount, description: "levels of scopes to show (default: all)" },
  { flags: "--full", description: "show every block, also those that repeat" },
  { flags: "--json", description: "print as JSON" },
  { flags: "--no-color", description: "print without colours" },
];

/** What commander parsed of `parity inspect`. */
export function readInspectOptions(model: string, values: Readonly<Record<string, unknown>>): InspectArguments {
  return {
    model,
    json: values.json === true,
    full: values.full === true,
    depth: typeof values.depth === "number" && values.depth > 0 ? values.depth : null,
    color: values.color !== false,
  };
}
