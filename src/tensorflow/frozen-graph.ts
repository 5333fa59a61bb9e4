import { ParityError } from "../errors.js";
import { openConstants } from "../formats/tf-proto/constant-tensors.js";
import type { GraphDef, NodeDef } from "../formats/tf-proto/types.js";
import { thawConstants } from "./constants-as-variables.js";
import { parseTensorName } from "./graph.js";
import type { GraphModel } from "./graph-model.js";
import { inlineFunctions } from "./inline-functions.js";
import { VARIABLE_OPS } from "./op-kinds.js";

/** `Identity`, `Identity_1`: the copies that a frozen function ends with. What they copy is the output. */
function withoutCopies(nodes: readonly NodeDef[]): NodeDef[] {
  const read = new Set(nodes.flatMap((node) => node.input.map((text) => parseTensorName(text).node)));
  return nodes.filter((node) => node.op !== "Identity" || !/^Identity(_\d+)?$/.test(node.name) || read.has(node.name));
}

/** A graph whose weights are constants in it (`.pb`, `.pbtxt`). Throws FORMAT_UNSUPPORTED when its variables are elsewhere. */
export function openFrozenGraph(graph: GraphDef, file: string): GraphModel {
  const { nodes: flat } = inlineFunctions(graph.node, graph.library, new Map(), file);
  const variable = flat.find((node) => VARIABLE_OPS.has(node.op));
  if (variable !== undefined) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      `${file} is a graph whose variables are stored elsewhere (${variable.name}, for example).`,
      {
        where: { file, key: variable.name },
        hint: "Give the checkpoint with its .meta, a SavedModel, or freeze the graph: tf.compat.v1.graph_util.convert_variables_to_constants.",
      },
    );
  }
  const { nodes, values, constants } = thawConstants(withoutCopies(flat));
  return {
    metaGraph: {
      metaInfoDef: undefined,
      graphDef: { ...graph, node: nodes },
      saverDef: undefined,
      collectionDef: new Map(),
      signatureDef: new Map(),
      unknown: [],
    },
    file,
    variables: openConstants(file, values),
    restore: { prefix: null, keys: new Map(), constants },
    outputs: null,
    outputNames: new Map(),
  };
}
