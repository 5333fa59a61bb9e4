/**
 * Errors that a user can act on. Everything that is not a `ParityError` is a bug in parity itself and keeps its stack.
 */

/** Exit codes of the command line (DESIGN: "a gate that compared nothing does not pass"). */
export const EXIT = { parity: 0, mismatch: 1, couldNotJudge: 2, interrupted: 130 } as const;

export type ErrorCode =
  /** The command line or the configuration says something that cannot be used. */
  | "USAGE"
  | "CONFIG_INVALID"
  /** A file that should be there is not, or cannot be read. */
  | "FILE_NOT_FOUND"
  /** A model file does not hold what its format demands: truncated, corrupt, over a limit. */
  | "FORMAT_INVALID"
  /** A well-formed file that uses something parity does not read. */
  | "FORMAT_UNSUPPORTED"
  /** A runtime (TensorFlow, PyTorch, tfjs-node) is missing or cannot start. */
  | "RUNTIME_MISSING"
  | "REFERENCE_FAILED"
  /** The variables in the session are not those of the checkpoint. */
  | "REFERENCE_NOT_RESTORED"
  | "CANDIDATE_FAILED"
  /** The user's own code raised; `detail` holds its traceback. */
  | "CANDIDATE_RAISED"
  | "TIMEOUT"
  | "RUNNER_DIED"
  | "INPUTS_INVALID"
  | "NOTHING_COMPARED"
  | "INTERRUPTED";

export interface ErrorPlace {
  readonly file?: string;
  /** Byte offset in `file`. */
  readonly offset?: number;
  readonly line?: number;
  /** The key, tensor name or option concerned. */
  readonly key?: string;
}

export interface ParityErrorOptions {
  /** What the user can do next, as a sentence or a command. */
  readonly hint?: string;
  readonly where?: ErrorPlace;
  /** Longer text shown below the message: a traceback, the last lines of a log. */
  readonly detail?: string;
  readonly cause?: unknown;
}

export class ParityError extends Error {
  override readonly name = "ParityError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: ErrorPlace | undefined;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, options: ParityErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.where = options.where;
    this.detail = options.detail;
  }
}

/** A `FORMAT_INVALID` error: which file, where in it, and what was expected there. */
export function formatError(message: string, where: ErrorPlace, hint?: string): ParityError {
  return new ParityError("FORMAT_INVALID", message, hint === undefined ? { where } : { where, hint });
}
