import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { PACKAGE_ROOT } from "../package-root.js";
import { locatePython } from "../runners/python-path.js";
import { runProbe } from "./run-probe.js";
import { writeSetupCommand } from "./setup-command.js";
import type { RuntimeReport } from "./types.js";

interface PythonPackage {
  readonly name: string;
  /** The names under which it is published; the first one is what set-up installs. */
  readonly distributions: readonly string[];
  readonly required: boolean;
  readonly neededFor: string;
}

const PACKAGES: readonly PythonPackage[] = [
  { name: "torch", distributions: ["torch"], required: true, neededFor: "running PyTorch candidates" },
  { name: "numpy", distributions: ["numpy"], required: true, neededFor: "exchanging tensors with the candidate" },
  {
    name: "safetensors",
    distributions: ["safetensors"],
    required: true,
    neededFor: "exchanging tensors with the candidate",
  },
  {
    name: "tensorflow",
    distributions: ["tensorflow-cpu", "tensorflow", "tensorflow-intel"],
    required: false,
    neededFor: "originals that are Keras files or code, the example's checkpoints, building tfjs-node",
  },
  { name: "keras", distributions: ["keras"], required: false, neededFor: "originals that are Keras models" },
  { name: "transformers", distributions: ["transformers"], required: false, neededFor: "candidates written with it" },
];

/**
 * Imports what is required: a torch that is installed but does not load is not usable. What is optional is only looked
 * for, since importing TensorFlow takes seconds.
 */
const PROBE = `
import importlib, importlib.metadata, importlib.util, json, sys
found = {}
for name, distributions, required in json.loads(sys.argv[1]):
    try:
        if required:
            importlib.import_module(name)
        elif importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named '{name}'")
        version = None
        for distribution in distributions:
            try:
                version = importlib.metadata.version(distribution)
                break
            except importlib.metadata.PackageNotFoundError:
                pass
        found[name] = {"version": version, "problem": None}
    except ModuleNotFoundError as error:
        found[name] = {"version": None, "problem": "not installed" if error.name in (name, None) else str(error)}
    except BaseException as error:
        found[name] = {"version": None, "problem": f"does not load: {error}"[:200]}
print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3], "executable": sys.executable, "packages": found}))
`;

const ANSWER = z.object({
  version: z.string(),
  executable: z.string(),
  packages: z.record(z.string(), z.object({ version: z.string().nullable(), problem: z.string().nullable() })),
});

/** The interpreter that would run the candidate, and the packages it has. */
export async function diagnosePython(): Promise<RuntimeReport[]> {
  const { python, from } = locatePython();
  const asked = PACKAGES.map(({ name, distributions, required }) => [name, distributions, required]);
  const probe = await runProbe(python, ["-c", PROBE, JSON.stringify(asked)]);
  const answer = ANSWER.safeParse(probe.ok ? probe.answer : null).data;
  const isOwn = from === "parity's .venv";
  const interpreter: RuntimeReport = {
    name: "Python",
    usable: answer !== undefined && isRecentEnough(answer.version),
    required: true,
    version: answer?.version ?? null,
    neededFor: "running PyTorch candidates",
    detail: describeInterpreter(probe.ok ? null : probe.why, answer, python, from),
    mend: null,
  };
  const reports = [interpreter.usable ? interpreter : { ...interpreter, mend: mendInterpreter(from) }];
  if (answer === undefined) return reports;
  for (const wanted of PACKAGES) {
    const found = answer.packages[wanted.name] ?? { version: null, problem: "not installed" };
    const usable = found.problem === null;
    reports.push({
      name: wanted.name,
      usable,
      required: wanted.required,
      version: found.version,
      neededFor: wanted.neededFor,
      detail: found.problem ?? `of ${answer.executable}`,
      mend: usable ? null : isOwn ? writeSetupCommand() : `${python} -m pip install ${findPin(wanted.distributions)}`,
    });
  }
  return reports;
}

function describeInterpreter(
  problem: string | null,
  answer: z.infer<typeof ANSWER> | undefined,
  python: string,
  from: string,
): string {
  if (problem !== null) return `${python} (${from}): ${problem}`;
  if (answer === undefined) return `${python} (${from}) gave no version`;
  return isRecentEnough(answer.version) ? `${answer.executable} (${from})` : `${python} (${from}) is older than 3.10`;
}

function isRecentEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 3 || (major === 3 && minor >= 10);
}

/** Set-up would stop at a wrong PARITY_PYTHON as well, so it is unset for it. */
function mendInterpreter(from: string): string {
  return from === "PARITY_PYTHON" ? `unset PARITY_PYTHON; ${writeSetupCommand()}` : writeSetupCommand();
}

/** What set-up installs, such as "torch==2.13.0"; the bare name where the harness does not pin it. */
function findPin(distributions: readonly string[]): string {
  const [name = ""] = distributions;
  const metadata = readFileSync(join(PACKAGE_ROOT, "harness", "pyproject.toml"), "utf8");
  return new RegExp(`"(${name}==[^";\\s]+)`).exec(metadata)?.[1] ?? name;
}
