import type { CheckResult } from "../types.js";

/**
 * How the result travels inside the page: JSON in which a number that JSON cannot hold is `{"$number": "NaN"}`. No key
 * of a result begins with `$`, so nothing else can be taken for one. The details of the layers, many plain numbers, are a
 * line of their own, and looked through only where one of these is among them. Pure: the page bundles this file.
 */
const NUMBER = "$number";

/** The result as text for the page. */
export function encodePageData(result: CheckResult): string {
  const { details, ...rest } = result;
  return `${encode(rest)}\n${encode(details)}`;
}

function encode(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === "number" && !Number.isFinite(one) ? { [NUMBER]: String(one) } : one,
  );
}

/** The inverse of `encodePageData`. The text comes from the same version of parity, in the same file. */
export function decodePageData(text: string): CheckResult {
  // Nothing in JSON holds a line break, and no text a quote that is not escaped.
  const [rest = "", details = "[]"] = text.split("\n");
  return { ...(decode(rest) as Omit<CheckResult, "details">), details: decode(details) as CheckResult["details"] };
}

function decode(text: string): unknown {
  if (!text.includes(`{"${NUMBER}":`)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !(NUMBER in value)) return value;
    return Number(value[NUMBER]);
  });
}
