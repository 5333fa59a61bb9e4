import { type Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_KEEPING, type Keeping } from "../check/record-types.js";
import type { CheckOverrides } from "../config/resolved.js";
import { STORAGES } from "../runners/golden/manifest.js";
import { addOptions, CHECK_OPTIONS, type CheckOption, readCheckOptions } from "./options.js";

/** What `parity record` was told. */
export interface RecordArguments {
  readonly configPath?: string;
  readonly overrides: CheckOverrides;
  readonly out?: string;
  readonly keeping: Keeping;
  readonly json: boolean;
  readonly color: boolean;
}

/** Options of `parity check` that bear upon the reference and its inputs. */
const SHARED: ReadonlySet<string> = new Set([
  "reference",
  "values",
  "texts",
  "vocab",
  "timeout",
  "seed",
  "name",
  "threads",
  "verifyChecksums",
  "signature",
  "referencePython",
  "referenceWeights",
]);

/** Options of `parity record` alone. */
const OWN: readonly CheckOption[] = [
  {
    flags: "--out <dir>",
    description: "the golden's folder (default: golden of the configuration, else golden/<name>)",
  },
  {
    flags: "--taps <glob>",
    repeatable: true,
    parse: (text) => text,
    description: "keep only hidden states whose name matches; outputs are always kept (repeatable)",
  },
  {
    flags: "--storage <type>",
    parse: parseStorage,
    description:
      "how hidden states are stored: float32, float16, bfloat16, sketch or sketch:N (N elements of each, and figures of every channel); outputs stay as they are (default: float32)",
  },
  {
    flags: "--inner <cases>",
    parse: oneOf("none", "smallest", "all"),
    description:
      "keep all inner tensors of no case, the handiest, or all (default: smallest where they are under 64 MB)",
  },
  {
    flags: "--double <which>",
    parse: oneOf("none", "all"),
    description: "keep the taps in float64: none, all (default: all where they are under 64 MB)",
  },
  {
    flags: "--weights <which>",
    parse: oneOf("none", "all"),
    description: "keep the variables' values: without them the weights of a port are not judged (default: all)",
  },
  { flags: "--max-size <size>", parse: parseSize, description: "refuse a golden that is larger (default: 500MB)" },
  { flags: "--json", description: "print what was written as JSON" },
  { flags: "--no-color", description: "print without colours" },
];

const OPTIONS: readonly CheckOption[] = [
  ...CHECK_OPTIONS.filter((one) => one.field !== undefined && SHARED.has(one.field)),
  ...OWN,
];

/** Gives a command the argument and the options of `parity record`. */
export function addRecordOptions(command: Command): Command {
  command.argument("[config]", "configuration file or its folder (default: parity.config.* here)");
  return addOptions(command, OPTIONS);
}

/** What commander parsed of `parity record`. */
export function readRecordOptions(
  configPath: string | undefined,
  values: Readonly<Record<string, unknown>>,
): RecordArguments {
  const { out, json = false, color = true, ...rest } = values as { out?: string; json?: boolean; color?: boolean };
  const { overrides, display: _, ...place } = readCheckOptions(configPath, rest);
  const given = (flags: string): unknown => values[new Option(flags).attributeName()];
  // Each value comes from the parser that stands beside its flag in the table.
  const keeping = Object.fromEntries(
    (
      [
        ["taps", given("--taps")],
        ...storageOf(given("--storage")),
        ["inner", given("--inner")],
        ["double", given("--double")],
        ["weights", given("--weights")],
        ["maxBytes", given("--max-size")],
      ] as const
    ).filter(([, value]) => value !== undefined),
  ) as Partial<Keeping>;
  return {
    ...place,
    overrides,
    ...(out === undefined ? {} : { out }),
    keeping: { ...DEFAULT_KEEPING, ...keeping },
    json,
    color,
  };
}

/** `sketch:1024` says how many elements. */
function parseStorage(text: string): string {
  const [, storage = text, elements] = /^(sketch):(\d+)$/.exec(text) ?? [];
  if (elements !== undefined && !(Number(elements) >= LEAST_SKETCH))
    throw new InvalidArgumentError(`Expected at least ${LEAST_SKETCH} elements.`);
  oneOf(...STORAGES)(storage);
  return text;
}

/** Of fewer elements nothing can be said. */
const LEAST_SKETCH = 64;

function storageOf(given: unknown): (readonly ["storage" | "sketchElements", unknown])[] {
  if (typeof given !== "string") return [];
  const [storage, elements] = given.split(":");
  return [["storage", storage], ...(elements === undefined ? [] : [["sketchElements", Number(elements)] as const])];
}

function oneOf(...words: readonly string[]): (text: string) => string {
  return (text) => {
    if (words.includes(text)) return text;
    throw new InvalidArgumentError(`Expected ${words.slice(0, -1).join(", ")} or ${words.at(-1)}.`);
  };
}

/** Options of `parity golden verify`. */
export const VERIFY_OPTIONS: readonly CheckOption[] = [
  { flags: "--reference <model>", description: "the original (default: the one that the golden names)" },
  { flags: "--json", description: "print as JSON" },
  { flags: "--no-color", description: "print without colours" },
];

export interface VerifyValues {
  readonly reference?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() ?? "?"];
  const size = Number(match?.[1] ?? Number.NaN) * (unit ?? Number.NaN);
  if (Number.isFinite(size) && size > 0) return size;
  throw new InvalidArgumentError("Expected a size such as 500MB or 2GB.");
}
