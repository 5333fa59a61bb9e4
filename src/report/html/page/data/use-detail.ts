import { useEffect, useState } from "preact/hooks";
import type { LayerDetail } from "../../../details.js";
import { decodeDetail, detailChunk } from "../../page-data.js";
import { readChunk } from "./read-chunk.js";

/** Details of one layer: on their way, here, not in this file, or damaged. */
export type DetailState =
  | { readonly state: "loading" | "none" }
  | { readonly state: "here"; readonly detail: LayerDetail }
  | { readonly state: "damaged"; readonly why: string };

const LOADING: DetailState = { state: "loading" };

/** The details of the pair at this place in `pairs`, unpacked when they are first asked for. */
export function useDetail(at: number): DetailState {
  const [held, setHeld] = useState<{ readonly at: number; readonly value: DetailState }>({ at, value: LOADING });
  useEffect(() => {
    let wanted = true;
    void readDetail(at).then((value) => {
      if (wanted) setHeld({ at, value });
    });
    return () => {
      wanted = false;
    };
  }, [at]);
  // What was read for the layer before must not be shown for this one, not even for one frame.
  return held.at === at ? held.value : LOADING;
}

async function readDetail(at: number): Promise<DetailState> {
  await wholeFile();
  try {
    const text = await readChunk(detailChunk(at));
    return text === null ? { state: "none" } : { state: "here", detail: decodeDetail(text) };
  } catch (error) {
    return { state: "damaged", why: error instanceof Error ? error.message : String(error) };
  }
}

/** Details stand at the end of the file, which may still be on its way. */
function wholeFile(): Promise<void> {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
  });
}
