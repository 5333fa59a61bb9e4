import { ParityError } from "../errors.js";
import { elemTypeToDType } from "../formats/onnx/elem-type.js";
import type { DType } from "../formats/types.js";
import type { CandidateCase } from "./candidate.js";
import type { OnnxCandidateModel } from "./onnx-model.js";
import type { OnnxCaseResult } from "./onnx-record.js";
import { type loadOnnxruntime, openOnnxSession } from "./onnx-session.js";
import { castValue, permuteValue, readValue, relativeDistance } from "./onnx-values.js";

/**
 * By how much the outputs may move (relative L2) when operators are fused and sums are taken in another order: a thousand units
 * in the last place for float32, a few dozen for float16, which optimisers also compute in float32 here and there.
 */
const MOST_MOVED: Readonly<Partial<Record<DType, number>>> = { float64: 1e-9, float32: 1e-4, float16: 3e-2 };

/**
 * Runs the model as it is deployed, with the runtime's optimisations on, and says where its outputs are not those of the graph as
 * it stands: then the runtime computes something else than what is compared here.
 */
export async function compareOptimised(
  ort: ReturnType<typeof loadOnnxruntime>,
  model: OnnxCandidateModel,
  one: CandidateCase,
  plain: OnnxCaseResult,
  threads: number,
): Promise<readonly string[]> {
  if (model.hasLoaded) return [];
  const { view, taps } = model.understood;
  const outputs = taps.filter((tap) => tap.isOutput);
  try {
    const session = await openOnnxSession(ort, model.path, { threads, optimisations: "all" });
    try {
      const feeds = new Map(
        one.inputs.flatMap(({ parameter, position, file, tensor, permute }) => {
          const input = view.inputs.find((each) => each.name === parameter) ?? view.inputs[position];
          if (input === undefined) return [];
          const value = readValue(file, tensor);
          const turned = permute ? permuteValue(value, permute) : value;
          return [[input.name, castValue(turned, elemTypeToDType(input.elemType) ?? value.dtype)] as const];
        }),
      );
      const gave = await session.run(
        feeds,
        outputs.map((tap) => tap.tensor),
      );
      return outputs.flatMap((tap) => {
        const [before, after] = [plain.values.get(tap.id), gave.get(tap.tensor)];
        if (before === undefined || after === undefined) return [];
        const moved = relativeDistance(before, after);
        if (moved <= (MOST_MOVED[before.dtype] ?? 0)) return [];
        return [
          `with onnxruntime's optimisations on, ${tap.tensor} differs by ${moved.toExponential(1)} (relative) from what the graph computes as it stands, in case ${one.id}: what is deployed is not what was compared`,
        ];
      });
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!(error instanceof ParityError)) throw error;
    return [`onnxruntime cannot run the model with its optimisations on: ${error.message}`];
  }
}
