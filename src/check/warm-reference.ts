import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Reference, ReferenceCase, SideRecording } from "../runners/reference.js";
import type { Original } from "../tensorflow/understand-original.js";

interface Kept {
  readonly original: Original;
  readonly key: string;
  readonly recording: SideRecording;
}

/**
 * A reference that outlives checks: what it restored stays restored, and what it recorded is given again as long as original and
 * inputs are the same. `close` only lets it rest; `end` ends it. Its own folder holds what must outlive a check.
 */
export interface WarmReference extends Reference {
  end(): Promise<void>;
}

export function keepReference(runner: Reference, folder: string): WarmReference {
  let versions: ReturnType<Reference["hello"]> | null = null;
  let opened: Original | null = null;
  let kept: Kept | null = null;
  let count = 0;
  return {
    ...runner,
    hello() {
      versions ??= runner.hello();
      return versions;
    },
    async open(original) {
      if (opened === original) return;
      opened = null;
      mkdirSync(folder, { recursive: true });
      await runner.open(original, folder);
      opened = original;
    },
    async record(original, cases, _out, onProgress) {
      const key = keyOf(cases);
      if (kept !== null && kept.original === original && kept.key === key && existsSync(kept.recording.directory))
        return kept.recording;
      if (kept !== null) rmSync(kept.recording.directory, { recursive: true, force: true });
      kept = null;
      count++;
      const recording = await runner.record(original, cases, join(folder, `recording-${count}`), onProgress);
      kept = { original, key, recording };
      return recording;
    },
    async close() {
      runner.rest();
    },
    end: () => runner.close(),
  };
}

/** The inputs themselves: each check writes them into a file of its own. */
function keyOf(cases: readonly ReferenceCase[]): string {
  const hash = createHash("sha256").update(
    JSON.stringify(cases.map((one) => [one.id, one.inputs.map((input) => input.name)])),
  );
  const files = new Set(cases.flatMap((one) => one.inputs.map((input) => input.file)));
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}
