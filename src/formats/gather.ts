import { copyRuns, type RunPlan } from "./strided.js";

/**
 * Fills `target` with the row-major bytes of a strided tensor from `byteOffset`, picked from its storage `span`, whose
 * first byte is the tensor's first. Runs of 1, 2 or 4 bytes, such as the elements of a transposed tensor, are moved as numbers.
 */
export function gatherRuns(plan: RunPlan, span: Uint8Array, target: Uint8Array, byteOffset: number): void {
  const { runBytes, sizes, byteStrides } = plan;
  const rowItems = sizes.at(-1) ?? 1;
  const rowBytes = rowItems * runBytes;
  const from = asWords(span, runBytes);
  const to = asWords(target, runBytes);
  // A run may be several smaller elements, whose strides are then no whole number of runs.
  const wholeSteps = byteStrides.every((stride) => stride % runBytes === 0);
  if (from === undefined || to === undefined || !wholeSteps || byteOffset % runBytes !== 0) {
    copyRuns(plan, target.byteLength, byteOffset, (at, length, start) => {
      for (let k = 0; k < length; k += 1) target[at + k] = span[start + k] ?? 0;
    });
    return;
  }
  const step = (byteStrides.at(-1) ?? 0) / runBytes;
  // Rows along the last axis, as runs of a plan of one axis less; a row may be cut at the beginning and the end.
  const rows: RunPlan = { runBytes: rowBytes, sizes: sizes.slice(0, -1), byteStrides: byteStrides.slice(0, -1) };
  let skip = (byteOffset % rowBytes) / runBytes;
  copyRuns(rows, target.byteLength, byteOffset, (at, length, start) => {
    // `start` counts bytes as if rows were contiguous: its part inside the row is `skip` elements.
    const first = (start - skip * runBytes) / runBytes + skip * step;
    const items = length / runBytes;
    const base = at / runBytes;
    for (let i = 0, source = first; i < items; i += 1, source += step) to[base + i] = from[source] ?? 0;
    skip = 0;
  });
}

/** The bytes as numbers of `width` bytes, where alignment and width allow it. Integers, so that no NaN is changed. */
function asWords(bytes: Uint8Array, width: number): Uint8Array | Uint16Array | Uint32Array | undefined {
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteOffset % width !== 0 || byteLength % width !== 0) return undefined;
  if (width === 1) return bytes;
  if (width === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  if (width === 4) return new Uint32Array(buffer, byteOffset, byteLength / 4);
  return undefined;
}
