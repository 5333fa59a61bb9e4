import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GOLDEN_MANIFEST } from "../config/golden-folder.js";
import type { OriginalFiles } from "../config/original-files.js";
import { safetensorsNameOf } from "../formats/safetensors-dtype.js";
import { createTemporaryFile } from "../formats/temporary-file.js";
import type { TensorFile } from "../formats/types.js";
import { hashInput } from "../inputs/hash-input.js";
import type { Case } from "../inputs/types.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { hashFile } from "../runners/golden/hash-file.js";
import {
  declaredVariable,
  type FileDigest,
  GOLDEN_SCHEMA_VERSION,
  type GoldenManifest,
} from "../runners/golden/manifest.js";
import { shortPath } from "../runners/golden/record-command.js";
import { identifyReference } from "../runners/golden/reference-files.js";
import type { Original } from "../tensorflow/understand-original.js";
import type { KeptRecording } from "./keep-recording.js";
import type { Keeping, RecordConfig } from "./record-types.js";
import { verifyInputs } from "./verify-inputs.js";

export interface ManifestParts {
  readonly config: RecordConfig;
  readonly originalFiles: OriginalFiles;
  readonly keeping: Keeping;
  readonly runtimes: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
  readonly kept: KeptRecording;
  readonly variables: readonly string[];
  readonly draft: string;
  /** With all its taps. */
  readonly whole: Original;
  readonly signal?: AbortSignal;
}

/** The manifest of a golden whose other files are written. Hashes every one of them. */
export async function makeManifest(parts: ManifestParts): Promise<GoldenManifest> {
  const { config, originalFiles, keeping, cases, kept, draft } = parts;
  verifyInputs(cases, kept.inputs, kept.inputs);
  return {
    schemaVersion: GOLDEN_SCHEMA_VERSION,
    parityVersion: readVersion(),
    recordedAt: new Date().toISOString(),
    name: config.name,
    reference: {
      path: shortPath(config.reference.model),
      weights: config.reference.weights === null ? null : shortPath(config.reference.weights),
      outputs: config.reference.outputs === null ? null : [...config.reference.outputs],
      inputs: config.reference.inputs === null ? null : [...config.reference.inputs],
      files: await identifyReference(originalFiles, parts.signal),
    },
    runtimes: { ...parts.runtimes },
    device: "cpu",
    threads: config.threads,
    precision: "float32",
    seed: config.seed,
    request: { texts: [...config.inputs.texts], generate: config.inputs.generate },
    storage: keeping.storage,
    ...(keeping.storage === "sketch" ? { sketchElements: keeping.sketchElements } : {}),
    taps: keeping.taps === null ? null : [...keeping.taps],
    considered: [...new Set(parts.whole.taps.map((tap) => tap.tensor))],
    recorded: Object.fromEntries(
      kept.taps.map((tap) => [
        tap.tensor ?? tap.id,
        Object.fromEntries(Object.entries(tap.shapes).map(([id, shape]) => [id, [...shape]])),
      ]),
    ),
    variables: [...parts.variables],
    ...(keeping.weights === "none" ? { declared: declare(parts.whole.checkpoint) } : {}),
    cases: cases.map((one) => ({
      id: one.id,
      label: one.label,
      inputs: one.inputs.map((input) => ({
        name: input.name,
        dtype: input.dtype,
        shape: [...input.shape],
        sha256: hashInput(input),
      })),
      seconds: kept.seconds[one.id] ?? 0,
      inner: kept.inner.get(one.id) ?? null,
    })),
    float64: kept.float64,
    leftOut: [...kept.leftOut],
    files: await digestAll(draft, parts.signal),
  };
}

/** Writes `golden.json`, the last file: without it the folder is no golden. */
export function writeManifest(draft: string, manifest: GoldenManifest): void {
  const file = createTemporaryFile(join(draft, GOLDEN_MANIFEST));
  file.write(Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`, "utf8"), 0);
  file.commit();
}

/** Everything but texts, which are no weights. */
function declare({ tensors }: TensorFile): NonNullable<GoldenManifest["declared"]> {
  const kept = [...tensors.values()].filter((one) => safetensorsNameOf(one.dtype) !== undefined);
  return kept.map(({ name, dtype, shape }) => declaredVariable.parse({ name, dtype, shape: [...shape] }));
}

async function digestAll(draft: string, signal?: AbortSignal): Promise<Record<string, FileDigest>> {
  const files: Record<string, FileDigest> = {};
  const entries = readdirSync(draft, { withFileTypes: true, recursive: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(draft.length + 1));
  for (const name of names.sort()) files[name] = await hashFile(join(draft, name), signal);
  return files;
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as { version: string };
  return version;
}
