import { ParityError } from "../errors.js";

/** An error as `--json` gives it where there is no result. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  readonly where?: ParityError["where"];
  readonly hint?: string | undefined;
}

export function errorRecord(error: Error): ErrorRecord {
  if (!(error instanceof ParityError)) return { code: "INTERNAL", message: error.message };
  const { code, message, where, hint } = error;
  return { code, message, where, hint };
}
