import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { checkResolved, resolveInput } from "../check/check.js";
import { isGolden } from "../config/golden-folder.js";
import type { CandidateConfig } from "../config/types.js";
import { ParityError } from "../errors.js";
import { renderError } from "../report/render-error.js";
import { renderTerminal } from "../report/terminal.js";
import type { GoldenMatchOptions } from "./types.js";

/** Columns of the report in a failure message; runners indent it and terminals are 100 to 120 wide. */
const WIDTH = 100;
/** Lines of the report that are shown: verdict, first divergence and findings come first. */
const SHOWN_LINES = 40;

interface MatchResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * The matcher `expect(candidate).toMatchGolden(golden)`. Passes when the port is at parity with the recorded original. What
 * could not be judged fails the test under `not` as well.
 *
 * @throws Error with the rendered ParityError: no such golden, a stale one, a port that cannot be built
 */
export async function toMatchGolden(
  candidate: unknown,
  golden: string,
  { cwd = process.cwd(), ...options }: GoldenMatchOptions = {},
): Promise<MatchResult> {
  try {
    const directory = findGolden(golden, cwd);
    const config = { name: basename(directory), ...options, reference: directory, candidate: readCandidate(candidate) };
    const result = await checkResolved(await resolveInput(config, { cwd }));
    const report = shorten(renderTerminal(result, { color: false, width: WIDTH }));
    if (result.verdict === "inconclusive") throw new Error(report);
    const pass = result.verdict === "parity";
    return { pass, message: () => (pass ? `expected the port not to match the golden\n\n${report}` : report) };
  } catch (error) {
    if (!(error instanceof ParityError)) throw error;
    throw new Error(renderError(error, { color: false, width: WIDTH }), { cause: error });
  }
}

function readCandidate(candidate: unknown): string | CandidateConfig {
  if (typeof candidate === "string") return candidate;
  // The configuration's own check says what is wrong with it, key by key.
  if (typeof candidate === "object" && candidate !== null && "model" in candidate) return candidate as CandidateConfig;
  throw new ParityError("USAGE", `expect() was given ${typeof candidate}, which is no candidate.`, {
    hint: 'Example: await expect("port.py:build").toMatchGolden("gpt2")',
  });
}

function findGolden(golden: string, cwd: string): string {
  const places = [join(cwd, "golden", golden), resolve(cwd, golden)];
  const found = places.find(isGolden);
  if (found !== undefined) return found;
  const there = places.find((place) => existsSync(place));
  throw new ParityError("FILE_NOT_FOUND", `There is no golden ${golden}. Looked for: ${places.join(", ")}.`, {
    ...(there === undefined ? {} : { where: { file: there } }),
    hint: `Record it once, where TensorFlow is: parity record --out ${join("golden", basename(golden))}`,
  });
}

function shorten(report: string): string {
  const lines = report.trimEnd().split("\n");
  const rest = lines.length - SHOWN_LINES;
  return rest > 0
    ? [...lines.slice(0, SHOWN_LINES), `  … ${rest} more lines; parity check shows all`].join("\n")
    : lines.join("\n");
}
