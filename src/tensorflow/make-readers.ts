import { baseDataType, DataType } from "../formats/tf-proto/data-type.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import { makeNode } from "./constant.js";
import { findUnreadableOps } from "./control-flow.js";
import { type Fetch, makeFetch } from "./fetch-ops.js";
import { type Graph, tensorName } from "./graph.js";
import { outputDataType } from "./output-dtype.js";

/** Types that a session never hands over as numbers. */
const WITHOUT_NUMBERS: ReadonlySet<number> = new Set([
  DataType.INVALID,
  DataType.STRING,
  DataType.RESOURCE,
  DataType.VARIANT,
]);

/**
 * How every tensor of the kept ops can be read, so that questions which come up later need no second session: float32,
 * int32 and bool as they are, the rest through an op of its own. Left out are tensors of branches and loops, which a
 * session does not give, and those that hold no numbers.
 */
export function makeReaders(
  graph: Graph,
  kept: ReadonlySet<string>,
  fed: ReadonlySet<string>,
): { readers: Map<string, Fetch>; nodes: NodeDef[] } {
  const readers = new Map<string, Fetch>();
  const nodes: NodeDef[] = [];
  const unreadable = findUnreadableOps(graph);
  for (const name of kept) {
    const node = graph.nodes.get(name);
    if (node === undefined || unreadable.has(name)) continue;
    const slots = new Set([0, ...(graph.consumers.get(name) ?? []).map((consumer) => consumer.slot)]);
    for (const slot of slots) {
      const type = outputDataType(node, slot);
      if (type === undefined || WITHOUT_NUMBERS.has(baseDataType(type))) continue;
      const tensor = tensorName({ node: name, slot });
      const made = makeReader(tensor, baseDataType(type), `parity_read/${nodes.length}`, fed.has(tensor));
      if (made === null) continue;
      readers.set(tensor, made.fetch);
      nodes.push(...made.nodes);
    }
  }
  return { readers, nodes };
}

function makeReader(
  tensor: string,
  type: number,
  name: string,
  isFed: boolean,
): { fetch: Fetch; nodes: NodeDef[] } | null {
  // A session refuses to give out what it is fed.
  const copy = isFed ? [makeNode(`${name}/copy`, "Identity", [tensor], { T: { type } })] : [];
  const source = isFed ? `${name}/copy:0` : tensor;
  if (type === DataType.BOOL) return { fetch: { read: source, dtype: "bool", bitcast: false }, nodes: copy };
  try {
    const { fetch, nodes } = makeFetch(source, type, name);
    return { fetch, nodes: [...copy, ...nodes] };
  } catch {
    // A type that nothing here reads (complex, quantized): asked for by name, it is refused by name.
    return null;
  }
}
