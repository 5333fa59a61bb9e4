import type { ResolvedReference } from "../config/resolved.js";
import type { Candidate, CandidateOptions } from "../runners/candidate.js";
import { type ExportedOriginal, type ExportOptions, exportOriginal } from "../runners/export-original.js";
import { type Reference, type ReferenceOptions, startReference } from "../runners/reference.js";
import type { Original } from "../tensorflow/understand-original.js";
import { readOriginal } from "./read-original.js";
import { startAnyCandidate } from "./start-candidate.js";

/** How a check comes by its two sides. A watch gives those that it keeps, which `close` leaves as they are. */
export interface SideStarter {
  /** Has Python write an original that is not read in-process. */
  exportOriginal(options: ExportOptions): Promise<ExportedOriginal>;
  /** The caller closes its checkpoint. */
  readOriginal(reference: ResolvedReference): Original;
  startReference(options: ReferenceOptions): Reference;
  startCandidate(options: CandidateOptions): Candidate;
}

/** Both sides in processes of their own, which end with the check. */
export const FRESH_SIDES: SideStarter = {
  exportOriginal,
  readOriginal,
  startReference,
  startCandidate: startAnyCandidate,
};
