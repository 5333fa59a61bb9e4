import type { z } from "zod";
import { ParityError } from "../../errors.js";
import { shardSchema } from "./schema.js";
import { SHARD_SCHEMA_VERSION, type ShardFile } from "./types.js";

/**
 * Reads a shard's file back. Throws FORMAT_INVALID when it is none, FORMAT_UNSUPPORTED when another version of the contract or
 * another parity wrote it: what two versions measure is not to be joined.
 */
export function parseShard(text: string, file: string, parityVersion: string): ShardFile {
  const data = parseText(text, file);
  const head = typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
  if (head.kind !== "parity-shard") {
    throw new ParityError("FORMAT_INVALID", `${file} is no shard of a check.`, {
      where: { file, key: "kind" },
      hint: "expected the shard-1-of-3.json that `parity check --shard 1/3` writes",
    });
  }
  if (head.schemaVersion !== SHARD_SCHEMA_VERSION || head.parityVersion !== parityVersion) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      `${file} was written by parity ${String(head.parityVersion)} (schema version ${String(head.schemaVersion)}); this is parity ${parityVersion} (schema version ${SHARD_SCHEMA_VERSION}).`,
      { where: { file, key: "parityVersion" }, hint: "Use the same parity for all shards and for the merge." },
    );
  }
  const parsed = shardSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw contractError(parsed.error, file);
}

function parseText(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError("FORMAT_INVALID", `${file} is not JSON: ${why}`, {
      where: { file },
      hint: "Was the file cut off on its way here? Copy it again, or run that shard again.",
      cause,
    });
  }
}

function contractError(error: z.ZodError, file: string): ParityError {
  const [first] = error.issues;
  const key = first?.path.map(String).join(".") ?? "";
  return new ParityError("FORMAT_INVALID", `${file} is not a whole shard: ${first?.message ?? "unknown fault"}`, {
    where: key === "" ? { file } : { file, key },
    hint: "`parity schema shard` prints its contract.",
    cause: error,
  });
}
