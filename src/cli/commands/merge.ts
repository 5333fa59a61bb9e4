import { cpSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { gateMerged } from "../../check/gate-merged.js";
import type { ReportFormat } from "../../config/report-formats.js";
import { ParityError } from "../../errors.js";
import { parityVersion } from "../../package-root.js";
import { announce, findContext, renderJson, wantsGitHub, writeReports } from "../../report/index.js";
import type { NamedShard } from "../../report/merge/check-shards.js";
import { type JoinedModel, joinShards } from "../../report/merge/join-shards.js";
import type { ModelOutcome } from "../../report/models/outcome.js";
import { parseShard } from "../../report/shard/parse-shard.js";
import type { DisplayOptions } from "../options.js";
import { shorten } from "../shorten.js";
import { printModels } from "./check-models.js";

export interface MergeOptions {
  /** Files of shards, or folders that hold some at any depth. */
  readonly paths: readonly string[];
  readonly out: string | undefined;
  readonly formats: readonly ReportFormat[];
  readonly display: DisplayOptions;
}

const SHARD_FILE = /^shard-\d+-of-\d+\.json$/;
/** As deep as artifacts of jobs are unpacked; a folder of everything is not searched to its ends. */
const DEEPEST = 4;

/** `parity merge`: joins the shards of one run, writes the reports, prints as `parity check` does, and gives its exit code. */
export async function runMerge({ paths, out, formats, display }: MergeOptions): Promise<number> {
  const files = paths.flatMap((path) => shardFiles(path));
  const version = parityVersion();
  const shards: NamedShard[] = files.map((file) => ({
    file,
    shard: parseShard(readFileSync(file, "utf8"), file, version),
  }));
  const joined = joinShards(shards);
  const [first] = shards;
  const several = first?.shard.several === true;
  const folder = resolve(out ?? join("reports", several ? "" : (first?.shard.name ?? "merged")));
  const [alone] = joined;
  // The error of the only model is shown as `parity check` shows it.
  if (!several && alone !== undefined && "error" in alone) throw alone.error;
  const outcomes: ModelOutcome[] = [];
  for (const one of joined)
    outcomes.push(await writeJoined(one, several ? join(folder, one.name) : folder, formats, shards));
  const [only] = outcomes;
  if (!several && display.json && only !== undefined && "result" in only) {
    process.stdout.write(renderJson(only.result));
    return only.result.exitCode;
  }
  return printModels(outcomes, display);
}

function shardFiles(path: string): string[] {
  if (!existsSync(path)) {
    throw new ParityError("FILE_NOT_FOUND", `There is no file or folder ${path}.`, {
      where: { file: path },
      hint: "Give the shard-1-of-3.json files that `parity check --shard 1/3` wrote, or their folders.",
    });
  }
  if (!statSync(path).isDirectory()) return [path];
  const found = search(path, 0);
  if (found.length > 0) return found;
  throw new ParityError("FILE_NOT_FOUND", `There is no shard-…-of-….json in ${path}.`, {
    where: { file: path },
    hint: "Shards are written into the folder that --out names, else into reports/<name>.",
  });
}

function search(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth < DEEPEST && entry.name !== "node_modules" ? search(path, depth + 1) : [];
    return SHARD_FILE.test(entry.name) ? [path] : [];
  });
}

async function writeJoined(
  joined: JoinedModel,
  dir: string,
  formats: readonly ReportFormat[],
  shards: readonly NamedShard[],
): Promise<ModelOutcome> {
  if ("error" in joined) return joined;
  const { name } = joined;
  const gated = await gateMerged(joined.result, joined.policy);
  const result = {
    ...gated,
    findings: gated.findings.map((finding) => {
      if (finding.repro === undefined || formats.length === 0) return finding;
      const { repro, ...rest } = finding;
      return copyReproduction(repro, name, dir, shards) ? finding : rest;
    }),
  };
  const context = findContext(process.cwd(), null);
  const written = await writeReports(result, { dir, formats, context });
  const annotations = wantsGitHub(formats, process.env) ? await announce({ result }, context, process.env) : "";
  const page = written.find((path) => path.endsWith(".html")) ?? written[0];
  return { name, result, page: page === undefined ? null : shorten(page), annotations };
}

/** The script of a finding lies beside the report of the shard that wrote it. False when it was not brought along. */
function copyReproduction(repro: string, model: string, dir: string, shards: readonly NamedShard[]): boolean {
  const to = join(dir, repro);
  for (const { file, shard } of shards) {
    const from = join(dirname(file), shard.several ? model : "", repro);
    if (!/^repro-[^/\\]+$/.test(repro) || !existsSync(from)) continue;
    if (resolve(from) !== resolve(to)) cpSync(from, to, { recursive: true });
    return true;
  }
  return false;
}
