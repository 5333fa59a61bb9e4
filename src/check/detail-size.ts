import type { DetailSize } from "../compare/detail/types.js";

/** From the most that is shown of a layer to the least. */
const SIZES: readonly DetailSize[] = [
  { cells: [128, 192], planes: 8, lens: [16, 24], bins: 64, decades: 16, entries: 256, worst: 10 },
  { cells: [128, 192], planes: 4, lens: [16, 24], bins: 64, decades: 16, entries: 256, worst: 10 },
  { cells: [96, 144], planes: 2, lens: [16, 24], bins: 48, decades: 12, entries: 192, worst: 10 },
  { cells: [48, 96], planes: 2, lens: [12, 16], bins: 48, decades: 12, entries: 96, worst: 10 },
  { cells: [24, 48], planes: 2, lens: [7, 11], bins: 32, decades: 10, entries: 48, worst: 10 },
  { cells: [24, 48], planes: 1, lens: [5, 9], bins: 24, decades: 8, entries: 32, worst: 10 },
  { cells: [16, 32], planes: 1, lens: [5, 9], bins: 24, decades: 8, entries: 24, worst: 5 },
  { cells: [12, 24], planes: 1, lens: null, bins: 16, decades: 8, entries: 16, worst: 3 },
  { cells: [8, 16], planes: 1, lens: null, bins: 12, decades: 6, entries: 12, worst: 3 },
];
/** Layers that agree begin here. */
const HEALTHY = 4;
/** Bytes of cells that all layers of a kind may take together: with base64 and the rest a report stays at a few MB. */
const BYTES = { differing: 2.5e6, healthy: 1.5e6 };
/** Reference, candidate, difference, relative and ULP. */
const VIEWS = 5;

/** How much is shown of each of `count` layers: the largest size with which all of them stay within their room. */
export function sizeOfDetails(kind: "differing" | "healthy", count: number): DetailSize {
  const share = BYTES[kind] / Math.max(1, count);
  const sizes = kind === "healthy" ? SIZES.slice(HEALTHY) : SIZES;
  const fitting = sizes.find(({ cells, planes }) => cells[0] * cells[1] * planes * VIEWS <= share);
  return fitting ?? (SIZES.at(-1) as DetailSize);
}
