import { z } from "zod";
import type { DType } from "../../formats/types.js";

/** Raised whenever a golden of an older layout would be read wrongly. */
export const GOLDEN_SCHEMA_VERSION = 1;

/**
 * How hidden states are stored: whole, rounded to 16 bits, or as a sketch (some elements, and figures of every channel). Outputs,
 * and the whole case that keeps its inner tensors, always keep their own type.
 */
export const STORAGES = ["float32", "float16", "bfloat16", "sketch"] as const;
export type Storage = (typeof STORAGES)[number];

const count = z.number().int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/, "a sha256 in hex");
const shape = z.array(count).max(64);
/** A name becomes part of a path in this folder: no separators, no dots at its beginning. */
const caseId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "a plain case id");

const fileDigest = z.object({ bytes: count, sha256: hash });

const input = z.object({ name: z.string(), dtype: z.string(), shape, sha256: hash });

/** Where an inner tensor lies: in the file of inner tensors, or, being the same bytes, in another one. */
const inner = z.object({ shape, in: z.enum(["inner", "case"]), tensor: z.string() });

/** Types of variables: what safetensors holds. */
const DTYPES = [
  "float64",
  "float32",
  "float16",
  "bfloat16",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint64",
  "uint32",
  "uint16",
  "uint8",
  "bool",
  "float8_e4m3fn",
  "float8_e5m2",
  "complex64",
] as const satisfies readonly DType[];

/** A variable of which the values are not kept. */
export const declaredVariable = z.object({ name: z.string(), dtype: z.enum(DTYPES), shape });

const goldenCase = z.object({
  id: caseId,
  label: z.string(),
  inputs: z.array(input),
  seconds: z.number().nonnegative(),
  /** By tensor (`node:slot`); null where none were kept. */
  inner: z.record(z.string(), inner).nullable(),
});

export const manifestSchema = z.object({
  schemaVersion: z.literal(GOLDEN_SCHEMA_VERSION),
  parityVersion: z.string(),
  recordedAt: z.string(),
  name: z.string(),
  reference: z.object({
    /** As it was named, relative to the working directory. */
    path: z.string(),
    /** Weights that were loaded into it, named in the same way. */
    weights: z.string().nullable().default(null),
    outputs: z.array(z.string()).nullable(),
    inputs: z.array(z.string()).nullable(),
    files: z.array(fileDigest.extend({ name: z.string() })),
  }),
  runtimes: z.record(z.string(), z.string()),
  device: z.string(),
  threads: count,
  precision: z.literal("float32"),
  seed: count,
  /** What the cases were made from, where their values alone do not tell. */
  request: z.object({ texts: z.array(z.string()), generate: z.boolean() }),
  storage: z.enum(STORAGES),
  /** With sketches: tensors of so many elements are kept whole, and of larger ones so many elements. */
  sketchElements: count.optional(),
  /** Globs of the taps that were kept besides the outputs; null: all. */
  taps: z.array(z.string()).nullable(),
  /** Tensors that were taps when it was recorded, those that were left out included. */
  considered: z.array(z.string()),
  /** By tensor, what was recorded: its shape by case. */
  recorded: z.record(z.string(), z.record(caseId, shape)),
  /** Names in the order of the checkpoint; none where the weights are not kept. */
  variables: z.array(z.string()),
  /** Where the weights are not kept: what the checkpoint holds, without the values. */
  declared: z.array(declaredVariable).optional(),
  cases: z.array(goldenCase).min(1),
  /** The taps in double, where they were kept. */
  float64: z.object({ single: z.array(z.string()), touched: z.array(z.string()) }).nullable(),
  /** Why inner tensors or float64 are not there although they were wanted. */
  leftOut: z.array(z.string()),
  /** Every other file of the golden, by its path in the folder. */
  files: z.record(z.string(), fileDigest),
});

/** `golden.json`. */
export type GoldenManifest = z.output<typeof manifestSchema>;
export type GoldenCase = GoldenManifest["cases"][number];
export type InnerPlace = z.output<typeof inner>;
export type FileDigest = z.output<typeof fileDigest>;

/** The files of a golden, by their paths in its folder. */
export const GOLDEN_FILES = {
  inputs: "inputs.safetensors",
  graph: "graph.meta",
  variables: "variables.safetensors",
  taps: (id: string): string => `${id}.safetensors`,
  inner: (id: string): string => `inner/${id}.safetensors`,
  float64: (id: string): string => `float64/${id}.safetensors`,
} as const;
