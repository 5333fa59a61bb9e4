import { join } from "node:path";
import { ParityError } from "../errors.js";
import type { Case } from "../inputs/types.js";
import { writeCases } from "../inputs/write-cases.js";
import type { Tap } from "../recording/types.js";
import { GOLDEN_FILES, type InnerPlace } from "../runners/golden/manifest.js";
import type { Reference, ReferenceCase } from "../runners/reference.js";
import { PrecisionUnsupported } from "../runners/wire.js";
import type { Original } from "../tensorflow/understand-original.js";
import { rankShape } from "./handiest-case.js";
import { keepDouble } from "./keep-double.js";
import { keepInner } from "./keep-inner.js";
import { keepTaps } from "./keep-taps.js";
import { referenceCases } from "./map-inputs.js";
import type { Keeping } from "./record-types.js";
import type { SizeLimit } from "./size-limit.js";
import type { CheckListener } from "./types.js";

/** The open reference, and where its recording is kept. */
export interface KeepingRun {
  readonly reference: Reference;
  readonly original: Original;
  readonly cases: readonly Case[];
  /** The golden that is being written. */
  readonly draft: string;
  readonly scratch: string;
  readonly keeping: Keeping;
  readonly limit: SizeLimit;
  readonly onProgress: CheckListener;
}

export interface KeptRecording {
  readonly taps: readonly Tap[];
  readonly seconds: Readonly<Record<string, number>>;
  /** sha256 of every input as the reference read it, by its name in the inputs file. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Where inner tensors lie, by case. */
  readonly inner: ReadonlyMap<string, Readonly<Record<string, InnerPlace>>>;
  readonly float64: { readonly single: string[]; readonly touched: string[] } | null;
  readonly leftOut: readonly string[];
}

/** Runs the reference case by case and writes inputs, taps, inner tensors and float64 into the draft. */
export async function keepRecording(run: KeepingRun): Promise<KeptRecording> {
  const { reference, original, cases, draft, scratch, keeping, limit, onProgress } = run;
  const inputsFile = join(draft, GOLDEN_FILES.inputs);
  writeCases(cases, inputsFile);
  limit.check(draft, 0, "the inputs");
  const own = referenceCases(cases, inputsFile);
  const recorded = new Map<string, Tap>();
  const seconds: Record<string, number> = {};
  const inputs: Record<string, string> = {};
  const leftOut: string[] = [];
  const folder = join(scratch, "taps");
  for (const [i, one] of own.entries()) {
    onProgress("reference", `case ${i + 1} of ${own.length}`);
    const recording = await reference.record(original, [one], folder);
    for (const tap of recording.taps)
      recorded.set(tap.id, { ...tap, shapes: { ...recorded.get(tap.id)?.shapes, ...tap.shapes } });
    Object.assign(seconds, recording.seconds);
    Object.assign(inputs, recording.inputs);
  }
  const taps = original.taps.flatMap((tap) => recorded.get(tap.id) ?? []);
  const handiest = findHandiest(own, taps);
  const wanted =
    keeping.inner === "all" ? own : keeping.inner === "none" ? [] : own.filter((one) => one.id === handiest);
  const inner = new Map<string, Readonly<Record<string, InnerPlace>>>();
  for (const one of wanted) {
    onProgress("reference", `inner tensors of case ${one.id}`);
    const kept = await attempt(() => keepInner(run, one, folder), `inner tensors of ${one.id}`, leftOut);
    if (kept !== null) inner.set(one.id, kept);
  }
  const outputs = new Set(taps.filter((tap) => tap.isOutput).map((tap) => tap.tensor ?? ""));
  for (const { id } of own) {
    // The case that keeps its inner tensors is where experiments are made: its layers are held against each other there.
    const storage = inner.has(id) ? "float32" : keeping.storage;
    keepTaps(folder, id, { storage, outputs, sketchElements: keeping.sketchElements }, draft);
    limit.check(draft, 0, `case ${id}`);
  }
  onProgress("reference", "float64");
  const float64 = await attempt(() => keepDouble(run, own, taps), "float64", leftOut);
  return { taps, seconds, inputs, inner, float64, leftOut };
}

/** The case in which the diagnosis will make its experiments, if it fails there: judged by the shapes of the outputs. */
function findHandiest(cases: readonly ReferenceCase[], taps: readonly Tap[]): string | null {
  const outputs = taps.filter((tap) => tap.isOutput);
  const rank = (id: string): number => outputs.reduce((sum, tap) => sum + rankShape(tap.shapes[id] ?? []), 0);
  return [...cases].sort((a, b) => rank(a.id) - rank(b.id))[0]?.id ?? null;
}

/** What cannot be had is left out, and said; an interruption, and a golden that was refused for its size, are no such case. */
async function attempt<T>(act: () => Promise<T | string | null>, what: string, leftOut: string[]): Promise<T | null> {
  try {
    const kept = await act();
    if (typeof kept !== "string") return kept;
    leftOut.push(`${what}: ${kept}`);
    return null;
  } catch (error) {
    const isKnown =
      error instanceof PrecisionUnsupported || (error instanceof ParityError && error.code === "REFERENCE_FAILED");
    if (!isKnown) throw error;
    leftOut.push(`${what}: ${error.message}`);
    return null;
  }
}
