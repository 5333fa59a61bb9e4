import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ParityError } from "../errors.js";
import { formatBytes } from "../report/format-bytes.js";
import { shortPath } from "../runners/golden/record-command.js";

/** Refuses a golden that grows beyond what was allowed, before it fills the disk. */
export class SizeLimit {
  readonly #maxBytes: number;
  readonly #out: string;

  constructor(maxBytes: number, out: string) {
    this.#maxBytes = maxBytes;
    this.#out = out;
  }

  /** Bytes that the folder has now, and would have with `coming` more. Throws USAGE with what makes a golden smaller. */
  check(draft: string, coming = 0, what = "it"): void {
    const bytes = folderBytes(draft) + coming;
    if (bytes <= this.#maxBytes) return;
    throw new ParityError(
      "USAGE",
      `The golden ${shortPath(this.#out)} would have more than ${formatBytes(this.#maxBytes)}: ${what} makes ${formatBytes(bytes)}.`,
      {
        where: { file: this.#out, key: "--max-size" },
        hint: "Store hidden states in 16 bits (--storage float16) or as sketches (--storage sketch), fewer of them (--taps 'model/h*'), fewer or shorter inputs, no inner tensors (--inner none), no weights (--weights none); or allow more: --max-size 2GB",
      },
    );
  }

  /** Whether so many bytes more stay within it. */
  allows(draft: string, coming: number): boolean {
    return folderBytes(draft) + coming <= this.#maxBytes;
  }
}

/** Bytes of all files of a folder; what is under `scratch` is removed before the golden is complete. */
function folderBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    if (entry.name === "scratch") return sum;
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? folderBytes(path) : statSync(path).size);
  }, 0);
}
