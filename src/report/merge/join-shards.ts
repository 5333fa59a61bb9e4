import type { ResolvedGate } from "../../config/resolved.js";
import { type ErrorCode, ParityError } from "../../errors.js";
import type { CheckResult } from "../types.js";
import { checkShards, type NamedShard } from "./check-shards.js";
import { mergeResults } from "./merge-results.js";

/** What all shards together say of one model. */
export type JoinedModel =
  | { readonly name: string; readonly result: CheckResult; readonly policy: ResolvedGate }
  | { readonly name: string; readonly error: ParityError };

/**
 * Joins the shards of one run into one result per model, in the order of the run. A model that could not be run in some shard is
 * not judged, whatever the others found: not all of its cases were looked at.
 *
 * @throws ParityError USAGE when they are not all the shards of one run
 */
export function joinShards(shards: readonly NamedShard[]): JoinedModel[] {
  checkShards(shards);
  const ordered = [...shards].sort((a, b) => a.shard.shard.index - b.shard.shard.index);
  const keys = ordered[0]?.shard.keys ?? [];
  const names = [...new Set(keys.map((key) => key.model))];
  return names.map((name) =>
    joinModel(
      name,
      ordered,
      keys.filter((key) => key.model === name).map((key) => key.case),
    ),
  );
}

function joinModel(name: string, shards: readonly NamedShard[], order: readonly string[]): JoinedModel {
  const own = shards.flatMap(({ shard }) => {
    const model = shard.models.find((one) => one.name === name);
    return model === undefined ? [] : [{ label: `shard ${shard.shard.index}/${shard.shard.count}`, ...model }];
  });
  const results = own.flatMap(({ label, result }) => (result === null ? [] : [{ label, result }]));
  const policy = own[0]?.policy ?? { levels: [], waivers: [], baseline: null, coverage: null };
  const failed = own.find((one) => one.error !== null);
  if (failed?.error) {
    const { code, message, hint } = failed.error;
    if (results.length === 0)
      return { name, error: new ParityError(code as ErrorCode, message, hint === null ? {} : { hint }) };
    return {
      name,
      result: withoutVerdict(mergeResults(results, order), `${failed.label} could not be run: ${message}`),
      policy,
    };
  }
  return { name, result: mergeResults(results, order), policy };
}

/** What was found stays in the report; the verdict does not, because cases are missing. */
function withoutVerdict(result: CheckResult, reason: string): CheckResult {
  return {
    ...result,
    verdict: "inconclusive",
    exitCode: 2,
    reason,
    summary: { ...result.summary, sentence: `Could not judge: ${reason}` },
  };
}
