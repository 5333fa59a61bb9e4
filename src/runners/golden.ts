import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ParityError } from "../errors.js";
import { openSafetensors } from "../formats/safetensors.js";
import { type TensorToWrite, writeSafetensors } from "../formats/safetensors-write.js";
import type { TensorFile } from "../formats/types.js";
import type { Tap } from "../recording/types.js";
import type { Original } from "../tensorflow/understand-original.js";
import { GOLDEN_FILES, type GoldenCase, type InnerPlace } from "./golden/manifest.js";
import type { OpenGolden } from "./golden/open-golden.js";
import { linkFile, unpackCase } from "./golden/stored-case.js";
import type { DoubleRecording, Reference, ReferenceCase, SideRecording } from "./reference.js";

/**
 * The original as a golden keeps it: no process is started and TensorFlow is not needed. What was not kept is not given, and
 * `notes` says so afterwards.
 *
 * @param matched the golden's case for each case of the run, by the run's id (`matchCases`)
 * @param refresh the command that records what is missing
 */
export function openGoldenReference(
  golden: OpenGolden,
  matched: ReadonlyMap<string, GoldenCase>,
  refresh: string,
): Reference {
  const { manifest } = golden;
  const lacking = new Set<string>();
  const caseOf = (id: string): GoldenCase => {
    const found = matched.get(id);
    if (found !== undefined) return found;
    throw new ParityError("INPUTS_INVALID", `The golden has no case with the inputs of ${id}.`, {
      where: { file: golden.directory, key: id },
      hint: `Record it: ${refresh}`,
    });
  };
  return {
    hello: async () => manifest.runtimes,
    open: async () => {},
    async record(original, cases, out) {
      const dithered = `${out}-dithered`;
      let narrowed = false;
      for (const { id } of cases) {
        const file = golden.pathOf(GOLDEN_FILES.taps(caseOf(id).id));
        narrowed = unpackCase(file, `${id}.safetensors`, { plain: out, dithered }, manifest.storage) || narrowed;
      }
      return {
        ...describeRecording(original, cases, out, manifest.recorded, caseOf),
        ...(narrowed ? { dithered } : {}),
      };
    },
    async fetch(_original, cases, out, tensors) {
      mkdirSync(out, { recursive: true });
      for (const { id } of cases) {
        const { found, missing } = writeInner(golden, caseOf(id), join(out, `${id}.safetensors`), tensors);
        if (missing > 0) {
          const kept = found === 0 ? "no inner tensors" : `not all inner tensors (${missing} are missing)`;
          lacking.add(
            `the golden keeps ${kept} of the original for case ${id}: what differs there could be looked into less closely than with TensorFlow; ${refresh} --inner all keeps them`,
          );
        }
      }
      return { directory: out };
    },
    async recordDouble(_original, cases, out, tensors) {
      return linkDouble(golden, cases, caseOf, out, tensors, refresh);
    },
    notes: () => [...lacking],
    // Nothing runs here: there is no clock to wind.
    renew() {},
    rest() {},
    close: async () => {},
  };
}

function describeRecording(
  original: Original,
  cases: readonly ReferenceCase[],
  directory: string,
  recorded: OpenGolden["manifest"]["recorded"],
  caseOf: (id: string) => GoldenCase,
): SideRecording {
  const taps = original.taps.flatMap((tap): Tap[] => {
    const known = recorded[tap.tensor];
    if (known === undefined) return [];
    const shapes = Object.fromEntries(
      cases.flatMap(({ id }) => {
        const shape = known[caseOf(id).id];
        return shape === undefined ? [] : [[id, shape]];
      }),
    );
    return [{ ...tap, call: 1, slot: null, source: null, shapes }];
  });
  return {
    directory,
    taps,
    seconds: Object.fromEntries(cases.map(({ id }) => [id, caseOf(id).seconds])),
    inputs: Object.fromEntries(
      cases.flatMap(({ id }) => caseOf(id).inputs.map((input) => [`${id}/${input.name}`, input.sha256])),
    ),
  };
}

/** Copies the asked tensors of one case to a file of their own, as far as they were kept. */
function writeInner(
  golden: OpenGolden,
  from: GoldenCase,
  path: string,
  tensors: readonly string[],
): { found: number; missing: number } {
  const places = from.inner ?? {};
  const files = new Map<InnerPlace["in"], TensorFile>();
  const fileOf = (place: InnerPlace["in"]): TensorFile => {
    const file = files.get(place) ?? openSafetensors(golden.pathOf(pathOfPlace(place, from.id)));
    files.set(place, file);
    return file;
  };
  try {
    const unique = [...new Set(tensors)];
    const found = unique.flatMap((name): TensorToWrite[] => {
      const place = Object.hasOwn(places, name) ? places[name] : undefined;
      const data = place === undefined ? undefined : fileOf(place.in).tensors.get(place.tensor);
      return place === undefined || data === undefined ? [] : [{ name, dtype: data.dtype, shape: place.shape, data }];
    });
    writeSafetensors(path, found);
    return { found: found.length, missing: unique.length - found.length - countRecorded(golden, from, unique, found) };
  } finally {
    for (const file of files.values()) file.close();
  }
}

/** Taps are in the recording itself, which is looked into as well. */
function countRecorded(
  golden: OpenGolden,
  from: GoldenCase,
  tensors: readonly string[],
  found: readonly { readonly name: string }[],
): number {
  const given = new Set(found.map((one) => one.name));
  const taps = openSafetensors(golden.pathOf(GOLDEN_FILES.taps(from.id)));
  const count = tensors.filter((name) => !given.has(name) && taps.tensors.has(name)).length;
  taps.close();
  return count;
}

function pathOfPlace(place: InnerPlace["in"], id: string): string {
  return place === "case" ? GOLDEN_FILES.taps(id) : GOLDEN_FILES.inner(id);
}

function linkDouble(
  golden: OpenGolden,
  cases: readonly ReferenceCase[],
  caseOf: (id: string) => GoldenCase,
  out: string,
  tensors: readonly string[],
  refresh: string,
): DoubleRecording {
  const { float64 } = golden.manifest;
  const fail = (): ParityError =>
    new ParityError(
      "REFERENCE_FAILED",
      `float64 of the original is not in the golden; refresh it with ${refresh} --double all`,
      { where: { file: golden.directory } },
    );
  if (float64 === null) throw fail();
  const seconds: Record<string, number> = {};
  for (const { id } of cases) {
    const path = golden.pathOf(GOLDEN_FILES.float64(caseOf(id).id));
    if (!existsSync(path)) throw fail();
    const file = openSafetensors(path);
    const missing = tensors.some((tensor) => !file.tensors.has(tensor));
    file.close();
    if (missing) throw fail();
    linkFile(path, join(out, `${id}.safetensors`));
    seconds[id] = 0;
  }
  return { directory: out, seconds, single: float64.single, touched: new Set(float64.touched) };
}
