import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Replay, replay } from "../diagnose/replay.js";
import type { Situation, TensorValue } from "../diagnose/situation.js";
import type { Finding } from "../diagnose/types.js";
import { ParityError } from "../errors.js";
import { elementCount } from "../formats/dtype.js";
import { openSafetensors } from "../formats/safetensors.js";
import { type TensorToWrite, writeSafetensors } from "../formats/safetensors-write.js";
import type { TensorFile } from "../formats/types.js";
import { type Asked, buildSituations } from "./build-situations.js";
import type { TwoSides } from "./compare-pairs.js";
import { describeOriginal } from "./describe-original.js";
import type { Explained } from "./explain.js";
import { makeReplacements } from "./forced-run.js";
import { formatExponent } from "./format-exponent.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { openLaboratory } from "./laboratory.js";
import type { Sides } from "./run-sides.js";

export interface ReproductionOptions {
  /** Where the folders are made; null: nothing is written. */
  readonly directory: string | null;
  /** Every finding, not only those that nothing explains. */
  readonly all: boolean;
  readonly scratch: string;
}

/** A parameter with more elements is not copied into a reproduction: the script then begins behind the call that reads it. */
const LARGEST_PARAMETER = 2 ** 26;

/**
 * Writes each finding's layer as a folder that runs it alone: the tensors that it reads, a script that makes the same calls
 * and prints the largest difference, and the original's ops there. Findings come back with the folder and what it shows.
 * Layers that cannot be looked into are left out.
 */
export async function writeReproductions(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  explained: Explained,
  options: ReproductionOptions,
): Promise<readonly Finding[]> {
  const { directory, all, scratch } = options;
  const chosen = explained.findings.filter((finding) => all || finding.cause === "unexplained");
  const pairs = new Map(judged.pairs.map((one) => [one.pair.id, one]));
  const asked = chosen.flatMap((finding): Asked[] => {
    const one = pairs.get(finding.pair ?? "");
    const id = one === undefined ? undefined : caseOf(one, explained);
    return one === undefined || id === undefined ? [] : [{ one, case: id }];
  });
  if (directory === null || asked.length === 0) return explained.findings;
  const replace = makeReplacements(
    judged.pairs.map((one) => one.pair),
    sides,
    two.reference,
  );
  const laboratory = openLaboratory(sides, two, judged, replace, join(scratch, "reproductions"));
  const built = await buildSituations(sides, two, asked, judged.pairs, laboratory, []);
  try {
    const taken = new Set<string>();
    return explained.findings.map((finding) => {
      const situation = chosen.includes(finding) ? built.found.get(finding.pair ?? "") : undefined;
      if (situation === undefined) return finding;
      const folder = join(directory, folderName(situation.layer.pair, taken));
      try {
        writeOne(folder, situation, sides);
      } catch (cause) {
        throw cannotWrite(folder, cause);
      }
      return withReproduction(finding, situation, folder);
    });
  } finally {
    built.close();
  }
}

function cannotWrite(folder: string, cause: unknown): unknown {
  // Only what the file system says is the user's to mend.
  if (!(cause instanceof Error) || !("code" in cause) || !("syscall" in cause)) return cause;
  return new ParityError("FILE_NOT_FOUND", `the layer's script cannot be written: ${cause.message}`, {
    where: { file: folder },
    hint: "name a directory that can be written with --bundle DIR or --out DIR, or write no reports: --report none",
    cause,
  });
}

/** The case that the diagnosis looked at, else the one that decided. */
function caseOf(one: JudgedPair, explained: Explained): string | undefined {
  return (
    explained.situations.get(one.pair.id)?.layer.case ?? (one.decidedBy ?? one.local[0] ?? one.accumulated[0])?.case
  );
}

