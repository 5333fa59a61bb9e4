import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { filesOfReference } from "../config/files-of-reference.js";
import { GOLDEN_MANIFEST } from "../config/golden-folder.js";
import { candidateFiles, requireCandidate, requireReference } from "../config/models.js";
import type { ResolvedConfig, ResolvedReference } from "../config/resolved.js";
import { nearModelPath } from "../config/torch-models.js";
import { ParityError } from "../errors.js";
import { elementCount } from "../formats/dtype.js";
import { hashInput } from "../inputs/hash-input.js";
import type { Case } from "../inputs/types.js";
import type { ShardFile, ShardFingerprint } from "../report/shard/types.js";
import { openGolden } from "../runners/golden/open-golden.js";
import type { Original } from "../tensorflow/understand-original.js";
import { assignShards, type Work } from "./assign-shards.js";
import { understandGolden } from "./golden-source.js";
import { casesOf, readOriginal } from "./read-original.js";
import { readableReference } from "./readable-reference.js";

/** Which shard has which case, and by what shards of one run know each other. */
export interface ShardPlan {
  readonly keys: ShardFile["keys"];
  readonly fingerprint: ShardFingerprint;
}

/**
 * Gives every case of every model to exactly one of `count` shards, about equally by size. No model is run: cases follow from the
 * graphs and the configuration, so that every job comes to the same plan by itself.
 *
 * @throws ParityError when a model cannot be read, and USAGE when two models have one name
 */
export async function planShards(models: readonly ResolvedConfig[], count: number): Promise<ShardPlan> {
  const work: Work[] = [];
  const inputs = createHash("sha256");
  for (const config of models) {
    if (work.some((one) => one.model === config.name)) throw sameName(config.name);
    const scratch = mkdtempSync(join(tmpdir(), "parity-"));
    const original = await readAny(config, scratch).catch((error: unknown) => {
      rmSync(scratch, { recursive: true, force: true });
      throw error;
    });
    try {
      const bytes = weightBytes(original);
      for (const one of casesOf(original, config)) {
        work.push({ model: config.name, case: one.id, size: elementsOf(one) * bytes });
        for (const input of one.inputs) inputs.update(`${config.name}/${one.id}/${input.name} ${hashInput(input)}\n`);
      }
    } finally {
      original.checkpoint.close();
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  const shards = assignShards(work, count);
  return {
    keys: work.map((one, at) => ({ model: one.model, case: one.case, shard: shards[at] ?? 1 })),
    fingerprint: {
      config: sha256(JSON.stringify(models.map(describe))),
      reference: sha256(...models.flatMap(referenceFiles)),
      candidate: sha256(...models.flatMap(filesOfCandidate)),
      inputs: inputs.digest("hex"),
    },
  };
}

/** Work grows with what is fed and with what it is multiplied by; a case without elements still costs a run. */
function elementsOf(one: Case): number {
  return Math.max(
    1,
    one.inputs.reduce((sum, input) => sum + elementCount(input.shape), 0),
  );
}

function weightBytes({ checkpoint, variables }: Original): number {
  const keys = new Set(variables.map((variable) => variable.key));
  return Math.max(
    1,
    [...keys].reduce((sum, key) => sum + elementCount(checkpoint.tensors.get(key)?.shape ?? []), 0),
  );
}

/** What is checked and how, without what may differ between jobs: places of folders, time limits, threads, reports. */
function describe(config: ResolvedConfig): object {
  const { name, inputs, map, tolerance, precision, seed, floors, selfNoise, gate } = config;
  const here = config.configPath === null ? process.cwd() : dirname(config.configPath);
  const near = (path: string): string => relative(here, path);
  return {
    name,
    reference: describeReference(config.reference, near),
    candidate: {
      ...config.candidate,
      model: nearModelPath(config.candidate.model, here),
      weights: null,
      python: null,
      env: {},
    },
    inputs: {
      texts: inputs.texts,
      files: inputs.files.map(near),
      values: inputs.values.map(({ name: input, spec }) => [input, spec]),
      generate: inputs.generate,
      layout: inputs.layout ?? {},
    },
    map: Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)),
    tolerance,
    precision,
    seed,
    floors,
    selfNoise,
    gate: { ...gate, baseline: gate.baseline === null ? null : { ...gate.baseline, file: near(gate.baseline.file) } },
  };
}

/** Interpreters may lie elsewhere on another machine. */
function describeReference(
  { python: _, env: __, ...reference }: ResolvedReference,
  near: (path: string) => string,
): object {
  const { model, weights } = reference;
  return { ...reference, model: near(model), weights: weights === null ? null : near(weights) };
}

/** The folder of the golden that stands for the original; null where the original itself is run. */
function goldenOf(config: ResolvedConfig): string | null {
  if (config.golden !== undefined) return config.golden.path;
  const model = requireReference(config.reference.model);
  return model.kind === "golden" ? model.directory : null;
}

async function readAny(config: ResolvedConfig, scratch: string): Promise<Original> {
  const golden = goldenOf(config);
  if (golden !== null) return understandGolden(config, openGolden(golden));
  const settings = { folder: scratch, seed: config.seed, timeoutMs: config.timeout * 1000 };
  return readOriginal((await readableReference(config.reference, settings)).reference);
}

/** The index has a checksum of every tensor, and the manifest of a golden one of every file: the data itself need not be read. */
function referenceFiles(config: ResolvedConfig): Buffer[] {
  const golden = goldenOf(config);
  if (golden !== null) return [readFileSync(join(golden, GOLDEN_MANIFEST))];
  return (filesOfReference(config.reference)?.index ?? []).map((path) => readFileSync(path));
}

/** A state dict may be large and was made from the same files in every job: its size has to do. */
function filesOfCandidate({ candidate }: ResolvedConfig): (Buffer | string)[] {
  const files = candidateFiles(requireCandidate(candidate.model)).filter((path) => /\.(?:py|json)$/.test(path));
  const weights = candidate.weights === null ? undefined : statSync(candidate.weights, { throwIfNoEntry: false });
  return [...files.map((path) => readFileSync(path)), `weights ${weights?.size ?? 0}`];
}

function sha256(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest("hex");
}

function sameName(name: string): ParityError {
  return new ParityError("USAGE", `Two models have the name ${name}.`, {
    where: { key: "models" },
    hint: "Give each model a name of its own.",
  });
}
