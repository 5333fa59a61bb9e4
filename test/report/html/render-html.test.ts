import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { decodeDetail, decodePageData } from "../../../src/report/html/page-data.js";
import { renderHtml } from "../../../src/report/html/render-html.js";
import type { CheckResult } from "../../../src/report/types.js";
import { buildReportPage } from "../../helpers/report-page.js";
import { samplePair } from "../../helpers/sample-pair.js";
import { detailedResult, goodResult, hostileResult, hugeResult } from "../../helpers/sample-result.js";

beforeAll(buildReportPage);

/** The one match of a pattern's first group. */
function part(html: string, pattern: RegExp): string {
  const matches = [...html.matchAll(new RegExp(pattern, "g"))];
  expect(matches).toHaveLength(1);
  return matches[0]?.[1] ?? "";
}

test("the policy forbids every load and lets only this script and this style run", () => {
  const html = renderHtml(hostileResult());
  const policy = part(html, /http-equiv="Content-Security-Policy" content="([^"]*)"/);
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  expect(policy.split("; ")).toEqual([
    "default-src 'none'",
    `script-src ${hash(part(html, /<script>([\s\S]*?)<\/script>/))}`,
    `style-src ${hash(part(html, /<style>([\s\S]*?)<\/style>/))}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
});

test("the data in the file is the result, numbers that JSON cannot hold included", () => {
  const pair = samplePair("Infinity", { smallestTolerance: Number.POSITIVE_INFINITY, confidence: Number.NaN });
  const result: CheckResult = { ...goodResult(1), details: [], pairs: [pair], reason: '{"$number":"NaN"}' };
  const data = part(renderHtml(result), /<template id="result">([^<]*)<\/template>/);
  expect(decodePageData(gunzipSync(Buffer.from(data, "base64")).toString())).toEqual(result);
});

test("each layer's details are a chunk of their own behind the script, found by the layer's place", () => {
  const result = detailedResult();
  const html = renderHtml(result);
  expect(
    decodePageData(gunzipSync(Buffer.from(part(html, /<template id="result">([^<]*)</), "base64")).toString()),
  ).toEqual({ ...result, details: [] });
  for (const detail of result.details) {
    const at = result.pairs.findIndex((pair) => pair.id === detail.pair);
    const data = part(html, new RegExp(`<template id="detail-${at}">([^<]*)</template>`));
    expect(decodeDetail(gunzipSync(Buffer.from(data, "base64")).toString())).toEqual(detail);
  }
  expect(html.indexOf('<template id="detail-')).toBeGreaterThan(html.indexOf("</script>"));
});

test("a thousand pairs make a file that can be attached to anything", () => {
  expect(renderHtml(hugeResult()).length).toBeLessThan(4_000_000);
});
