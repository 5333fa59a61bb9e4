import { ParityError } from "../errors.js";
import { ELEM, elemTypeToDType } from "../formats/onnx/elem-type.js";
import { makeTensor } from "../formats/onnx/make.js";
import { lazyTensor } from "../formats/onnx/tensor-data.js";
import type { OnnxTensor } from "../formats/onnx/types.js";
import { encodeOnnxModel } from "../formats/onnx/write-model.js";
import { readTensor } from "../formats/read-tensor.js";
import type { DType } from "../formats/types.js";
import { randomFor } from "../inputs/random.js";
import { widenVariant } from "../onnx/double.js";
import { permuteReductions } from "../onnx/permute-reductions.js";
import { assemble, makeVariant, type Variant, type VariantRequest } from "../onnx/variant.js";
import type { RecordRequest } from "./candidate.js";
import type { OnnxCandidateModel } from "./onnx-model.js";
import { type loadOnnxruntime, type OnnxSession, openOnnxSession } from "./onnx-session.js";
import { castValue } from "./onnx-values.js";
import { type OnnxWeights, shareWeights } from "./onnx-weights.js";

/** Under which conditions a model is run. */
export type Conditions = Pick<RecordRequest, "precision" | "perturb">;

/** A changed copy of the model, loaded. */
export interface LoadedVariant {
  readonly session: OnnxSession;
  /** What has to be fed, with the type that is wanted. */
  readonly inputs: ReadonlyMap<string, DType>;
  readonly outputs: ReadonlyMap<string, string>;
}

/** The model could not be widened. */
export class NoDouble extends Error {}

/** Makes and loads changed copies of a model. */
export class OnnxRuns {
  private weights: OnnxWeights | null = null;
  private folder = "";

  constructor(
    private readonly ort: ReturnType<typeof loadOnnxruntime>,
    private readonly model: OnnxCandidateModel,
    private readonly threads: number,
  ) {}

  /** @param scratch a folder that lives as long as the run */
  async load(request: VariantRequest, conditions: Conditions, scratch: string): Promise<LoadedVariant> {
    const { view } = this.model.understood;
    const plain = makeVariant(view, request);
    const variant = this.underConditions(plain, conditions);
    const weights = this.weightsIn(scratch);
    const referred = { ...variant, initializers: variant.initializers.map((one) => weights.refer(one)) };
    const bytes = encodeOnnxModel(assemble(view, referred));
    const settings = { threads: this.threads, optimisations: "disabled", folder: weights.folder } as const;
    try {
      const session = await openOnnxSession(this.ort, bytes, settings);
      const inputs = new Map([...variant.inputs].map(([name, type]) => [name, elemTypeToDType(type) ?? "float32"]));
      return { session, inputs, outputs: variant.outputs };
    } catch (error) {
      if (conditions.precision === "float64" && error instanceof ParityError) throw new NoDouble(missingKernel(error));
      throw error;
    }
  }

  private underConditions(plain: Variant, { precision, perturb }: Conditions): Variant {
    const wide = precision === "float32" ? plain : widenVariant(plain, (tensor) => this.widen(tensor));
    if (wide === null) throw new NoDouble("the ONNX model has operators of which it is not known how to widen them");
    if (perturb?.kind !== "permute-reductions") return wide;
    const { seed } = perturb;
    const opset = this.model.file.model.opsets.get("") ?? 0;
    let count = 0;
    const shuffle = (size: number): number[] => {
      const random = randomFor(seed, "order", String(count++));
      const order = Array.from({ length: size }, (_, i) => i);
      for (let i = size - 1; i > 0; i -= 1) {
        const j = random.nextBelow(i + 1);
        [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
      }
      return order;
    };
    return permuteReductions(wide, shuffle, opset);
  }

  /** Constants inside of nodes; what is large has a cast behind it. */
  private widen(tensor: OnnxTensor): OnnxTensor {
    const lazy = lazyTensor(tensor, this.model.file.bytes, this.model.file.external);
    const value = { dtype: lazy.dtype, shape: lazy.shape, bytes: readTensor(lazy) };
    return makeTensor(tensor.name, ELEM.float64, tensor.dims, castValue(value, "float64").bytes);
  }

  private weightsIn(scratch: string): OnnxWeights {
    if (this.weights === null || this.folder !== scratch) {
      this.weights = shareWeights(this.model.file, scratch);
      this.folder = scratch;
    }
    return this.weights;
  }
}

function missingKernel(error: ParityError): string {
  const op = /implementation for (\w+)|for the node (\w+)/i.exec(error.detail ?? error.message);
  const name = op?.[1] ?? op?.[2];
  return name === undefined
    ? `onnxruntime cannot run it in float64: ${error.message}`
    : `onnxruntime has no float64 kernel for ${name}`;
}
