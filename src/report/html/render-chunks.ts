import { gzipSync } from "node:zlib";
import type { CheckResult } from "../types.js";
import { detailChunk, encodeDetail, encodePageData, RESULT_CHUNK } from "./page-data.js";

/** The result as an inert element: gzip in base64, whose alphabet has nothing that HTML could take for markup. */
export function renderResultChunk(result: CheckResult): string {
  return renderChunk(RESULT_CHUNK, encodePageData(result));
}

/** One such element for each layer that has details. Details of a pair that the result does not have are left out. */
export function renderDetailChunks(result: CheckResult): string[] {
  const places = new Map(result.pairs.map((pair, at) => [pair.id, at]));
  return result.details.flatMap((detail) => {
    const at = places.get(detail.pair);
    return at === undefined ? [] : [renderChunk(detailChunk(at), encodeDetail(detail))];
  });
}

function renderChunk(id: string, text: string): string {
  return `<template id="${id}">${gzipSync(text).toString("base64")}</template>`;
}
