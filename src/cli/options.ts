import { Command, CommanderError, Option } from "commander";
import { REPORT_FORMATS } from "../config/report-formats.js";
import type { CheckOverrides } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import {
  parseCount,
  parseFix,
  parseFloors,
  parseInput,
  parsePrecision,
  parseReport,
  parseTimeout,
  parseTolerance,
  parseUpdate,
} from "./option-values.js";
import { parseDevice, parseDType } from "./parse-candidate.js";
import { parseSelfNoise, parseShard } from "./parse-flow.js";

/** How the result is shown; says nothing about what is checked. */
export interface DisplayOptions {
  /** The result as JSON on standard output, everything else on standard error. */
  readonly json: boolean;
  readonly verbose: boolean;
  /** False with `--no-color`; true leaves it to the terminal. */
  readonly color: boolean;
  /** Show how every pair was found; a path also writes it there as a map file. */
  readonly explainMap?: string | true;
}

export interface CheckArguments {
  readonly configPath?: string;
  readonly overrides: CheckOverrides;
  readonly display: DisplayOptions;
}

export interface CheckOption {
  readonly flags: string;
  readonly description: string;
  /** Reads one occurrence; throws InvalidArgumentError. Absent: the text as it is, or true for a flag. */
  readonly parse?: (text: string) => unknown;
  readonly repeatable?: boolean;
  /** The field of `CheckOverrides` that it fills; absent for display options. */
  readonly field?: keyof CheckOverrides;
}

/** Every option of `parity check`: help, parsing and configuration all come from this table. */
export const CHECK_OPTIONS: readonly CheckOption[] = [
  {
    flags: "--reference <model>",
    field: "reference",
    description: "original TensorFlow model: checkpoint prefix or folder, .keras, .h5, or file.py:callable",
  },
  {
    flags: "--candidate <model>",
    field: "candidate",
    description:
      "converted PyTorch model: file.py:callable that returns a ready nn.Module, a .pt2 or TorchScript file, or hf:DIR",
  },
  {
    flags: "--golden <dir>",
    field: "golden",
    description: "take the original from this folder that parity record wrote; no TensorFlow is needed then",
  },
  {
    flags: "--update <which>",
    field: "update",
    parse: parseUpdate,
    description: "goldens to write first: none, missing, changed, all (default: missing; none in CI)",
  },
  {
    flags: "--device <name>",
    field: "device",
    parse: parseDevice,
    description: "cpu, cuda, cuda:N or mps (default: cpu)",
  },
  {
    flags: "--dtype <type>",
    field: "dtype",
    parse: parseDType,
    description: "cast the candidate to float32, float16 or bfloat16, and judge it by that type's rounding",
  },
  {
    flags: "--compile",
    field: "compile",
    description: "also run what torch.compile makes of the candidate, and hold its outputs against the module's",
  },
  { flags: "--weights <file>", field: "weights", description: "state dict to load into the candidate" },
  {
    flags: "--input <name=spec>",
    field: "values",
    repeatable: true,
    parse: parseInput,
    description: "one input: ids.npz, ids.npz#key, [[1,2,3]], ids:3x7, normal:1x8, zeros:…, ones:… (repeatable)",
  },
  {
    flags: "--text <string>",
    field: "texts",
    repeatable: true,
    parse: (text) => text,
    description: "a text, tokenised with the model's vocabulary (repeatable)",
  },
  {
    flags: "--vocab <dir>",
    field: "vocab",
    description: "folder with encoder.json and vocab.bpe, or tokenizer.json (default: the reference's)",
  },
  {
    flags: "--only <glob>",
    field: "only",
    repeatable: true,
    parse: (text) => text,
    description: "explain and report only the pairs whose id or reference name matches, such as 'h.3.**' (repeatable)",
  },
  { flags: "--map <file>", field: "map", description: "JSON or YAML file of reference name → candidate name" },
  {
    flags: "--tolerance <rule>",
    field: "tolerance",
    parse: parseTolerance,
    description: "auto, per-dtype, or atol=1e-5,rtol=1e-4 (default: auto, measured)",
  },
  {
    flags: "--precision <which>",
    field: "precision",
    parse: parsePrecision,
    description: "float32, or both: compare every layer in float64 too (default: float32, float64 where in doubt)",
  },
  {
    flags: "--report <formats>",
    field: "report",
    parse: parseReport,
    description: `${REPORT_FORMATS.join(", ")}, several with commas, or none (default: json,html)`,
  },
  { flags: "--out <dir>", field: "out", description: "folder for the reports (default: reports/<name>)" },
  {
    flags: "--timeout <seconds>",
    field: "timeout",
    parse: parseTimeout,
    description: "time limit per side (default: 600)",
  },
  { flags: "--seed <n>", field: "seed", parse: parseCount, description: "seed of generated inputs (default: 0)" },
  { flags: "--name <name>", field: "name", description: "name of the check in reports (default: the folder's)" },
  { flags: "--python <path>", field: "python", description: "Python interpreter for the candidate" },
  { flags: "--candidate-python <path>", field: "python", description: "the same" },
  {
    flags: "--reference-python <path>",
    field: "referencePython",
    description: "Python interpreter with TensorFlow, for an original that is a Keras file or code",
  },
  {
    flags: "--reference-weights <file>",
    field: "referenceWeights",
    description: "weights of such an original: .weights.h5, .h5, or the prefix of a TensorFlow checkpoint",
  },
  {
    flags: "--threads <n>",
    field: "threads",
    parse: parseCount,
    description: "threads of each runtime; 0 leaves it to the runtime (default: 0)",
  },
  {
    flags: "--signature <name>",
    field: "signature",
    description: "signature of a SavedModel to run (default: serving_default, or the only one)",
  },
  {
    flags: "--verify-checksums",
    field: "verifyChecksums",
    description: "verify the checksum of every tensor of the checkpoint first",
  },
  {
    flags: "--floors <which>",
    field: "floors",
    parse: parseFloors,
    description: "measure noise floors where needed, or all of them (default: needed)",
  },
  {
    flags: "--self-noise <when>",
    field: "selfNoise",
    parse: parseSelfNoise,
    description: "run each side twice: never, auto (when something differs unexplained) or always (default: auto)",
  },
  { flags: "--model <name>", field: "model", description: "check one of several models of the configuration" },
  {
    flags: "--shard <i/n>",
    field: "shard",
    parse: parseShard,
    description: "check the i-th of n parts of the cases, for `parity merge` to join",
  },
  {
    flags: "--fix <file>",
    field: "fix",
    parse: parseFix,
    description:
      "write the candidate's weights with the confirmed repairs made (.safetensors; .onnx for an ONNX model), and check again with them",
  },
  {
    flags: "--update-baseline",
    field: "updateBaseline",
    description: "keep the errors of this check as the baseline, if it is parity and passes the gate",
  },
  { flags: "--force", field: "force", description: "let --fix replace a file that exists" },
  {
    flags: "--bundle <dir>",
    field: "bundle",
    description: "write every finding as a folder with a script that runs the layer alone (default: unexplained ones)",
  },
  { flags: "--json", description: "print the result as JSON on standard output" },
  {
    flags: "--explain-map [file]",
    description:
      "show how each pair was found and what spoke for it; with a file also write it there, as a map to edit",
  },
  { flags: "--verbose", description: "show every pair, and the runners' logs" },
  { flags: "--no-color", description: "print without colours" },
];

