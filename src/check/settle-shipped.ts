import { compareTensors } from "../compare/compare-tensors.js";
import type { LazyTensor } from "../formats/types.js";
import { isUnderBound, judgeAuto } from "../judge/judge-pair.js";
import { openRecording } from "../recording/open-recording.js";
import type { ShippedOutputs } from "../runners/candidate.js";
import type { TwoSides } from "./compare-pairs.js";
import { formatExponent } from "./format-exponent.js";
import { compareWithReference, type Judged, type JudgedPair } from "./judge-pairs.js";
import { measureFloors } from "./measure-floors.js";
import type { Sides } from "./run-sides.js";

/** One output in one case: how far the compiled model's is from the module's own. */
interface Difference {
  readonly case: string;
  readonly relative: number;
  /** In multiples of the noise; null under the bound of rounding, infinite where the two cannot be compared. */
  readonly ratio: number | null;
  readonly differs: boolean;
  /** From the original; null where they cannot be compared. */
  readonly fromOriginal: number | null;
}

/**
 * Holds the outputs of the compiled candidate against those of the module that it was compiled from. Layers are only seen in
 * the module: is it right and the compiled model gives the same up to rounding, the compiled one is right, and where it gives
 * something else, compiling is what changed it. Such an output is a mismatch, whatever was found of the module.
 */
export async function settleShipped(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  shipped: ShippedOutputs,
  scratch: string,
): Promise<Judged> {
  const recording = openRecording(shipped.directory);
  try {
    const outputs = judged.pairs.filter((one) => two.candidateTaps.get(one.pair.candidate)?.isOutput);
    const differences = new Map<string, Difference>();
    for (const one of outputs) {
      const all: Difference[] = [];
      for (const { id } of sides.cases) {
        const found = await differenceOf(sides, two, one, id, recording.tensor(id, one.pair.candidate), scratch);
        if (found !== null) all.push(found);
      }
      const [worst] = all.sort((a, b) => Number(b.differs) - Number(a.differs) || b.relative - a.relative);
      if (worst !== undefined) differences.set(one.pair.id, worst);
    }
    const pairs = judged.pairs.map((one) => judgeShipped(one, differences.get(one.pair.id)));
    return { ...judged, pairs, warnings: [...judged.warnings, ...describe(differences)] };
  } finally {
    recording.close();
  }
}

async function differenceOf(
  sides: Sides,
  two: TwoSides,
  one: JudgedPair,
  id: string,
  compiled: LazyTensor | undefined,
  scratch: string,
): Promise<Difference | null> {
  const tap = one.pair.candidate;
  const own = two.candidate.tensor(id, tap);
  if (own === undefined) return null;
  const incomparable = { case: id, relative: Number.POSITIVE_INFINITY, ratio: Number.POSITIVE_INFINITY };
  if (compiled === undefined || compiled.shape.join() !== own.shape.join())
    return { ...incomparable, differs: true, fromOriginal: null };
  const metrics = compareTensors(own, compiled);
  const fromOriginal = compareWithReference(two, one, id, compiled)?.relativeL2 ?? null;
  const about = { case: id, relative: metrics.relativeL2, fromOriginal };
  if (metrics.identical || isUnderBound(metrics)) return { ...about, ratio: null, differs: false };
  const base = { recording: two.candidate, taps: two.candidateTaps };
  const name = `compiled-${id}-${tap.replace(/\W+/g, "-")}`;
  const { floors } = await measureFloors(sides, scratch, name, [tap], new Set([id]), base, null);
  const { verdict, ratio } = judgeAuto(metrics, floors.get(tap)?.get(id) ?? null);
  return { ...about, ratio, differs: verdict === "mismatch" };
}

function judgeShipped(one: JudgedPair, found: Difference | undefined): JudgedPair {
  if (found === undefined || !found.differs) return one;
  const note = [one.judgement.note, explain(found)].filter((text) => text !== null).join("; ");
  return { ...one, judgement: { ...one.judgement, verdict: "mismatch", note } };
}

function explain({ case: id, relative, ratio, fromOriginal }: Difference): string {
  if (!Number.isFinite(relative))
    return `in case ${id} torch.compile gives no output that can be held against the module's`;
  const noise = ratio === null || !Number.isFinite(ratio) ? "" : `, ${Math.round(ratio)} times its noise`;
  const original = fromOriginal === null ? "" : `, and by ${formatExponent(fromOriginal)} from the original's`;
  return `torch.compile changes it: in case ${id} the compiled model's output differs from the module's by ${formatExponent(relative)}${noise}${original}`;
}

function describe(differences: ReadonlyMap<string, Difference>): string[] {
  if (differences.size === 0) return ["of the compiled model no output could be compared"];
  const wrong = [...differences].filter(([, one]) => one.differs);
  if (wrong.length > 0) return wrong.map(([id, one]) => `${id}: ${explain(one)}`);
  const largest = Math.max(...[...differences.values()].map((one) => one.relative));
  const amount = largest === 0 ? "bit for bit" : `up to rounding (${formatExponent(largest)})`;
  return [
    `the compiled model gives the module's outputs ${amount}; its layers cannot be seen, and those compared are the module's`,
  ];
}
