import { makeInt, makeInt64s, makeNode } from "../formats/onnx/make.js";
import type { OnnxNode, OnnxTensor } from "../formats/onnx/types.js";
import { intAttribute } from "./graph.js";
import type { Variant } from "./variant.js";

const FIRST_BACKWARDS = 10;

/** The end of an axis for a slice that goes backwards over it: as far as int64 goes. */
const TO_THE_BEGINNING = -(2n ** 63n) + 1n;

/**
 * The same mathematics with its sums in another order: both operands of a product are read through the same permutation of the
 * axis that is summed over. Where the size of that axis is known (one operand is a weight) the permutation is drawn by the seed,
 * else the axis is read backwards. Normalisations and softmax get their axis permuted before and put back after them.
 *
 * @param shuffle the numbers below its argument in an order of its own
 * @param opset version of ONNX's operators; slices go backwards from version 10 on
 */
export function permuteReductions(
  variant: Variant,
  shuffle: (size: number) => readonly number[],
  opset: number,
): Variant {
  if (opset < FIRST_BACKWARDS) return variant;
  const sizes = new Map(variant.initializers.map((one) => [one.name, one.dims]));
  const added: OnnxTensor[] = [];
  let count = 0;
  const constant = (values: readonly (number | bigint)[]): string => {
    const name = `parity/order/${count++}`;
    added.push(makeInt64s(name, values));
    return name;
  };
  const gathered = (name: string, axis: number, order: readonly number[], into: OnnxNode[]): string => {
    const given = `parity/permuted/${count++}`;
    into.push(makeNode("Gather", [name, constant(order)], [given], [makeInt("axis", axis)]));
    return given;
  };
  const reversed = (name: string, axis: number, into: OnnxNode[]): string => {
    const given = `parity/permuted/${count++}`;
    const [start, end, axes, steps] = [constant([-1]), constant([TO_THE_BEGINNING]), constant([axis]), constant([-1])];
    into.push(makeNode("Slice", [name, start, end, axes, steps], [given]));
    return given;
  };
  /** Both operands along their axis of the sum. */
  const product = (node: OnnxNode, axisA: number, axisB: number): OnnxNode[] => {
    const [a = "", b = "", ...rest] = node.inputs;
    const size = sizes.get(b)?.at(axisB) ?? sizes.get(a)?.at(axisA);
    // An operand of one axis has no other to count from.
    if ([a, b].some((name) => sizes.get(name)?.length === 1)) return [node];
    const before: OnnxNode[] = [];
    const order = size === undefined ? null : shuffle(size);
    const turn = (name: string, axis: number): string =>
      order === null ? reversed(name, axis, before) : gathered(name, axis, order, before);
    const inputs = [turn(a, axisA), turn(b, axisB), ...rest];
    return [...before, { ...node, inputs }];
  };
  const convolution = (node: OnnxNode): OnnxNode[] => {
    const [x = "", w = "", ...rest] = node.inputs;
    const perGroup = sizes.get(w)?.[1] ?? 1;
    if (perGroup < 2) return [node];
    const order = shuffle(perGroup);
    const groups = intAttribute(node, "group", 1);
    const all = Array.from({ length: groups }, (_, group) => order.map((at) => group * perGroup + at)).flat();
    const before: OnnxNode[] = [];
    const inputs = [gathered(x, 1, all, before), gathered(w, 1, order, before), ...rest];
    return [...before, { ...node, inputs }];
  };
  const normalisation = (node: OnnxNode): OnnxNode[] => {
    if (intAttribute(node, "axis", -1) !== -1 || node.outputs.length !== 1) return [node];
    const before: OnnxNode[] = [];
    const inputs = node.inputs.map((name) => (name === "" ? name : reversed(name, -1, before)));
    const given = node.outputs[0] ?? "";
    const turned = `parity/turned/${count++}`;
    const after: OnnxNode[] = [];
    reversed(turned, -1, after);
    return [...before, { ...node, inputs, outputs: [turned] }, ...after.map((one) => ({ ...one, outputs: [given] }))];
  };
  const reduction = (node: OnnxNode): OnnxNode[] => {
    const axes = node.attributes.get("axes")?.ints ?? constantInts(variant, node.inputs[1]);
    if (axes === null || axes.length !== 1 || Number(axes[0]) !== -1) return [node];
    const before: OnnxNode[] = [];
    const [x = "", ...rest] = node.inputs;
    const turned = reversed(x, -1, before);
    return [...before, { ...node, inputs: [turned, ...rest] }];
  };
  const nodes = variant.nodes.flatMap((node) => {
    if (node.domain !== "") return [node];
    switch (node.opType) {
      case "MatMul":
        return product(node, -1, -2);
      case "Gemm":
        return product(
          node,
          intAttribute(node, "transA", 0) === 1 ? -2 : -1,
          intAttribute(node, "transB", 0) === 1 ? -1 : -2,
        );
      case "Conv":
        return convolution(node);
      case "LayerNormalization":
      case "Softmax":
        return normalisation(node);
      case "ReduceMean":
      case "ReduceSum":
        return reduction(node);
      default:
        return [node];
    }
  });
  return { ...variant, nodes, initializers: [...variant.initializers, ...added] };
}

function constantInts(variant: Variant, name: string | undefined): readonly bigint[] | null {
  const data = variant.initializers.find((one) => one.name === name)?.data;
  if ((data?.kind !== "raw" && data?.kind !== "typed") || data.bytes.length % 8 !== 0) return null;
  return [...new BigInt64Array(data.bytes.slice().buffer)];
}
