import { z } from "zod";
import { isCalendarDay } from "./calendar-day.js";
import { CANDIDATE_DTYPES, DEVICE } from "./candidate-settings.js";
import { REPORT_FORMATS } from "./report-formats.js";
import type { InputValue, ModelsConfig, ParityConfig } from "./types.js";

const text = z.string().min(1);
const bound = z.number().nonnegative();
const count = z.number().int().nonnegative();

const bounds = { atol: bound, rtol: bound };

const reference = {
  model: text,
  outputs: z.array(text).min(1).optional(),
  inputs: z.array(text).min(1).optional(),
  signature: text.optional(),
  verifyChecksums: z.boolean().optional(),
  weights: text.optional(),
  kwargs: z.record(z.string(), z.unknown()).optional(),
  python: text.optional(),
  env: z.record(z.string(), z.string()).optional(),
};

const candidate = {
  model: text,
  weights: text.optional(),
  kwargs: z.record(z.string(), z.unknown()).optional(),
  python: text.optional(),
  env: z.record(z.string(), z.string()).optional(),
  device: z.string().regex(DEVICE).optional(),
  dtype: z.enum(CANDIDATE_DTYPES).optional(),
  compile: z.boolean().optional(),
};

const inputValue: z.ZodType<InputValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.array(inputValue)]),
);

const inputs = {
  text: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  vocab: text.optional(),
  generate: z.boolean().optional(),
  files: z.union([text, z.array(text).min(1)]).optional(),
  values: z.record(z.string(), inputValue).optional(),
  layout: z.record(z.string(), z.enum(["same", "channels-first", "time-major"])).optional(),
};

const perDType = {
  float64: z.strictObject(bounds).optional(),
  float32: z.strictObject(bounds).optional(),
  float16: z.strictObject(bounds).optional(),
  bfloat16: z.strictObject(bounds).optional(),
};

const share = z.number().min(0).max(1);

const waiver = {
  tap: text.optional(),
  cause: text.optional(),
  parameter: text.optional(),
  reason: text,
  owner: text,
  expires: z.string().refine(isCalendarDay),
  maxError: bound.optional(),
};

const baseline = {
  file: text.optional(),
  factor: z.number().min(1).optional(),
  absoluteFloor: bound.optional(),
};

const coverage = {
  parameters: share.optional(),
  taps: share.optional(),
  outputs: z.enum(["declared", "all"]).optional(),
  skippedCases: count.optional(),
};

const root = {
  name: text.optional(),
  reference: z.union([text, z.strictObject(reference)]),
  candidate: z.union([text, z.strictObject(candidate)]),
  golden: text.optional(),
  inputs: z.strictObject(inputs).optional(),
  map: z.union([text, z.record(z.string(), text)]).optional(),
  tolerance: z.union([z.enum(["auto", "per-dtype"]), z.strictObject(bounds)]).optional(),
  tolerances: z.record(z.string(), z.union([z.literal("auto"), z.strictObject(bounds)])).optional(),
  perDType: z.strictObject(perDType).optional(),
  precision: z.enum(["float32", "both"]).optional(),
  levels: z.record(z.string(), z.enum(["off", "warn", "error"])).optional(),
  waivers: z
    .array(z.strictObject(waiver).refine((one) => (one.tap ?? one.cause ?? one.parameter) !== undefined))
    .optional(),
  baseline: z.union([z.boolean(), z.strictObject(baseline)]).optional(),
  coverage: z.strictObject(coverage).optional(),
  report: z.array(z.enum(REPORT_FORMATS)).optional(),
  out: text.optional(),
  timeout: z.number().positive().optional(),
  seed: count.optional(),
  threads: count.optional(),
  floors: z.enum(["needed", "all"]).optional(),
  selfNoise: z.enum(["never", "auto", "always"]).optional(),
};

/** The shape of `parity.config.*`. Unknown keys are errors; `reference` and `candidate` may come from the command line instead. */
export const CONFIG_SCHEMA = z.strictObject({
  ...root,
  reference: root.reference.optional(),
  candidate: root.candidate.optional(),
});

/** What several models share, or what one of them adds: only both together must say which model it is. */
const part = {
  ...root,
  reference: z.union([text, z.strictObject({ ...reference, model: text.optional() })]).optional(),
  candidate: z.union([text, z.strictObject({ ...candidate, model: text.optional() })]).optional(),
};

