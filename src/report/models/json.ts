import { errorRecord } from "../error-record.js";
import { renderJsonObject } from "../json.js";
import { RESULT_SCHEMA_VERSION } from "../types.js";
import { combineExitCodes, type ModelOutcome } from "./outcome.js";

/** `--json` of several models: the result of each, or why there is none, and the exit code of all together. */
export function renderModelsJson(outcomes: readonly ModelOutcome[]): string {
  return renderJsonObject({
    schemaVersion: RESULT_SCHEMA_VERSION,
    exitCode: combineExitCodes(outcomes),
    models: outcomes.map((outcome) =>
      "result" in outcome
        ? outcome.result
        : {
            schemaVersion: RESULT_SCHEMA_VERSION,
            name: outcome.name,
            verdict: "inconclusive",
            exitCode: 2,
            error: errorRecord(outcome.error),
          },
    ),
  });
}
