import { CAUSE_IDS, type CauseId } from "../cause-ids.js";
import { LAYER_ENTRIES } from "./layers.js";
import { RUN_ENTRIES } from "./run.js";
import { SPATIAL_ENTRIES } from "./spatial.js";
import type { CauseEntry, CauseGroup } from "./types.js";
import { WEIGHT_ENTRIES } from "./weights.js";

/** Every cause: one that lacks its entry does not compile. */
export const CATALOGUE: Readonly<Record<CauseId, CauseEntry>> = {
  ...WEIGHT_ENTRIES,
  ...LAYER_ENTRIES,
  ...SPATIAL_ENTRIES,
  ...RUN_ENTRIES,
};

/** The group under which a cause is listed. */
export function groupOf(id: CauseId): CauseGroup {
  if (id in WEIGHT_ENTRIES) return "weights";
  return id in RUN_ENTRIES ? "run" : "layers";
}

/** The ids of one group, in the catalogue's order. */
export function causesOf(group: CauseGroup): CauseId[] {
  return CAUSE_IDS.filter((id) => groupOf(id) === group);
}
