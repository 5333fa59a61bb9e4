import type { CheckResult } from "../types.js";

/**
 * How the result travels inside the page: JSON in which a number that JSON cannot hold is `{"$number": "NaN"}`. No key
 * of a result begins with `$`, so nothing else can be taken for one. Pure: the page bundles this file.
 */
const NUMBER = "$number";

/** The result as text for the page. */
export function encodePageData(result: CheckResult): string {
  return JSON.stringify(result, (_key, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? { [NUMBER]: String(value) } : value,
  );
}

/** The inverse of `encodePageData`. The text comes from the same version of parity, in the same file. */
export function decodePageData(text: string): CheckResult {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !(NUMBER in value)) return value;
    return Number(value[NUMBER]);
  }) as CheckResult;
}
