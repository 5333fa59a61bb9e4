import type { ParityError } from "../../errors.js";
import type { CheckResult } from "../types.js";

/** How the check of one of several models ended. */
export type ModelOutcome =
  | {
      readonly name: string;
      readonly result: CheckResult;
      readonly page: string | null;
      /** Workflow commands for GitHub; absent or empty elsewhere. */
      readonly annotations?: string;
    }
  /** It could not be run at all. The others are checked all the same. */
  | { readonly name: string; readonly error: ParityError };

/** 0 parity, 1 not parity, 2 could not judge. */
export function exitCodeOf(outcome: ModelOutcome): 0 | 1 | 2 {
  return "result" in outcome ? outcome.result.exitCode : 2;
}

/**
 * The exit code of all together is the worst of them: 2 before 1 before 0. Both 1 and 2 stop a gate; 2 also says that the answer
 * is not complete, which a 1 alone would hide. That some were not parity is in the summary and in the JSON beside it.
 */
export function combineExitCodes(outcomes: readonly ModelOutcome[]): 0 | 1 | 2 {
  const codes = outcomes.map(exitCodeOf);
  return codes.includes(2) ? 2 : codes.includes(1) ? 1 : 0;
}