/** A pair's id as the name of one folder; two that come out alike are numbered. */
function folderName(pair: string, taken: Set<string>): string {
  const safe = pair
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 120);
  const wanted = `repro-${safe === "" ? "layer" : safe}`;
  let name = wanted;
  for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${wanted}-${i}`;
  taken.add(name.toLowerCase());
  return name;
}

function writeOne(folder: string, situation: Situation, sides: Sides): void {
  const stored = situation.trace.file === null ? null : openSafetensors(situation.trace.file);
  try {
    const parameterOf = (id: string): string | null => {
      const origin = situation.tensors.get(id)?.origin;
      return origin?.kind === "parameter" ? origin.name : null;
    };
    const isStored = (id: string): boolean => {
      const name = parameterOf(id);
      if (name === null) return stored?.tensors.has(id) ?? false;
      const size = elementCount(situation.tensors.get(id)?.shape ?? []);
      return size <= LARGEST_PARAMETER && situation.parameterValue(name) !== null;
    };
    const calls = replay(situation, isStored);
    mkdirSync(folder, { recursive: true });
    writeSafetensors(join(folder, "tensors.safetensors"), [
      plain("original", situation.reference, "float64"),
      plain("candidate", situation.candidate, "float64"),
      ...[...calls.loads].map(([id, name]) => {
        const parameter = parameterOf(id);
        return parameter === null ? copy(name, id, stored) : writeParameter(name, parameter, situation, sides);
      }),
    ]);
    writeFileSync(join(folder, "repro.py"), writeScript(situation, calls));
    writeFileSync(
      join(folder, "original.txt"),
      describeOriginal(situation.original.region, situation.original.suspects),
    );
  } finally {
    stored?.close();
  }
}

function copy(name: string, id: string, stored: TensorFile | null): TensorToWrite {
  const data = stored?.tensors.get(id);
  if (data === undefined) throw new Error(`the trace does not hold ${id}`);
  return { name, dtype: data.dtype, shape: data.shape, data };
}

function writeParameter(name: string, parameter: string, situation: Situation, sides: Sides): TensorToWrite {
  const value = situation.parameterValue(parameter);
  if (value === null) throw new Error(`the value of ${parameter} is not known`);
  return plain(name, value, sides.description.parameters.find((one) => one.name === parameter)?.dtype ?? "float32");
}

/** Values in the parameter's own type where numbers can be written in it one by one, else in float32, which holds them. */
function plain(name: string, { shape, data }: TensorValue, dtype: string): TensorToWrite {
  const bytes = (array: { readonly buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(array.buffer);
  switch (dtype) {
    case "float64":
      return { name, dtype, shape, data: bytes(Float64Array.from(data)) };
    case "int64":
      return { name, dtype, shape, data: bytes(BigInt64Array.from(data, (value) => BigInt(value))) };
    case "int32":
      return { name, dtype, shape, data: bytes(Int32Array.from(data)) };
    case "bool":
      return { name, dtype, shape, data: bytes(Uint8Array.from(data)) };
    default:
      return { name, dtype: "float32", shape, data: bytes(Float32Array.from(data)) };
  }
}

function writeScript({ layer, tensors }: Situation, { lines, loads, output }: Replay): string {
  const narrow = [...loads].flatMap(([id, name]) => {
    const tensor = tensors.get(id);
    const isNarrow = tensor?.origin.kind === "parameter" && ["float16", "bfloat16"].includes(tensor.dtype);
    return isNarrow ? [`t[${JSON.stringify(name)}] = t[${JSON.stringify(name)}].to(torch.${tensor.dtype})`] : [];
  });
  const title = JSON.stringify(
    `${layer.pair || "the model's output"}, alone, on the original's own tensors (case ${layer.case})`,
  );
  return [
    "# Needs torch and safetensors. The original's ops for the same stretch are in original.txt.",
    "from pathlib import Path",
    "",
    "import torch",
    "from safetensors.torch import load_file",
    "",
    't = load_file(Path(__file__).with_name("tensors.safetensors"))',
    ...narrow,
    ...(output === null
      ? ["# The calls cannot be repeated by a script: what the port gave is compared as it was recorded."]
      : lines),
    `candidate, original = t[${JSON.stringify(output ?? "candidate")}].double(), t["original"]`,
    `print(${title})`,
    'print("largest difference", (candidate - original).abs().max().item(), "of values up to", original.abs().max().item())',
    "",
  ].join("\n");
}

function withReproduction(finding: Finding, situation: Situation, folder: string): Finding {
  const near = relative(process.cwd(), folder);
  const path = near.startsWith("..") ? folder : near;
  const { candidate, reference, layer } = situation;
  let largest = 0;
  for (let i = 0; i < reference.data.length; i++) {
    const difference = Math.abs((candidate.data[i] ?? 0) - (reference.data[i] ?? 0));
    if (!(difference <= largest)) largest = difference;
  }
  const shown = `${join(path, "repro.py")} runs it alone: in case ${layer.case} it differs by ${formatExponent(largest)}`;
  return { ...finding, repro: path, evidence: [...finding.evidence, shown] };
}
