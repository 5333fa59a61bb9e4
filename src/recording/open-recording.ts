import { existsSync } from "node:fs";
import { join } from "node:path";
import { ParityError } from "../errors.js";
import { openSafetensors } from "../formats/safetensors.js";
import { channelsOf, sampleOf } from "../formats/sketch-names.js";
import { readStoredForm, type StoredForm } from "../formats/stored-form.js";
import type { LazyTensor, TensorFile } from "../formats/types.js";

/** What is kept of a tensor that is not kept whole. */
export interface SketchedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Draws the elements; which ones they are follows from shape, number and seed (`compare/sample/choose-places.ts`). */
  readonly seed: number;
  /** Their values, in ascending order of their places. */
  readonly sample: LazyTensor;
  /** Mean, root mean square, smallest and largest of every channel (last axis), as four rows. */
  readonly channels: LazyTensor;
}

/** The values that one run left behind: one safetensors file per case. Files are opened when they are first asked for. */
export interface OpenRecording {
  /** The tensor `name` of case `id`; undefined when that case did not give it, or only a sketch of it is kept. */
  tensor(id: string, name: string): LazyTensor | undefined;
  /** The sketch of the tensor, where that is what is kept of it. */
  sketch(id: string, name: string): SketchedTensor | undefined;
  /** Whether tensors of the case are kept as sketches: nobody can be fed them. A case that is not there has none. */
  isSketched(id: string): boolean;
  /** Relative L2 error that storing the tensor in fewer bits may have cost; 0 for nearly all. */
  lossOf(id: string, name: string): number;
  fileOf(id: string): string;
  close(): void;
}

interface OpenCase {
  readonly file: TensorFile;
  readonly form: StoredForm;
}

export function openRecording(directory: string): OpenRecording {
  const open = new Map<string, OpenCase>();
  const fileOf = (id: string): string => join(directory, `${id}.safetensors`);
  const caseOf = (id: string): OpenCase => {
    const known = open.get(id);
    if (known !== undefined) return known;
    const path = fileOf(id);
    if (!existsSync(path))
      throw new ParityError("FILE_NOT_FOUND", `The recording has no values for case ${id}.`, {
        where: { file: path },
      });
    const file = openSafetensors(path);
    const opened = { file, form: readStoredForm(file.metadata, path) };
    open.set(id, opened);
    return opened;
  };
  return {
    fileOf,
    tensor: (id, name) => caseOf(id).file.tensors.get(name),
    sketch(id, name) {
      const { file, form } = caseOf(id);
      const shape = Object.hasOwn(form.sketched, name) ? form.sketched[name] : undefined;
      const [sample, channels] = [file.tensors.get(sampleOf(name)), file.tensors.get(channelsOf(name))];
      if (shape === undefined || sample === undefined || channels === undefined) return undefined;
      return { name, shape, seed: form.seed, sample, channels };
    },
    isSketched: (id) => existsSync(fileOf(id)) && Object.keys(caseOf(id).form.sketched).length > 0,
    lossOf: (id, name) => caseOf(id).form.loss[name] ?? 0,
    close() {
      for (const { file } of open.values()) file.close();
      open.clear();
    },
  };
}
