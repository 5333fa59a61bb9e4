import { join } from "node:path";
import { layoutForCase } from "../align/relate-shapes.js";
import type { Pair } from "../align/types.js";
import type { Layout } from "../compare/types.js";
import { type OpenRecording, openRecording } from "../recording/open-recording.js";
import type { Tap } from "../recording/types.js";
import type { RecordRequest, Replacement } from "../runners/candidate.js";
import type { Sides } from "./run-sides.js";

/**
 * What teacher forcing replaces: the output of every paired module by the reference's tensor. The model's own outputs
 * have nothing behind them and stay. A case of which sketches are kept (a golden) is not forced at all: with half of its
 * layers fed nobody could say what an error is the error of.
 */
export function makeReplacements(pairs: readonly Pair[], sides: Sides, reference: OpenRecording): Replacement[] {
  const referenceTaps = new Map(sides.reference.taps.map((tap) => [tap.id, tap]));
  const candidateTaps = new Map(sides.free.taps.map((tap) => [tap.id, tap]));
  return pairs.flatMap((pair) => {
    const from = referenceTaps.get(pair.reference);
    const to = candidateTaps.get(pair.candidate);
    if (from === undefined || to === undefined || to.isOutput) return [];
    return [
      {
        tap: pair.candidate,
        permute: pair.layout.permute,
        reshape: null,
        files: forcedFiles(from, to, pair.layout, reference),
      },
    ];
  });
}

function forcedFiles(from: Tap, to: Tap, layout: Layout, reference: OpenRecording): Replacement["files"] {
  const tensor = from.tensor ?? from.id;
  const cases = Object.keys(to.shapes).filter((id) => from.shapes[id] !== undefined && !reference.isSketched(id));
  return Object.fromEntries(
    cases.map((id) => {
      const { reshapeFirst = null } = layoutForCase(layout, to.shapes[id] ?? []);
      return [id, { file: reference.fileOf(id), tensor, ...(reshapeFirst === null ? {} : { reshapeFirst }) }];
    }),
  );
}

export interface CandidateRun {
  readonly recording: OpenRecording;
  readonly taps: ReadonlyMap<string, Tap>;
}

/** One more run of the candidate under the given conditions; `name` is the folder of its recording. */
export async function runCandidate(
  sides: Sides,
  scratch: string,
  name: string,
  conditions: Partial<Pick<RecordRequest, "cases" | "taps" | "precision" | "perturb" | "force" | "edits" | "seed">>,
): Promise<CandidateRun> {
  const out = join(scratch, name);
  const recording = await sides.candidate.record({
    out,
    cases: sides.candidateCases,
    taps: "all",
    precision: "float32",
    perturb: null,
    force: null,
    edits: [],
    ...conditions,
  });
  return { recording: openRecording(out), taps: new Map(recording.taps.map((tap) => [tap.id, tap])) };
}
