import type { Situation, TensorValue } from "../../src/diagnose/situation.js";
import type { WeightFact } from "../../src/diagnose/types.js";
import type { TracedArgument, TracedOp, TracedTensor } from "../../src/runners/edits.js";
import type { OriginalOp, Pattern } from "../../src/tensorflow/evidence/types.js";

export function tensor(shape: readonly number[], values: ArrayLike<number>): TensorValue {
  return { shape, data: Float64Array.from(values) };
}

/** Numbers that look random and are the same in every run, between −spread and spread. */
export function noise(count: number, spread = 2, seed = 1): number[] {
  return Array.from({ length: count }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 * seed) * 43758.5453;
    return spread * (2 * (x - Math.floor(x)) - 1);
  });
}

export interface Step {
  readonly name: string;
  /** Ids of tensors, or plain values. */
  readonly args: readonly (string | number | boolean | null | readonly number[])[];
  readonly names?: readonly string[];
  readonly kwargs?: Readonly<Record<string, string | number | boolean | null>>;
  readonly output: string;
  readonly value: TensorValue;
  readonly moduleType?: string;
}

export interface Scene {
  /** Tensors that agree with the original: outputs of forced modules, by id. */
  readonly given: Readonly<Record<string, TensorValue>>;
  readonly steps: readonly Step[];
  /** What the original has for the last step. */
  readonly reference: TensorValue;
  readonly patterns?: readonly Pattern[];
  /** Further tensors of the original, in order. */
  readonly original?: Readonly<Record<string, TensorValue>>;
  readonly constants?: Readonly<Record<string, number>>;
  readonly variables?: Readonly<Record<string, TensorValue>>;
  readonly isOutput?: boolean;
  /** Parameters and buffers that calls may read, by name, and what is known of them. */
  readonly parameters?: Readonly<Record<string, TensorValue>>;
  readonly weights?: readonly WeightFact[];
  /** Tensors of the original that candidate taps are forced to. */
  readonly forcedFrom?: Readonly<Record<string, string>>;
}

/** A layer whose every call is a suspect, in `port.py`, line 10 onwards, one line a call. */
export function situationOf(scene: Scene): Situation {
  const values = new Map(Object.entries(scene.given));
  const tensors = new Map<string, TracedTensor>();
  const add = (id: string, value: TensorValue, origin: TracedTensor["origin"]): void => {
    values.set(id, value);
    tensors.set(id, { id, shape: value.shape, dtype: "float32", origin, stored: true });
  };
  for (const [id, value] of Object.entries(scene.given)) add(id, value, { kind: "tap", tap: `before.${id}` });
  for (const [id, value] of Object.entries(scene.parameters ?? {})) add(id, value, { kind: "parameter", name: id });
  const read = (one: Step["args"][number]): TracedArgument =>
    typeof one === "string" && values.has(one)
      ? { tensor: one }
      : Array.isArray(one)
        ? { list: one.map((value) => ({ value })) }
        : { value: one as number | string | boolean | null };
  const ops = scene.steps.map((step, index): TracedOp => {
    const op: TracedOp = {
      key: { module: "layer", call: 1, index, name: step.name },
      qualname: `torch.${step.name}`,
      moduleType: step.moduleType ?? "Layer",
      names: step.names ?? [],
      args: step.args.map(read),
      kwargs: Object.fromEntries(Object.entries(step.kwargs ?? {}).map(([key, value]) => [key, read(value)])),
      outputs: [step.output],
      source: { file: "port.py", line: 10 + index },
    };
    add(step.output, step.value, { kind: "op", op: index });
    return op;
  });
  const originals = new Map(Object.entries({ ...scene.original, target: scene.reference }));
  const suspects = [...originals.keys()].map(
    (name): OriginalOp => ({ node: name, op: "Op", inputs: [], outputs: [name], attributes: {} }),
  );
  const last = scene.steps.at(-1);
  if (last === undefined) throw new Error("a scene needs a step");
  return {
    layer: {
      pair: "layer",
      tap: "layer",
      module: "layer",
      moduleType: "Layer",
      source: { file: "port.py", line: 3 },
      isOutput: scene.isOutput ?? false,
      case: "c0",
      layout: { permute: null, reshape: null },
    },
    trace: { tap: "layer", ops, tensors: [...tensors.values()], observed: last.output, file: null, reason: null },
    ops,
    tensors,
    suspects: ops,
    agreements: new Map(),
    original: {
      region: {
        target: "target",
        ops: suspects,
        sources: [],
        readable: [...originals.keys()],
        constants: new Map(
          Object.entries(scene.constants ?? {}).map(([node, value]) => [node, { shape: [], values: [value], node }]),
        ),
        variables: new Map(),
        patterns: scene.patterns ?? [],
      },
      suspects,
      patterns: scene.patterns ?? [],
    },
    value: (id) => values.get(id) ?? null,
    originalValue: (name) => originals.get(name) ?? values.get(name) ?? null,
    forcedFrom: new Map(Object.entries(scene.forcedFrom ?? {})),
    inputFiles: new Map(),
    candidate: last.value,
    reference: scene.reference,
    weights: scene.weights ?? [],
    parameters: [],
    modules: [
      {
        path: "layer",
        type: last.moduleType ?? "Layer",
        qualname: `torch.nn.${last.moduleType ?? "Layer"}`,
        training: false,
        source: { file: "port.py", line: 3 },
      },
    ],
    parameterValue: () => null,
    variableValue: (key) => scene.variables?.[key] ?? null,
    variables: new Map(Object.entries(scene.variables ?? {}).map(([key, value]) => [key, value.shape])),
  };
}
