import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stampOf } from "../check/warm-sides.js";

/** What each watched file was like when it was last used. */
export type Stamps = ReadonlyMap<string, string | null>;

/** Editors write in several steps, some by renaming: nothing is read before the files have been still for so long. */
const STILL_MS = 50;
/** Where the system does not tell of changes (network drives), they are looked for this often. */
const LOOK_MS = 700;

/** The stamps of files as they are now; those that are known keep what they were when they were used. */
export function takeStamps(files: Iterable<string>, known: Stamps = new Map()): Stamps {
  return new Map([...new Set(files)].map((file) => [file, known.get(file) ?? stampOf(file)]));
}

/** Waits until some of the files are not as they were, and then until they are still. Rejects when `signal` aborts. */
export async function awaitChange(stamps: Stamps, signal: AbortSignal): Promise<string[]> {
  const watchers = watchFolders([...stamps.keys()].map((file) => dirname(file)));
  try {
    for (;;) {
      const changed = changedFiles(stamps);
      if (changed.length > 0 && (await isStill(changed, signal))) return changed;
      if (changed.length === 0) await Promise.race([watchers.event(), sleep(LOOK_MS, undefined, { signal })]);
      signal.throwIfAborted();
    }
  } finally {
    watchers.close();
  }
}

function changedFiles(stamps: Stamps): string[] {
  return [...stamps].filter(([file, stamp]) => stampOf(file) !== stamp).map(([file]) => file);
}

async function isStill(files: readonly string[], signal: AbortSignal): Promise<boolean> {
  const before = files.map(stampOf);
  await sleep(STILL_MS, undefined, { signal });
  return files.every((file, at) => stampOf(file) === before[at]);
}

/** Folders, not files: a file that is replaced by renaming is another one to the system. */
function watchFolders(folders: readonly string[]): { event(): Promise<void>; close(): void } {
  let heard: (() => void) | null = null;
  const watchers = [...new Set(folders)].flatMap((folder): FSWatcher[] => {
    try {
      const watcher = watch(folder, () => heard?.());
      watcher.on("error", () => watcher.close());
      return [watcher];
    } catch {
      // Too many watches, or a folder that is gone: looking from time to time has to do.
      return [];
    }
  });
  return {
    event: () =>
      new Promise((resolve) => {
        heard = resolve;
      }),
    close() {
      for (const watcher of watchers) watcher.close();
    },
  };
}
