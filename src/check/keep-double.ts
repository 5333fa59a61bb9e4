import { mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { elementCount } from "../formats/dtype.js";
import type { Tap } from "../recording/types.js";
import { formatBytes } from "../report/format-bytes.js";
import { GOLDEN_FILES } from "../runners/golden/manifest.js";
import type { ReferenceCase } from "../runners/reference.js";
import type { KeepingRun } from "./keep-recording.js";

/** Up to so many bytes of float64 are kept without being asked for: a check settles doubts with them. */
const SMALL_BYTES = 64e6;

/**
 * Keeps the taps of all cases with the whole forward pass in double. Null when nobody wants them, a sentence when they are
 * left out for their size.
 */
export async function keepDouble(
  run: KeepingRun,
  cases: readonly ReferenceCase[],
  taps: readonly Tap[],
): Promise<{ single: string[]; touched: string[] } | string | null> {
  const { reference, original, draft, scratch, keeping, limit } = run;
  // Whole tensors twice as wide are not what somebody wants who keeps sketches.
  if (keeping.double === "none" || (keeping.double === "auto" && keeping.storage === "sketch")) return null;
  const shapes = new Map(taps.map((tap) => [tap.tensor ?? tap.id, tap.shapes]));
  let bytes = 0;
  for (const perCase of shapes.values()) for (const shape of Object.values(perCase)) bytes += 8 * elementCount(shape);
  if (keeping.double === "auto" && (bytes > SMALL_BYTES || !limit.allows(draft, bytes)))
    return `left out, ${formatBytes(bytes)}; --double all keeps it all the same`;
  limit.check(draft, bytes, "float64");
  const folder = join(scratch, "float64");
  const { single, touched } = await reference.recordDouble(original, cases, folder, [...shapes.keys()]);
  for (const { id } of cases) {
    const path = join(draft, GOLDEN_FILES.float64(id));
    mkdirSync(dirname(path), { recursive: true });
    renameSync(join(folder, `${id}.safetensors`), path);
  }
  return { single: [...single], touched: [...touched] };
}
