import type { LayerDetail } from "../details.js";
import type { CheckResult } from "../types.js";

/**
 * How data travels inside the page: JSON in which a number that JSON cannot hold is `{"$number": "NaN"}`. No key of a
 * result begins with `$`, so nothing else can be taken for one. Pure: the page bundles this file.
 *
 * The details of each layer are a chunk of their own, unpacked when its page is opened: the result without them is what
 * the first paint waits for.
 */
const NUMBER = "$number";

/** Id of the element that holds the result. */
export const RESULT_CHUNK = "result";

/** Id of the element that holds the details of the pair at this place in `pairs`. */
export function detailChunk(at: number): string {
  return `detail-${at}`;
}

/** The result as text for the page, without its details. */
export function encodePageData(result: CheckResult): string {
  return encode({ ...result, details: [] });
}

/** The details of one layer as text for the page. */
export function encodeDetail(detail: LayerDetail): string {
  return encode(detail);
}

/** The inverse of `encodePageData`. The text comes from the same version of parity, in the same file. */
export function decodePageData(text: string): CheckResult {
  return decode(text) as CheckResult;
}

/** The inverse of `encodeDetail`. */
export function decodeDetail(text: string): LayerDetail {
  return decode(text) as LayerDetail;
}

function encode(data: CheckResult | LayerDetail): string {
  return JSON.stringify(data, (_key, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? { [NUMBER]: String(value) } : value,
  );
}

/** Looked through only where one of these numbers is among them. */
function decode(text: string): unknown {
  return text.includes(`{"${NUMBER}":`) ? JSON.parse(text, reviveNumber) : JSON.parse(text);
}

function reviveNumber(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(NUMBER in value)) return value;
  return Number(value[NUMBER]);
}
