import { makeTensor, makeValueInfo } from "../../src/formats/onnx/make.js";
import type { OnnxModel, OnnxNode, OnnxTensor } from "../../src/formats/onnx/types.js";

/** A node as a file holds it. `input → output` names, and what an exporter writes beside them. */
export function node(
  opType: string,
  inputs: string,
  outputs: string,
  about: { name?: string; metadata?: Record<string, string>; ints?: Record<string, number> } = {},
): OnnxNode {
  const ints = Object.entries(about.ints ?? {});
  return {
    name: about.name ?? "",
    opType,
    domain: "",
    inputs: inputs.split(" ").filter((name) => name !== ""),
    outputs: outputs.split(" "),
    attributes: new Map(ints.map(([name, int]) => [name, { name, raw: new Uint8Array(), int }])),
    metadata: new Map(Object.entries(about.metadata ?? {})),
    unknown: [],
  };
}

/** float32 numbers that count up from 1. */
export function weight(name: string, ...dims: number[]): OnnxTensor {
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i + 1);
  return makeTensor(name, 1, dims, new Uint8Array(values.buffer));
}

export function graph(
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxTensor[],
  inputs: readonly string[],
  outputs: readonly string[],
): OnnxModel {
  return {
    file: "model.onnx",
    irVersion: 10,
    producer: "a test",
    opsets: new Map([["", 20]]),
    functions: [],
    unknown: [],
    graph: {
      nodes,
      initializers,
      inputs: inputs.map((name) => makeValueInfo(name, 1)),
      outputs: outputs.map((name) => makeValueInfo(name, 1)),
      valueInfo: [],
      unknown: [],
    },
  };
}

/** The metadata that `torch.onnx.export(dynamo=True)` writes. */
export function torchMetadata(scopes: readonly string[], classes: readonly string[]): Record<string, string> {
  const list = (texts: readonly string[]): string => `[${texts.map((text) => `'${text}'`).join(", ")}]`;
  return { "pkg.torch.onnx.name_scopes": list(scopes), "pkg.torch.onnx.class_hierarchy": list(classes) };
}
