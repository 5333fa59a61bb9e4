import { ParityError } from "../../errors.js";
import type { ShardFile, ShardFingerprint } from "../shard/types.js";

/** A shard and the file that it was read from, as the user typed it. */
export interface NamedShard {
  readonly file: string;
  readonly shard: ShardFile;
}

const DIFFERS: Readonly<Record<keyof ShardFingerprint, string>> = {
  config: "another configuration",
  reference: "another original (its graph or the index of its checkpoint)",
  candidate: "another port (its file, or the size of its weights)",
  inputs: "other inputs",
};

/**
 * Makes sure that the shards are all those of one run, each once. Throws USAGE that names the file and what does not fit:
 * another number of shards, another seed, configuration, model or inputs, a shard that is there twice, one that is missing.
 */
export function checkShards(shards: readonly NamedShard[]): void {
  const [first, ...others] = shards;
  if (first === undefined) {
    throw new ParityError("USAGE", "There is no shard to merge.", {
      hint: "Give the shard-1-of-3.json files that `parity check --shard 1/3` wrote, or their folders.",
    });
  }
  for (const other of others) checkSame(first, other);
  const { count } = first.shard.shard;
  const byIndex = new Map<number, string>();
  for (const { file, shard } of shards) {
    const known = byIndex.get(shard.shard.index);
    if (known !== undefined)
      throw refuse(
        file,
        `Shard ${shard.shard.index} of ${count} is there twice: ${known} and ${file}.`,
        "Give each once.",
      );
    byIndex.set(shard.shard.index, file);
  }
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !byIndex.has(index));
  if (missing.length > 0) {
    const names = missing.map((index) => `${index} of ${count}`).join(", ");
    throw refuse(
      first.file,
      `${missing.length === 1 ? "A shard is" : `${missing.length} shards are`} missing: ${names}.`,
      "A merge that left cases out would be no gate. Run what is missing, and give all files.",
    );
  }
  for (const { file, shard } of shards) checkComplete(file, shard);
}

function checkSame(first: NamedShard, other: NamedShard): void {
  const [a, b] = [first.shard, other.shard];
  if (a.shard.count !== b.shard.count) {
    const counts = `${a.shard.count} and ${b.shard.count}`;
    throw refuse(
      other.file,
      `${first.file} and ${other.file} are shards of ${counts}.`,
      "Merge the shards of one run.",
    );
  }
  if (a.seed.join() !== b.seed.join()) {
    const seeds = `${a.seed.join(", ")} and ${b.seed.join(", ")}`;
    throw refuse(
      other.file,
      `${first.file} and ${other.file} have the seeds ${seeds}.`,
      "Use one seed for all shards.",
    );
  }
  for (const key of Object.keys(DIFFERS) as (keyof ShardFingerprint)[]) {
    if (a.fingerprint[key] === b.fingerprint[key]) continue;
    throw refuse(
      other.file,
      `${other.file} was made with ${DIFFERS[key]} than ${first.file}.`,
      "All shards of a run have one configuration, one pair of models and the same inputs.",
    );
  }
  if (JSON.stringify(a.keys) !== JSON.stringify(b.keys))
    throw refuse(other.file, `${first.file} and ${other.file} divide the cases differently.`, "Run all shards again.");
}

/** Every case that is this shard's must be in its result: a file may have been cut by hand. */
function checkComplete(file: string, shard: ShardFile): void {
  const { index } = shard.shard;
  for (const key of shard.keys.filter((one) => one.shard === index)) {
    const model = shard.models.find((one) => one.name === key.model);
    if (model !== undefined && (model.result === null || model.result.cases.some((one) => one.id === key.case)))
      continue;
    throw refuse(
      file,
      `${file} lacks case ${key.case} of ${key.model}, which is this shard's.`,
      "Run that shard again.",
    );
  }
}

function refuse(file: string, message: string, hint: string): ParityError {
  return new ParityError("USAGE", message, { where: { file }, hint });
}
