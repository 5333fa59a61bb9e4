import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { filesOfReference } from "../config/files-of-reference.js";
import { GOLDEN_MANIFEST } from "../config/golden-folder.js";
import { requireReference } from "../config/models.js";
import type { ResolvedReference } from "../config/resolved.js";
import type { Candidate, CandidateOptions } from "../runners/candidate.js";
import { type ExportedOriginal, type ExportOptions, exportOriginal } from "../runners/export-original.js";
import { type ReferenceOptions, startReference } from "../runners/reference.js";
import type { Original } from "../tensorflow/understand-original.js";
import { leaveCandidate } from "./leave-candidate.js";
import { readOriginal } from "./read-original.js";
import { startAnyCandidate } from "./start-candidate.js";
import type { SideStarter } from "./start-sides.js";
import { keepReference, type WarmReference } from "./warm-reference.js";

/** So long a port may take over what it was last asked before it is ended: torch is imported again in about as long. */
const PATIENCE_MS = 2000;

/** Something that is kept as long as what it was made from is the same. */
interface Kept<T> {
  readonly key: string;
  readonly value: T;
}

/**
 * Both sides kept between the checks of a watch: the original restored and recorded, Python running with torch imported. A check
 * "starts" and "closes" them as if they were its own. What changed underneath is made anew, and so is a side that failed in a way
 * that its process may not have survived.
 */
export class WarmSides implements SideStarter {
  private closeOriginal: () => void = () => {};
  private original: Kept<Original> | null = null;
  private reference: Kept<WarmReference> | null = null;
  private candidate: Kept<Candidate> | null = null;
  private exported: Kept<Promise<ExportedOriginal>> | null = null;
  private exports = 0;
  private readonly ending: Promise<unknown>[] = [];
  private idle: () => Promise<void> = async () => {};

  /** @param folder a scratch folder of the watch; @param signal ends both sides */
  constructor(
    private readonly folder: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Exported again when the files that were named have changed; an export that failed is no answer for the next check. */
  async exportOriginal({ signal: _, out: __, ...options }: ExportOptions): Promise<ExportedOriginal> {
    const files = filesOfReference({ model: options.source, weights: options.weights });
    const key = JSON.stringify([options, [...(files?.index ?? []), ...(files?.data ?? [])].map(stampOf)]);
    if (this.exported?.key !== key) {
      this.exports++;
      const out = join(this.folder, `exported-${this.exports}`);
      this.exported = { key, value: exportOriginal({ ...options, out, signal: this.signal }) };
      this.exported.value.catch(() => {
        this.exported = null;
      });
    }
    return this.exported.value;
  }

  readOriginal(reference: ResolvedReference): Original {
    const key = JSON.stringify([reference, referenceFiles(reference).map(stampOf)]);
    if (this.original?.key !== key) {
      this.closeOriginal();
      const original = readOriginal(reference);
      this.closeOriginal = () => original.checkpoint.close();
      // The check closes its checkpoint; this one is read again by the next.
      this.original = { key, value: { ...original, checkpoint: { ...original.checkpoint, close() {} } } };
    }
    return this.original.value;
  }

  startReference({ threads, timeoutMs }: ReferenceOptions): WarmReference {
    const key = JSON.stringify([threads, timeoutMs]);
    if (this.reference?.key !== key) {
      if (this.reference !== null) this.ending.push(this.reference.value.end());
      const runner = startReference({ threads, timeoutMs, signal: this.signal });
      this.reference = { key, value: keepReference(runner, join(this.folder, "reference")) };
    }
    this.reference.value.renew();
    return this.reference.value;
  }

  /** @param options its signal gives up this check, and leaves the process to the next one */
  startCandidate({ signal, ...options }: CandidateOptions): Candidate {
    const key = JSON.stringify(options);
    if (this.candidate?.key !== key) {
      if (this.candidate !== null) this.ending.push(this.candidate.value.close());
      // Compiled files are trusted by the second in which their source changed: a quick change would not be seen.
      const env = { PYTHONDONTWRITEBYTECODE: "1", ...options.env };
      this.candidate = { key, value: startAnyCandidate({ ...options, env, signal: this.signal, watch: true }) };
    }
    const { value } = this.candidate;
    value.renew();
    const leavable = leaveCandidate(value, signal);
    this.idle = leavable.idle;
    return leavable.candidate;
  }

  /** After a check: the port's own files; null when its process did not live to tell. The next one has its imports ready. */
  async settle(): Promise<readonly string[] | null> {
    try {
      if (!(await this.isIdle())) {
        // A check that was given up may have left it in a forward pass that takes long: starting anew does not.
        const { candidate } = this;
        this.candidate = null;
        if (candidate !== null) this.ending.push(candidate.value.close());
        return null;
      }
      const imports = await this.candidate?.value.imports();
      if (imports === undefined) return null;
      this.candidate?.value.renew();
      await this.candidate?.value.preload(imports.modules);
      this.candidate?.value.rest();
      return imports.files;
    } catch {
      return null;
    }
  }

  private async isIdle(): Promise<boolean> {
    const stop = new AbortController();
    const late = sleep(PATIENCE_MS, false, { signal: stop.signal }).catch(() => false);
    const isIdle = await Promise.race([this.idle().then(() => true), late]);
    stop.abort();
    return isIdle;
  }

  /** Ends what an error may have left unusable; the next check starts it anew. */
  async discard(): Promise<void> {
    const ending = [this.reference?.value.end(), this.candidate?.value.close()];
    this.reference = null;
    this.candidate = null;
    await Promise.all(ending);
  }

  async close(): Promise<void> {
    await Promise.all([this.discard(), ...this.ending]);
    this.closeOriginal();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The files of an original: what has to be watched on its side. */
export function referenceFiles(reference: ResolvedReference): string[] {
  const model = requireReference(reference.model);
  if (model.kind === "golden") return [join(model.directory, GOLDEN_MANIFEST)];
  const files = filesOfReference(reference);
  return [...(files?.index ?? []), ...(files?.data ?? [])];
}

/** What changes when a file is written or replaced; null when it is not there. */
export function stampOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? null : `${found.size} ${found.mtimeNs} ${found.ino}`;
}
