import { join, relative, resolve } from "node:path";
import type { CheckOverrides, ResolvedBaseline, ResolvedCoverage, ResolvedGate } from "./resolved.js";
import type { FileConfig } from "./schema.js";
import type { BaselineConfig, CoverageConfig } from "./types.js";

/**
 * How many times worse than its baseline a layer may get. Machines and versions differ in the order of their sums: correct
 * ports were seen between 0.3 and 1.65 noise floors, less than six times apart and rarely so; four times is over what a
 * single layer was seen to move, and far under the faults (a gelu of another form is 89 times and more).
 */
const DEFAULT_FACTOR = 4;
/** 4 × 2⁻²³ of the tensor's own rms: what rounding alone guarantees needs no ratchet (AUTO_BOUND in src/judge). */
const DEFAULT_FLOOR = 4 * 2 ** -23;
/** Ports may be cut into more modules than the original has scopes (dropouts, views), but fewer than half compared is a lost pairing. */
const DEFAULT_COVERAGE: ResolvedCoverage = { parameters: 1, taps: 0.5, outputs: "declared", skippedCases: 0 };

interface Places {
  /** The check's name as a folder. */
  readonly folder: string;
  readonly directory: string;
  readonly cwd: string;
}

/** The rules of the gate: the file's, and what the command line asks for. */
export function resolveGate(config: FileConfig, overrides: CheckOverrides, places: Places): ResolvedGate {
  return {
    levels: Object.entries(config.levels ?? {}).map(([glob, level]) => ({ glob, level })),
    waivers: config.waivers ?? [],
    baseline: resolveBaseline(config.baseline, overrides.updateBaseline ?? false, places),
    coverage: resolveCoverage(config.coverage),
  };
}

/** `--update-baseline` alone takes the default place: the first baseline is made before it is written into a configuration. */
function resolveBaseline(
  given: boolean | BaselineConfig | undefined,
  update: boolean,
  { folder, directory, cwd }: Places,
): ResolvedBaseline | null {
  if ((given === undefined || given === false) && !update) return null;
  const { file, factor = DEFAULT_FACTOR, absoluteFloor = DEFAULT_FLOOR } = typeof given === "object" ? given : {};
  const path = file === undefined ? join(directory, "golden", folder, "baseline.json") : resolve(directory, file);
  const near = relative(cwd, path);
  return { file: path, shown: near.startsWith("..") ? path : near, factor, absoluteFloor, update };
}

function resolveCoverage(given: CoverageConfig | undefined): ResolvedCoverage | null {
  if (given === undefined) return null;
  const { parameters, taps, outputs, skippedCases } = given;
  return {
    parameters: parameters ?? DEFAULT_COVERAGE.parameters,
    taps: taps ?? DEFAULT_COVERAGE.taps,
    outputs: outputs ?? DEFAULT_COVERAGE.outputs,
    skippedCases: skippedCases ?? DEFAULT_COVERAGE.skippedCases,
  };
}
