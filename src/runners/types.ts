import type { ErrorCode, ErrorPlace } from "../errors.js";

/** A line of the runner protocol (docs/protocol.md) that answers a request. */
export type RunnerMessage =
  | {
      readonly id: number;
      readonly event: "progress";
      readonly done: number;
      readonly total: number;
      readonly what: string;
    }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: RunnerFailure };

export interface RunnerFailure {
  readonly code: ErrorCode | "PRECISION_UNSUPPORTED";
  readonly message: string;
  readonly hint?: string | null;
  readonly where?: ErrorPlace | null;
  readonly detail?: string | null;
}

export type ProgressListener = (done: number, total: number, what: string) => void;
