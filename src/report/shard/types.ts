import type { ResolvedGate } from "../../config/resolved.js";
import type { CheckResult } from "../types.js";

export const SHARD_SCHEMA_VERSION = 1;

/** One case of one model. */
export interface ShardKey {
  readonly model: string;
  readonly case: string;
}

/** What the shards of one run must agree in, each as a sha256. */
export interface ShardFingerprint {
  /** What the configuration and the command line say of what is checked and how. */
  readonly config: string;
  /** The graphs and the indices of the checkpoints, which hold a checksum of every tensor. */
  readonly reference: string;
  /** The ports' own files. */
  readonly candidate: string;
  /** The values of all cases' inputs. */
  readonly inputs: string;
}

/** How one model fared in one shard. */
export interface ShardModel {
  readonly name: string;
  /** Null when it could not be run; `error` says why. */
  readonly result: CheckResult | null;
  readonly error: ShardError | null;
  /** What the gate demands of all shards together. */
  readonly policy: ResolvedGate;
}

export interface ShardError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** `shard-i-of-n.json`: what one of several jobs found, and what it needs to be joined with the others. */
export interface ShardFile {
  readonly schemaVersion: typeof SHARD_SCHEMA_VERSION;
  readonly kind: "parity-shard";
  readonly parityVersion: string;
  readonly shard: { readonly index: number; readonly count: number };
  readonly name: string;
  /** Whether the configuration lists models by name. */
  readonly several: boolean;
  readonly seed: readonly number[];
  readonly fingerprint: ShardFingerprint;
  /** Every case of every model in full order, and which shard has it. */
  readonly keys: readonly (ShardKey & { readonly shard: number })[];
  /** Those models of which this shard has cases. */
  readonly models: readonly ShardModel[];
}

/** The name of a shard's file. */
export function shardFileName({ index, count }: ShardFile["shard"]): string {
  return `shard-${index}-of-${count}.json`;
}
