import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { lookAtModels } from "../../check/look-at-models.js";
import { type Discovered, discoverModels } from "../../config/discover-models.js";
import { renderTypeScript, renderYaml } from "../../config/render-config.js";
import { resolveModelPath } from "../../config/torch-models.js";
import { EXIT, ParityError } from "../../errors.js";
import { replaceFile } from "../../report/write-reports.js";
import { interruptible } from "../interruptible.js";

export interface InitOptions {
  readonly reference: string | undefined;
  readonly candidate: string | undefined;
  readonly python: string | undefined;
  readonly format: "ts" | "yaml";
  readonly force: boolean;
}

const ENDINGS = ["ts", "mjs", "js", "json", "yaml", "yml"] as const;
/** So many of what was found are listed. */
const LISTED = 12;

/** `parity init`: looks at both models and writes a configuration that works. Asks nothing; says what it found. */
export async function runInit(options: InitOptions): Promise<number> {
  const cwd = process.cwd();
  const file = join(cwd, `parity.config.${options.format}`);
  refuseExisting(cwd, file, options.force);
  const found =
    options.reference === undefined || options.candidate === undefined
      ? discoverModels(cwd)
      : { references: [], candidates: [] };
  const reference = choose("reference", options.reference, found);
  const candidate = choose("candidate", options.candidate, found);
  const facts = await interruptible((signal) =>
    lookAtModels({
      reference: resolve(cwd, reference),
      candidate: resolveModelPath(cwd, candidate),
      python: options.python ?? null,
      directory: cwd,
      signal,
    }),
  );
  await replaceFile(file, options.format === "ts" ? renderTypeScript(facts) : renderYaml(facts));
  const inputs = facts.inputs.map((input) => input.name).join(", ");
  process.stdout.write(
    [
      `✓ ${relative(cwd, file)}`,
      "",
      `  reference  ${reference}   ${facts.weightCount} variables; inputs ${inputs}; outputs ${facts.outputs.join(", ")}`,
      `  candidate  ${candidate}   builds, and takes what the original is fed`,
      "",
      "  next       parity check",
      "",
    ].join("\n"),
  );
  return EXIT.parity;
}

function refuseExisting(cwd: string, file: string, force: boolean): void {
  const there = ENDINGS.map((ending) => join(cwd, `parity.config.${ending}`)).filter((path) => existsSync(path));
  const other = there.find((path) => path !== file);
  if (other !== undefined) {
    throw new ParityError(
      "USAGE",
      `${relative(cwd, other)} is there already, and two configurations in one folder are one too many.`,
      {
        where: { file: other },
        hint: "Remove it first, or write the same format with --format and --force.",
      },
    );
  }
  if (there.length === 0 || force) return;
  throw new ParityError("USAGE", `${relative(cwd, file)} exists already.`, {
    where: { file },
    hint: "Replace it with --force.",
  });
}

/** What was named, else the only one that was found. Several are listed, and none is taken. */
function choose(side: "reference" | "candidate", named: string | undefined, found: Discovered): string {
  if (named !== undefined) return named;
  const all = side === "reference" ? found.references : found.candidates;
  const [only, other] = all;
  if (only !== undefined && other === undefined) return only;
  const what =
    side === "reference" ? "a TensorFlow checkpoint with its .meta" : "a Python function that builds a torch model";
  if (only === undefined) {
    throw new ParityError("FILE_NOT_FOUND", `There is no ${what.replace(/^a /, "")} in this folder.`, {
      where: { key: `--${side}` },
      hint:
        side === "reference"
          ? "Name it: --reference models/124M/model.ckpt"
          : "Name it: --candidate port.py:build, a function without required arguments that returns the ready nn.Module.",
    });
  }
  const shown = all.slice(0, LISTED).map((one) => `  --${side} ${one}`);
  const more = all.length > LISTED ? [`  … and ${all.length - LISTED} more`] : [];
  throw new ParityError("USAGE", `There are ${all.length} that could be the ${side}; say which.`, {
    where: { key: `--${side}` },
    detail: [...shown, ...more].join("\n"),
    hint: `parity init --${side} ${only}`,
  });
}
