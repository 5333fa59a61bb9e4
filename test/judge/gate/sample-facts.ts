import type { ResolvedGate } from "../../../src/config/resolved.js";
import type { Baseline, GateFacts, GatePair, GateSurroundings } from "../../../src/judge/gate/types.js";

export const NO_GATE: ResolvedGate = { levels: [], waivers: [], baseline: null, coverage: null };
export const TODAY: GateSurroundings = { today: "2026-11-25", ci: false, baseline: null };

export function pair(id: string, more: Partial<GatePair> = {}): GatePair {
  return {
    id,
    candidate: id,
    reference: `model/${id.replaceAll(".", "/")}`,
    verdict: "within-noise",
    isOutput: false,
    error: 1e-7,
    run: "local",
    floor: null,
    isRounding: false,
    told: "×0.2 bound",
    ...more,
  };
}

export function wrong(id: string, error = 0.5, more: Partial<GatePair> = {}): GatePair {
  return pair(id, { verdict: "mismatch", error, told: "×1e6 noise", ...more });
}

export const OUTPUT = pair("(output)", { isOutput: true });

export function facts(pairs: readonly GatePair[], more: Partial<GateFacts> = {}): GateFacts {
  return {
    pairs: [...pairs, OUTPUT],
    findings: [],
    parameters: { total: 4, missing: [] },
    unmatchedTaps: [],
    unmatchedOutputs: { reference: [], candidate: [] },
    outputsDeclared: false,
    cases: 2,
    skippedCases: [],
    inputs: { c0: { X: "aa" } },
    ...more,
  };
}

export function baseline(taps: Readonly<Record<string, number>>, more: Partial<Baseline> = {}): Baseline {
  return {
    schemaVersion: 1,
    name: "m",
    provenance: { written: "2026-11-01", reference: "r", candidate: "c", runtimes: {} },
    inputs: { c0: { X: "aa" } },
    taps: Object.fromEntries(Object.entries(taps).map(([id, error]) => [id, { error, run: "local" as const }])),
    ...more,
  };
}
