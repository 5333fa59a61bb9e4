import { loadMap } from "../config/load-map.js";
import { parseTimeout } from "./option-values.js";
import type { CheckOption } from "./options.js";

export interface WeightsArguments {
  readonly reference: string;
  readonly candidate: string;
  readonly map: Readonly<Record<string, string>>;
  readonly allowMissing: boolean;
  readonly python: string | null;
  readonly timeout: number;
  readonly all: boolean;
  readonly json: boolean;
  readonly color: boolean;
}

/** Every option of `parity weights`. */
export const WEIGHTS_OPTIONS: readonly CheckOption[] = [
  { flags: "--map <file>", description: "JSON or YAML file of reference name → candidate name" },
  { flags: "--all", description: "show equal parameters, too" },
  { flags: "--allow-missing", description: "list what has no partner without failing for it" },
  { flags: "--python <path>", description: "Python interpreter, for a candidate that is built" },
  { flags: "--timeout <seconds>", parse: parseTimeout, description: "time limit for building it (default: 600)" },
  { flags: "--json", description: "print as JSON" },
  { flags: "--no-color", description: "print without colours" },
];

/** What commander parsed of `parity weights`. Throws as `loadMap`. */
export function readWeightsOptions(
  reference: string,
  candidate: string,
  values: Readonly<Record<string, unknown>>,
): WeightsArguments {
  return {
    reference,
    candidate,
    map: typeof values.map === "string" ? loadMap(values.map) : {},
    allowMissing: values.allowMissing === true,
    python: typeof values.python === "string" ? values.python : null,
    timeout: typeof values.timeout === "number" ? values.timeout : 600,
    all: values.all === true,
    json: values.json === true,
    color: values.color !== false,
  };
}
