import { ParityError } from "../errors.js";
import type { Candidate } from "../runners/candidate.js";

/** A candidate whose check may be given up while its process goes on. */
export interface LeavableCandidate {
  readonly candidate: Candidate;
  /** Ends when nothing that was asked is still being done. */
  idle(): Promise<void>;
}

/**
 * The candidate of one check of a watch: when `signal` aborts, what is asked of it is not waited for any longer and rejects with
 * INTERRUPTED. The process stays, for the next check.
 */
export function leaveCandidate(candidate: Candidate, signal: AbortSignal | undefined): LeavableCandidate {
  let last: Promise<unknown> = Promise.resolve();
  const ask = async <T>(request: () => Promise<T>): Promise<T> => {
    if (signal?.aborted === true) throw new ParityError("INTERRUPTED", "interrupted");
    const asked = request();
    last = Promise.allSettled([last, asked]);
    if (signal === undefined) return asked;
    let leave: () => void = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(new ParityError("INTERRUPTED", "interrupted"));
      signal.addEventListener("abort", leave, { once: true });
    });
    try {
      return await Promise.race([asked, left]);
    } finally {
      signal.removeEventListener("abort", leave);
    }
  };
  return {
    idle: async () => {
      await last;
    },
    candidate: {
      ...candidate,
      hello: () => ask(() => candidate.hello()),
      open: () => ask(() => candidate.open()),
      weights: (...given) => ask(() => candidate.weights(...given)),
      record: (...given) => ask(() => candidate.record(...given)),
      probe: (...given) => ask(() => candidate.probe(...given)),
      trace: (...given) => ask(() => candidate.trace(...given)),
      close: async () => candidate.rest(),
    },
  };
}
