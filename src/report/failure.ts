import { type ErrorCode, ParityError } from "../errors.js";

/** A check that ended without a result, as plain data for the reports that CI reads. */
export interface Failure {
  readonly name: string;
  readonly code: ErrorCode | "INTERNAL";
  readonly message: string;
  readonly hint: string | null;
  readonly detail: string | null;
  readonly place: { readonly file: string; readonly line: number | null } | null;
}

/** What went wrong in the check of this name. */
export function describeFailure(error: unknown, name: string): Failure {
  if (!(error instanceof ParityError)) {
    const message = error instanceof Error ? error.message : String(error);
    const detail = error instanceof Error ? (error.stack ?? null) : null;
    return { name, code: "INTERNAL", message, hint: null, detail, place: null };
  }
  const { where } = error;
  return {
    name,
    code: error.code,
    message: error.message,
    hint: error.hint ?? null,
    detail: error.detail ?? null,
    place: where?.file === undefined ? null : { file: where.file, line: where.line ?? null },
  };
}

/** Message and hint in one text. */
export function failureText({ message, hint }: Failure): string {
  return hint === null ? message : `${message} ${hint}`;
}
