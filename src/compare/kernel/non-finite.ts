import { EXCLUDED, FIRST_MISMATCH, MISMATCHES, NON_FINITE, SCRATCH_CANDIDATE, SCRATCH_REFERENCE } from "./memory";
import { addTo } from "./slot";

/** 0 finite, 1 NaN, 2 +Inf, 3 −Inf. */
export function kindOf(value: f32): i32 {
  if (F32.isFinite(value)) return 0;
  if (F32.isNaN(value)) return 1;
  return value > 0 ? 2 : 3;
}

/** Counts one place where at least one side is not finite. */
function exclude(rKind: i32, cKind: i32, at: f64): void {
  addTo(EXCLUDED, 1);
  if (rKind !== 0) addTo(NON_FINITE + (rKind - 1) * 8, 1);
  if (cKind !== 0) addTo(NON_FINITE + (cKind + 2) * 8, 1);
  if (rKind === cKind) return;
  if (load<f64>(MISMATCHES) === 0) store<f64>(FIRST_MISMATCH, at);
  addTo(MISMATCHES, 1);
}

/**
 * Copies `count` elements (at most a chunk) of both sides to the scratch chunk, with zeros on both sides where either is not
 * finite, and zeros behind the end up to a multiple of four. Counts what was left out, by kind. Gives back the index in the
 * chunk of the first place where both are finite, −1 when there is none.
 */
export function copyFinite(reference: i32, candidate: i32, count: i32, base: f64): i32 {
  let firstFinite = -1;
  for (let i = 0; i < count; i++) {
    let r = load<f32>(reference + i * 4);
    let c = load<f32>(candidate + i * 4);
    const rKind = kindOf(r);
    const cKind = kindOf(c);
    if ((rKind | cKind) !== 0) {
      exclude(rKind, cKind, base + <f64>i);
      r = 0;
      c = 0;
    } else if (firstFinite < 0) firstFinite = i;
    store<f32>(SCRATCH_REFERENCE + i * 4, r);
    store<f32>(SCRATCH_CANDIDATE + i * 4, c);
  }
  for (let i = count; (i & 3) !== 0; i++) {
    store<f32>(SCRATCH_REFERENCE + i * 4, 0);
    store<f32>(SCRATCH_CANDIDATE + i * 4, 0);
  }
  return firstFinite;
}