const { name: _name, ...modelPart } = part;

/** The shape of a configuration with `models`. The names become folders: a slash would lead out of the reports. */
export const MODELS_SCHEMA = z.strictObject({
  ...part,
  models: z
    .record(z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u), z.strictObject(modelPart))
    .refine((models) => Object.keys(models).length > 0),
});

/** A file may leave the models to the command line, or hold several. */
export type FileConfig = Omit<ParityConfig, "reference" | "candidate"> &
  Partial<Pick<ParityConfig, "reference" | "candidate">> &
  Partial<Pick<ModelsConfig, "models">>;

/** The keys that exist at each place, for suggestions. `*` stands for any key that the user chooses. */
export const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": [...Object.keys(root), "models"],
  reference: Object.keys(reference),
  candidate: Object.keys(candidate),
  inputs: Object.keys(inputs),
  tolerance: Object.keys(bounds),
  "tolerances.*": Object.keys(bounds),
  perDType: Object.keys(perDType),
  "perDType.*": Object.keys(bounds),
  "waivers.*": Object.keys(waiver),
  baseline: Object.keys(baseline),
  coverage: Object.keys(coverage),
};

const WAIVER_EXAMPLE = '{ tap: "h.3.mlp", reason: "…", owner: "speech team", expires: "2027-01-31" }';

