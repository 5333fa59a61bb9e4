import { ParityError } from "../errors.js";
import { toDType } from "../formats/tf-proto/data-type.js";
import type { DType } from "../formats/types.js";
import { type ForwardPass, inputShape } from "./forward-pass.js";
import { type Graph, type TensorRef, tensorName } from "./graph.js";
import { LOOKUP_OPS, RESHAPING_OPS, VARIABLE_OPS } from "./op-kinds.js";
import { outputDataType } from "./output-dtype.js";
import type { GraphVariable } from "./variables.js";
import { isWrappedIndex } from "./wrapped-index.js";

/** What the graph tells about one input. The same fields as the inputs room's `InputSignature`. */
export interface GraphInput {
  /** The op's name without `:0`. */
  readonly name: string;
  readonly tensor: string;
  readonly dtype: DType;
  /** DataType number, for the runtime. */
  readonly dataType: number;
  readonly shape: (number | null)[] | null;
  readonly role: "token-ids" | "other";
  readonly vocabularySize: number | null;
  readonly contextLength: number | null;
  /** For a scalar switch (`is_training`, `keep_prob`): the value that means inference; null for real inputs. */
  readonly inferenceValue: number | null;
}

/** Ops that give a part of what they read, element by element unchanged. */
const SELECTING_OPS: ReadonlySet<string> = new Set([
  ...RESHAPING_OPS,
  "Cast",
  "StridedSlice",
  "Slice",
  "Transpose",
  "ConcatV2",
  "Tile",
]);

/** Ops by which a row number becomes the number of a part of a partitioned table and the row in that part. */
const PARTITIONING_OPS: ReadonlySet<string> = new Set([
  "FloorDiv",
  "FloorMod",
  "Sub",
  "Maximum",
  "Less",
  "Select",
  "SelectV2",
  "DynamicPartition",
]);

/** How many rows the table has that a tensor is a view of, and whether the tensor is only one part of it. */
interface Rows {
  readonly count: number;
  readonly isPart: boolean;
}

/**
 * The signature of the forward pass. `variableShape` gives the checkpoint's shape of a key: the number of rows of the
 * tables that the input selects from is the vocabulary, that of a table indexed by position alone is the context length.
 */
export function describeInputs(
  graph: Graph,
  pass: ForwardPass,
  variables: readonly GraphVariable[],
  variableShape: (key: string) => readonly number[] | undefined,
): GraphInput[] {
  const byNode = new Map(variables.map((variable) => [variable.node, variable]));
  const rows = (table: TensorRef): Rows | null => {
    const found = traceVariable(graph, table, byNode);
    const count = found === null ? undefined : variableShape(found.variable.key)?.[0];
    return count === undefined || found === null ? null : { count, isPart: found.isPart };
  };
  const contextLength = findContextLength(graph, pass, rows);
  return pass.inputs.map((input) => {
    const node = graph.nodes.get(input.node);
    const dataType = node === undefined ? undefined : outputDataType(node, input.slot);
    const dtype = dataType === undefined ? undefined : toDType(dataType);
    if (dtype === undefined || dataType === undefined) {
      throw new ParityError("FORMAT_UNSUPPORTED", `The input ${input.node} has a type that cannot be fed.`, {
        where: { key: input.node },
      });
    }
    const vocabularySize = findVocabularySize(graph, input, rows);
    const shape = inputShape(graph, input);
    return {
      name: input.slot === 0 ? input.node : tensorName(input),
      tensor: tensorName(input),
      dtype,
      dataType,
      shape: shape === null ? null : [...shape],
      role: vocabularySize === null ? "other" : "token-ids",
      vocabularySize,
      contextLength: vocabularySize === null ? null : contextLength,
      inferenceValue: inferenceValueOf(input.node, dtype, shape),
    };
  });
}

/** Scalars that switch a graph between training and inference, by the names that TensorFlow code gives them. */
function inferenceValueOf(name: string, dtype: DType, shape: readonly (number | null)[] | null): number | null {
  const last = (name.split("/").at(-1) ?? name).toLowerCase();
  if (dtype === "bool" && (shape === null || shape.length === 0) && /train|phase/.test(last)) return 0;
  if (shape === null || shape.length > 0) return null;
  if (/keep/.test(last)) return 1;
  return /drop/.test(last) ? 0 : null;
}

function findVocabularySize(graph: Graph, input: TensorRef, rows: (table: TensorRef) => Rows | null): number | null {
  const sizes: number[] = [];
  const seen = new Set<string>();
  const stack = [{ name: input.node, slot: input.slot as number | null, partitioned: false }];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { name, slot, partitioned } = at;
    if (seen.has(`${name} ${partitioned}`)) continue;
    seen.add(`${name} ${partitioned}`);
    for (const consumer of graph.consumers.get(name) ?? []) {
      if (slot !== null && consumer.slot !== slot) continue;
      const op = graph.nodes.get(consumer.node)?.op ?? "";
      const table = graph.inputs.get(consumer.node)?.[0];
      if (LOOKUP_OPS.has(op) && consumer.input === 1 && table !== undefined) {
        const found = rows(table);
        // Numbers that were computed from the input select its rows only in the parts of a partitioned table.
        if (found !== null && (found.isPart || !partitioned)) sizes.push(found.count);
      } else if (SELECTING_OPS.has(op) || PARTITIONING_OPS.has(op)) {
        const changes = PARTITIONING_OPS.has(op) && !isWrappedIndex(graph, consumer.node);
        stack.push({ name: consumer.node, slot: null, partitioned: partitioned || changes });
      }
    }
  }
  return sizes.length === 0 ? null : Math.min(...sizes);
}

function findContextLength(graph: Graph, pass: ForwardPass, rows: (table: TensorRef) => Rows | null): number | null {
  const sizes: number[] = [];
  for (const name of pass.needed) {
    const node = graph.nodes.get(name);
    const [table, ...selectors] = graph.inputs.get(name) ?? [];
    if (node === undefined || table === undefined || pass.flow.has(table.node)) continue;
    const selects = LOOKUP_OPS.has(node.op) || node.op === "StridedSlice" || node.op === "Slice";
    const bySize =
      selectors.some((ref) => pass.flow.has(ref.node)) && !selectors.some((ref) => pass.valueFlow.has(ref.node));
    const found = selects && bySize ? rows(table) : null;
    if (found !== null) sizes.push(found.count);
  }
  return sizes.length === 0 ? null : Math.min(...sizes);
}

/** The one variable that a tensor is a view of, null when it is computed from something else. */
function traceVariable(
  graph: Graph,
  start: TensorRef,
  byNode: ReadonlyMap<string, GraphVariable>,
): { variable: GraphVariable; isPart: boolean } | null {
  let current: TensorRef | undefined = start;
  let joined = false;
  while (current !== undefined) {
    const node = graph.nodes.get(current.node);
    if (node === undefined) return null;
    if (VARIABLE_OPS.has(node.op)) {
      const variable = byNode.get(node.name);
      return variable === undefined ? null : { variable, isPart: variable.slice !== "" && !joined };
    }
    joined ||= node.op === "ConcatV2";
    const passes =
      RESHAPING_OPS.has(node.op) || node.op === "ReadVariableOp" || node.op === "Cast" || node.op === "ConcatV2";
    current = passes ? graph.inputs.get(node.name)?.[0] : undefined;
  }
  return null;
}