/** Every option of `parity causes`. */
export const CAUSES_OPTIONS: readonly CheckOption[] = [
  { flags: "--json", description: "print as JSON" },
  { flags: "--markdown", description: "print the whole catalogue as docs/causes.md has it" },
];

/** Gives a command the argument and the options of `parity check`. */
export function addCheckOptions(command: Command): Command {
  command.argument("[config]", "configuration file or its folder (default: parity.config.* here)");
  return addOptions(command, CHECK_OPTIONS);
}

/** Gives a command the options of a table. */
export function addOptions(command: Command, options: readonly CheckOption[]): Command {
  for (const { flags, description, parse, repeatable } of options) {
    const option = new Option(flags, description);
    if (repeatable === true && parse !== undefined) {
      option.argParser((text: string, before: unknown) => [...(Array.isArray(before) ? before : []), parse(text)]);
    } else if (parse !== undefined) option.argParser(parse);
    command.addOption(option);
  }
  return command;
}

/** What commander parsed, as overrides of the configuration. */
export function readCheckOptions(
  configPath: string | undefined,
  values: Readonly<Record<string, unknown>>,
): CheckArguments {
  const overrides: Record<string, unknown> = {};
  for (const { flags, field } of CHECK_OPTIONS) {
    const value = values[new Option(flags).attributeName()];
    if (field !== undefined && value !== undefined) overrides[field] = value;
  }
  return {
    ...(configPath === undefined ? {} : { configPath }),
    // Each field's value comes from the parser that stands beside it in the table.
    overrides: overrides as CheckOverrides,
    display: readDisplay(values),
  };
}

export function readDisplay(values: Readonly<Record<string, unknown>>): DisplayOptions {
  const { explainMap } = values;
  return {
    json: values.json === true,
    verbose: values.verbose === true,
    color: values.color !== false,
    ...(typeof explainMap === "string" || explainMap === true ? { explainMap } : {}),
  };
}

/** Reads the words after `parity check`. Throws USAGE with the option, what is wrong with it, and an example. */
export function parseCheckArguments(argv: readonly string[]): CheckArguments {
  const command = addCheckOptions(new Command("check")).helpOption(false).exitOverride();
  command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    throw usageError(error);
  }
  return readCheckOptions(command.args[0], command.opts());
}

/** Commander's own complaint as a ParityError; anything else as it is. */
export function usageError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  const [line = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const message = line.endsWith(".") || line.endsWith("?") ? line : `${line}.`;
  return new ParityError("USAGE", message.charAt(0).toUpperCase() + message.slice(1), {
    hint: rest.length > 0 ? rest.join(" ").replace(/^\(|\)$/g, "") : "parity check --help lists all options.",
    cause: error,
  });
}
