import { ParityError } from "../errors.js";
import { dtypeToElemType, ELEM, elemTypeToDType } from "../formats/onnx/elem-type.js";
import { makeTensor } from "../formats/onnx/make.js";
import { type OnnxFile, openOnnx } from "../formats/onnx/open-onnx.js";
import type { OnnxTensor } from "../formats/onnx/types.js";
import { readTensor } from "../formats/read-tensor.js";
import { openSafetensors } from "../formats/safetensors.js";
import type { LazyTensor } from "../formats/types.js";
import { type OnnxParameter, STATISTICS } from "../onnx/parameters.js";
import { type UnderstoodOnnx, understandOnnx } from "../onnx/understand-onnx.js";
import type { CandidateDescription, ParameterDescription } from "./candidate.js";
import type { Edit } from "./edits.js";
import { evaluateEdits } from "./onnx-edits.js";
import { findTies, type Tie } from "./onnx-tied.js";
import { castValue, permuteValue, type Value } from "./onnx-values.js";

/** Their weights lie as the operator wants them, whatever class of torch's the layer has. */
const PRODUCTS: ReadonlySet<string> = new Set(["MatMul", "Gemm"]);

/** An ONNX model that is open as a candidate. */
export class OnnxCandidateModel {
  readonly file: OnnxFile;
  readonly understood: UnderstoodOnnx;
  readonly parameters: ReadonlyMap<string, OnnxParameter>;
  readonly ties: ReadonlyMap<string, Tie>;
  /** What the parameters hold instead of what the file says, from a file of weights. */
  private readonly loaded: ReadonlyMap<string, Value>;

  /**
   * @param weights a safetensors file with parameters by the names that `describe` gives
   * Throws what the reader of ONNX files throws, and FORMAT_INVALID for weights that do not fit.
   */
  constructor(
    readonly path: string,
    weights: string | null,
  ) {
    this.file = openOnnx(path);
    this.understood = understandOnnx(this.file.model);
    this.parameters = new Map(this.understood.parameters.map((one) => [one.name, one]));
    this.ties = findTies(this.understood.parameters, this.file.tensors);
    this.loaded = weights === null ? new Map() : this.load(weights);
  }

  get hasLoaded(): boolean {
    return this.loaded.size > 0;
  }

  describe(): CandidateDescription {
    const { view, modules, parameters } = this.understood;
    const own = (path: string): string[] => parameters.filter((one) => one.module === path).map((one) => one.name);
    return {
      inputs: view.inputs.map(({ name }) => ({ name, required: true })),
      modules: modules.map((module) => ({
        ...module,
        training: false,
        parameters: own(module.path).map((name) => name.slice(name.lastIndexOf(".") + 1)),
      })),
      parameters: parameters.flatMap((one) => this.describeParameter(one) ?? []),
      warnings: this.warnings(),
    };
  }

  /** What a parameter holds; undefined for names that are not the model's. */
  valueOf(name: string): Value | undefined {
    const loaded = this.loaded.get(name);
    const tensor = this.file.tensors.get(this.parameters.get(name)?.tensor.name ?? "");
    if (loaded !== undefined || tensor === undefined) return loaded;
    return { dtype: tensor.dtype, shape: tensor.shape, bytes: readTensor(tensor) };
  }

  /** A parameter as it lies in the model's file; undefined where it was loaded from elsewhere. */
  plainTensor(name: string): LazyTensor | undefined {
    return this.loaded.has(name) ? undefined : this.file.tensors.get(this.parameters.get(name)?.tensor.name ?? "");
  }

  /** The parameters that edits change, and their copies with them. */
  edited(edits: readonly Edit[]): ReadonlyMap<string, Value> {
    const made = evaluateEdits(edits, (name) => this.valueOf(name));
    return this.withTied(made);
  }

  /** Initializers that hold something else than in the file, with the given parameters changed. */
  initializersWith(changed: ReadonlyMap<string, Value>): ReadonlyMap<string, OnnxTensor> {
    const all = [...this.loaded, ...changed].flatMap(([name, value]) => {
      const own = this.parameters.get(name)?.tensor.name;
      if (own === undefined) return [];
      return [[own, makeTensor(own, dtypeToElemType(value.dtype), value.shape, value.bytes)] as const];
    });
    return new Map(all);
  }

  close(): void {
    this.file.close();
  }

  private describeParameter(one: OnnxParameter): ParameterDescription | null {
    const dtype = elemTypeToDType(one.tensor.elemType);
    if (dtype === undefined) return null;
    const tie = this.ties.get(one.name);
    const node = this.understood.view.nodes[one.uses[0]?.node ?? -1];
    return {
      name: one.name,
      module: one.module,
      kind: STATISTICS.has(one.name.slice(one.name.lastIndexOf(".") + 1)) ? "buffer" : "parameter",
      persistent: true,
      dtype,
      shape: one.tensor.dims,
      sameAs: tie?.to ?? null,
      expectedLayout: one.layout,
      stored: { initializer: one.tensor.name, node: node?.name || (node?.outputs[0] ?? "") },
      ...(node !== undefined && PRODUCTS.has(node.opType) ? { operator: node.opType } : {}),
    };
  }

  private withTied(made: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
    const all = new Map(made);
    for (const [copy, { to, transposed }] of this.ties) {
      const value = made.get(to);
      if (value !== undefined && !made.has(copy)) all.set(copy, transposed ? permuteValue(value, [1, 0]) : value);
    }
    return all;
  }

  private load(path: string): ReadonlyMap<string, Value> {
    const opened = openSafetensors(path);
    try {
      const found = new Map<string, Value>();
      for (const [name, tensor] of opened.tensors) {
        const one = this.parameters.get(name);
        if (one === undefined || one.tensor.dims.join() !== tensor.shape.join()) {
          throw new ParityError(
            "FORMAT_INVALID",
            one === undefined
              ? `${path} holds ${name}, which ${this.path} has no parameter for.`
              : `${path} holds ${name} of shape [${tensor.shape.join(", ")}], ${this.path} has [${one.tensor.dims.join(", ")}].`,
            { where: { file: path, key: name } },
          );
        }
        const dtype = elemTypeToDType(one.tensor.elemType) ?? tensor.dtype;
        const value = { dtype: tensor.dtype, shape: tensor.shape, bytes: readTensor(tensor) };
        found.set(name, castValue(value, dtype));
      }
      return this.withTied(found);
    } finally {
      opened.close();
    }
  }

  private warnings(): string[] {
    const { view } = this.understood;
    const foreign = [
      ...new Set(view.nodes.flatMap((node) => (node.domain === "" ? [] : [`${node.domain}.${node.opType}`]))),
    ];
    const closed = view.nodes.filter((node) =>
      [...node.attributes.values()].some((one) => one.graphReads !== undefined),
    );
    const half = view.nodes.filter((node) =>
      node.outputs.some((name) => view.elemTypes.get(name) === ELEM.float16),
    ).length;
    return [
      ...(half * 2 < view.nodes.length
        ? []
        : ["the ONNX model computes in float16: its layers are held against the rounding of 16 bits"]),
      ...(closed.length === 0
        ? []
        : [
            `${closed.length} nodes of the ONNX model (${closed[0]?.opType}) hold graphs of their own, which are not looked into`,
          ]),
      ...(foreign.length === 0 ? [] : [`the ONNX model has operators that are not ONNX's own: ${foreign.join(", ")}`]),
    ];
  }
}
