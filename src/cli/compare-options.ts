import { InvalidArgumentError } from "commander";
import type { Bounds } from "../compare/types.js";
import { loadMap } from "../config/load-map.js";
import { parseTolerance } from "./option-values.js";
import type { CheckOption } from "./options.js";

export interface CompareArguments {
  readonly reference: string;
  readonly candidate: string;
  readonly map: Readonly<Record<string, string>>;
  /** Null: by the dtype. */
  readonly bounds: Bounds | null;
  readonly allowMissing: boolean;
  readonly all: boolean;
  readonly json: boolean;
  readonly color: boolean;
}

/** Every option of `parity compare`. */
export const COMPARE_OPTIONS: readonly CheckOption[] = [
  { flags: "--map <file>", description: "JSON or YAML file of reference name → candidate name" },
  {
    flags: "--tolerance <rule>",
    parse: (text) => {
      const parsed = parseTolerance(text);
      if (parsed === "auto")
        throw new InvalidArgumentError("Two files tell no noise: per-dtype, or atol=1e-5,rtol=1e-4.");
      return parsed === "per-dtype" ? null : parsed;
    },
    description: "per-dtype, or atol=1e-5,rtol=1e-4 (default: per-dtype)",
  },
  { flags: "--allow-missing", description: "list names that one side only has without failing for them" },
  { flags: "--all", description: "show every tensor that agrees, too" },
  { flags: "--json", description: "print as JSON" },
  { flags: "--no-color", description: "print without colours" },
];

/** What commander parsed of `parity compare`. Throws as `loadMap`. */
export function readCompareOptions(
  reference: string,
  candidate: string,
  values: Readonly<Record<string, unknown>>,
): CompareArguments {
  return {
    reference,
    candidate,
    map: typeof values.map === "string" ? loadMap(values.map) : {},
    // The value comes from the parser that stands beside the option in the table.
    bounds: (values.tolerance as Bounds | null | undefined) ?? null,
    allowMissing: values.allowMissing === true,
    all: values.all === true,
    json: values.json === true,
    color: values.color !== false,
  };
}
