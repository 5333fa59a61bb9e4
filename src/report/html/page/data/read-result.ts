import type { CheckResult } from "../../../types.js";
import { decodePageData, RESULT_CHUNK } from "../../page-data.js";
import { readChunk } from "./read-chunk.js";

/** The result that is embedded in this file, without the details of its layers. */
export async function readResult(): Promise<CheckResult> {
  const text = await readChunk(RESULT_CHUNK);
  if (text === null) throw new Error("the file holds no result");
  return decodePageData(text);
}
