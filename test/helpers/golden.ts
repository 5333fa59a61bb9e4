import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "../../src/check/check.js";
import { recordGolden } from "../../src/check/record-golden.js";
import { DEFAULT_KEEPING, type Keeping } from "../../src/check/record-types.js";
import { loadConfig } from "../../src/config/load.js";
import { resolveRecording } from "../../src/config/resolve-record.js";
import type { CheckOverrides } from "../../src/config/resolved.js";
import type { CheckResult } from "../../src/report/types.js";
import type { GoldenManifest } from "../../src/runners/golden/manifest.js";
import { ROOT } from "./python.js";
import { CONFIG } from "./run-cli.js";

/** The tiny GPT-2's checkpoint. */
export const TINY = `${ROOT}examples/gpt2/models/tiny`;
export const PORT = `${ROOT}examples/gpt2/port.py:build`;

/** The port with one fault of examples/gpt2/faulty. */
export function faulty(name: string): string {
  return `${ROOT}examples/gpt2/faulty/${name}.py:build`;
}

/** Records the tiny GPT-2 by the example's configuration. */
export async function recordTiny(out: string, keeping: Partial<Keeping> = {}, overrides: CheckOverrides = {}) {
  const { config } = resolveRecording(await loadConfig(CONFIG), overrides);
  return recordGolden(config, out, { keeping: { ...DEFAULT_KEEPING, ...keeping } });
}

/** A check of the example that takes the original from the golden and writes none. */
export async function checkGolden(golden: string, overrides: CheckOverrides = {}): Promise<CheckResult> {
  return check(CONFIG, { overrides: { golden, update: "none", ...overrides } });
}

/** A copy that a test may damage. */
export function copyGolden(from: string, to: string): string {
  cpSync(from, to, { recursive: true });
  return to;
}

export function readManifestOf(golden: string): GoldenManifest {
  return JSON.parse(readFileSync(join(golden, "golden.json"), "utf8")) as GoldenManifest;
}

/** Rewrites the manifest of a copy. */
export function changeManifest(golden: string, change: (manifest: GoldenManifest) => object): void {
  writeFileSync(join(golden, "golden.json"), JSON.stringify(change(readManifestOf(golden))));
}

/** What a result says about the port: everything but clocks and the words on where the original came from. */
export function judgementOf(result: CheckResult): unknown {
  const { timings: _t, golden: _g, models: _m, summary, ...rest } = result;
  const { seconds: _s, ...told } = summary;
  return { ...rest, summary: told };
}
