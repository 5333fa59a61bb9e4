import type { CellScale } from "../../../details.js";

/** Byte of a cell that holds NaN or ±Inf; what the scale spans is below. */
export const NON_FINITE_CELL = 255;
const TOP = 254;

/** Bytes from base64. */
export function decodeBytes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Little-endian float32 from base64, whatever the machine's own order. */
export function decodeFloats(base64: string): Float32Array {
  const bytes = decodeBytes(base64);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length >> 2 }, (_, at) => view.getFloat32(4 * at, true));
}

/** What a byte stands for on its scale (src/report/details.ts); NaN for a cell that is not finite. */
export function valueOfCell(byte: number, { kind, low, high }: CellScale): number {
  if (byte === NON_FINITE_CELL) return Number.NaN;
  if (kind === "linear") return low === high ? low : low + (byte / TOP) * (high - low);
  if (byte === 0) return 0;
  if (low === high) return low;
  return low * (high / low) ** ((byte - 1) / (TOP - 1));
}

/** How far up the scale a byte stands, 0 to 1; -1 for the zero of a logarithmic scale. */
export function shareOfCell(byte: number, { kind, low, high }: CellScale): number {
  if (kind === "linear") return low === high ? 0.5 : byte / TOP;
  if (byte === 0) return -1;
  return low === high ? 1 : (byte - 1) / (TOP - 1);
}
