import { join } from "node:path";
import chalk from "chalk";
import { planShards } from "../../check/plan-shards.js";
import type { ResolvedConfig } from "../../config/resolved.js";
import { EXIT, ParityError } from "../../errors.js";
import { parityVersion } from "../../package-root.js";
import { formatCount } from "../../report/format-number.js";
import { renderJsonObject } from "../../report/json.js";
import { combineExitCodes, type ModelOutcome } from "../../report/models/outcome.js";
import { SHARD_SCHEMA_VERSION, type ShardFile, type ShardModel, shardFileName } from "../../report/shard/types.js";
import { createPaint } from "../../report/terminal/paint.js";
import { replaceFile } from "../../report/write-reports.js";
import type { DisplayOptions } from "../options.js";
import { shorten } from "../shorten.js";
import { type CheckModel, checkModels, printModels } from "./check-models.js";

export interface ShardRequest {
  readonly models: readonly ResolvedConfig[];
  readonly several: boolean;
  readonly out: string;
  readonly shard: { readonly index: number; readonly count: number };
  readonly display: DisplayOptions;
}

/**
 * `parity check --shard i/n`: checks this shard's cases of every model and writes `shard-i-of-n.json`, with which `parity merge`
 * joins all shards. A shard without a case writes one too: the merge counts them.
 */
export async function checkShard(request: ShardRequest, check: CheckModel): Promise<number> {
  const { models, shard, display } = request;
  if (models.some((config) => config.fix !== undefined)) {
    throw new ParityError("USAGE", "--fix needs a run of all cases, and --shard runs some of them.", {
      where: { key: "--fix" },
      hint: "Run `parity check --fix` without --shard.",
    });
  }
  const plan = await planShards(models, shard.count);
  const own = plan.keys.filter((key) => key.shard === shard.index);
  const chosen = models.flatMap((config) => {
    const onlyCases = own.filter((key) => key.model === config.name).map((key) => key.case);
    return onlyCases.length === 0 ? [] : [{ ...config, onlyCases }];
  });
  const outcomes = await checkModels(chosen, check);
  const path = join(request.out, shardFileName(shard));
  const file: ShardFile = {
    schemaVersion: SHARD_SCHEMA_VERSION,
    kind: "parity-shard",
    parityVersion: parityVersion(),
    shard,
    name: models.length === 1 ? (models[0]?.name ?? "") : models.map((config) => config.name).join(", "),
    several: request.several,
    seed: models.map((config) => config.seed),
    ...plan,
    models: outcomes.map((one) => describeOutcome(one, models)),
  };
  await replaceFile(path, renderJsonObject(file));
  if (outcomes.length === 0) {
    const cases = formatCount(plan.keys.length, "case");
    const sentence = `shard ${shard.index} of ${shard.count} has nothing to do: there are ${cases}`;
    process.stdout.write(
      display.json
        ? renderJsonObject({ schemaVersion: 1, exitCode: 0, models: [], reason: sentence })
        : `✓ ${sentence}\n`,
    );
    return EXIT.parity;
  }
  const exitCode = await printModels(outcomes, display);
  if (!display.json) {
    const { quiet, place } = createPaint(display.color && chalk.level > 0);
    process.stdout.write(`\n  ${quiet("shard")}    ${shard.index} of ${shard.count}, ${place(shorten(path))}\n`);
  }
  return exitCode === 0 ? combineExitCodes(outcomes) : exitCode;
}

function describeOutcome(outcome: ModelOutcome, models: readonly ResolvedConfig[]): ShardModel {
  const policy = models.find((config) => config.name === outcome.name)?.gate ?? NO_POLICY;
  if ("result" in outcome) return { name: outcome.name, result: outcome.result, error: null, policy };
  const { code, message, hint } = outcome.error;
  return { name: outcome.name, result: null, error: { code, message, hint: hint ?? null }, policy };
}

const NO_POLICY: ResolvedConfig["gate"] = { levels: [], waivers: [], baseline: null, coverage: null };