/** What may stand at each place, and an example, for messages. */
export const EXPECTED: Readonly<Record<string, { readonly what: string; readonly example: string }>> = {
  name: { what: "a text", example: 'name: "gpt2-124M"' },
  reference: {
    what: "the path of a TensorFlow checkpoint, or an object with model",
    example: 'reference: "models/124M/model.ckpt"',
  },
  golden: { what: "the path of a folder", example: 'golden: "golden/gpt2-tiny"' },
  "reference.model": { what: "the path of a TensorFlow checkpoint", example: 'model: "models/124M/model.ckpt"' },
  "reference.outputs": { what: "a list of tensor names", example: 'outputs: ["logits:0"]' },
  "reference.signature": { what: "the name of a SavedModel's signature", example: 'signature: "serving_default"' },
  "reference.verifyChecksums": { what: "true or false", example: "verifyChecksums: true" },
  "reference.inputs": { what: "a list of placeholder names", example: 'inputs: ["X"]' },
  "reference.weights": { what: "the path of weights", example: 'weights: "model.weights.h5"' },
  "reference.kwargs": { what: "an object of keyword arguments", example: "kwargs: { size: 124 }" },
  "reference.python": { what: "the path of a Python interpreter", example: 'python: "tf-venv/bin/python"' },
  "reference.env": { what: "an object of texts", example: 'env: { TF_USE_LEGACY_KERAS: "1" }' },
  candidate: { what: "a Python file and function, or an object with model", example: 'candidate: "port.py:build"' },
  "candidate.model": { what: "a Python file and function, or a model's file", example: 'model: "port.py:build"' },
  "candidate.device": { what: "cpu, cuda, cuda:N or mps", example: 'device: "cuda"' },
  "candidate.dtype": { what: "float32, float16 or bfloat16", example: 'dtype: "bfloat16"' },
  "candidate.compile": { what: "true or false", example: "compile: true" },
  "candidate.weights": { what: "the path of a state dict", example: 'weights: "port.safetensors"' },
  "candidate.kwargs": { what: "an object of keyword arguments", example: "kwargs: { size: 124 }" },
  "candidate.python": { what: "the path of a Python interpreter", example: 'python: ".venv/bin/python"' },
  "candidate.env": { what: "an object of texts", example: 'env: { OMP_NUM_THREADS: "2" }' },
  inputs: { what: "an object", example: 'inputs: { text: "Hello world" }' },
  "inputs.text": { what: "a text or a list of texts", example: 'text: ["Hello world"]' },
  "inputs.vocab": { what: "the path of a folder", example: 'vocab: "models/124M"' },
  "inputs.generate": { what: "true or false", example: "generate: true" },
  "inputs.files": { what: "a path or a list of paths", example: 'files: ["inputs.npz"]' },
  "inputs.values": { what: "an object of input name → value", example: 'values: { X: "ids:3x7" }' },
  "inputs.layout": {
    what: 'an object of input name → "same", "channels-first" or "time-major"',
    example: 'layout: { images: "channels-first" }',
  },
  "inputs.layout.*": { what: '"same", "channels-first" or "time-major"', example: 'images: "channels-first"' },
  map: {
    what: "the path of a file, or an object of reference name → candidate name",
    example: 'map: { "model/h0": "h.0" }',
  },
  tolerance: {
    what: '"auto", "per-dtype" or both atol and rtol',
    example: "tolerance: { atol: 1e-5, rtol: 1e-4 }",
  },
  tolerances: { what: "an object of glob → tolerance", example: 'tolerances: { "h.*": { atol: 1e-5, rtol: 1e-4 } }' },
  "tolerances.*": { what: '"auto" or both atol and rtol', example: '"h.*": { atol: 1e-5, rtol: 1e-4 }' },
  perDType: { what: "an object of dtype → bounds", example: "perDType: { float16: { atol: 1e-5, rtol: 1e-3 } }" },
  "perDType.*": { what: "both atol and rtol", example: "float16: { atol: 1e-5, rtol: 1e-3 }" },
  precision: { what: '"float32" or "both"', example: 'precision: "both"' },
  levels: { what: 'an object of glob → "off", "warn" or "error"', example: 'levels: { "h.*.attn": "warn" }' },
  "levels.*": { what: '"off", "warn" or "error"', example: '"h.*.attn": "warn"' },
  waivers: { what: "a list of waivers", example: `waivers: [${WAIVER_EXAMPLE}]` },
  "waivers.*": {
    what: "one of tap, cause and parameter at least, with reason, owner and expires",
    example: WAIVER_EXAMPLE,
  },
  "waivers.*.tap": { what: "a glob over names of taps", example: 'tap: "h.*.attn"' },
  "waivers.*.cause": { what: "the id of a cause (parity causes lists them)", example: 'cause: "norm-epsilon"' },
  "waivers.*.parameter": { what: "a glob over names of parameters", example: 'parameter: "h.*.mlp.c_fc.weight"' },
  "waivers.*.reason": { what: "a text that says why", example: 'reason: "gelu by erf until the next training"' },
  "waivers.*.owner": { what: "a text that says who answers for it", example: 'owner: "speech team"' },
  "waivers.*.expires": { what: "a day of the calendar as YYYY-MM-DD", example: 'expires: "2027-01-31"' },
  "waivers.*.maxError": { what: "a number, 0 or more", example: "maxError: 1e-3" },
  baseline: { what: "true, false or an object", example: "baseline: { factor: 4 }" },
  "baseline.file": { what: "the path of a file", example: 'file: "golden/gpt2/baseline.json"' },
  "baseline.factor": { what: "a number, 1 or more", example: "factor: 4" },
  "baseline.absoluteFloor": { what: "a number, 0 or more", example: "absoluteFloor: 1e-6" },
  coverage: { what: "an object", example: 'coverage: { parameters: 1, taps: 0.8, outputs: "all" }' },
  "coverage.parameters": { what: "a share from 0 to 1", example: "parameters: 1" },
  "coverage.taps": { what: "a share from 0 to 1", example: "taps: 0.8" },
  "coverage.outputs": { what: '"declared" or "all"', example: 'outputs: "all"' },
  "coverage.skippedCases": { what: "a whole number, 0 or more", example: "skippedCases: 0" },
  report: {
    what: `a list of ${REPORT_FORMATS.map((one) => `"${one}"`).join(", ")}`,
    example: 'report: ["json", "html", "junit"]',
  },
  out: { what: "the path of a folder", example: 'out: "reports/gpt2"' },
  timeout: { what: "a positive number of seconds", example: "timeout: 600" },
  seed: { what: "a whole number, 0 or more", example: "seed: 0" },
  threads: { what: "a whole number, 0 or more", example: "threads: 2" },
  floors: { what: '"needed" or "all"', example: 'floors: "all"' },
  selfNoise: { what: '"never", "auto" or "always"', example: 'selfNoise: "always"' },
  models: {
    what: "an object of name → model; names are letters, digits, dots, dashes and underscores",
    example: 'models: { small: { reference: "small/model.ckpt", candidate: "port.py:small" } }',
  },
};
