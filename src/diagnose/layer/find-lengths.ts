import type { Expression } from "../../runners/edits.js";
import type { Situation } from "../situation.js";

/** The model's input that says how long each sequence is, if the original turns or masks by one here. */
export function findLengths(situation: Situation): { readonly tensor: string; readonly value: Expression } | null {
  const { ops } = situation.original.region;
  const readers = ops.filter((op) => op.op === "ReverseSequence" || op.op === "Less");
  for (const [tensor, files] of situation.inputFiles) {
    const read = readers.some((op) =>
      reaches(situation, op.op === "ReverseSequence" ? op.inputs.slice(1) : op.inputs, tensor),
    );
    if (read && originalRank(situation, tensor) !== 2) return { tensor, value: { $: "tensor", files } };
  }
  return null;
}

function originalRank(situation: Situation, tensor: string): number | null {
  return situation.originalValue(tensor)?.shape.length ?? null;
}

/** Whether a tensor is one of these, or what casts and reshapes of it give. */
export function reaches(situation: Situation, inputs: readonly string[], wanted: string): boolean {
  const makers = new Map(situation.original.region.ops.flatMap((op) => op.outputs.map((one) => [one, op] as const)));
  return inputs.some((input) => {
    let at: string | undefined = input;
    for (let i = 0; i < 6 && at !== undefined; i++) {
      if (at === wanted) return true;
      const maker = makers.get(at);
      if (maker === undefined || !/^(Cast|Identity|ExpandDims|Reshape|Squeeze|Transpose|ConcatV2)$/.test(maker.op))
        return false;
      at = maker.inputs[0];
    }
    return false;
  });
}
