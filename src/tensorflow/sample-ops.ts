import { DataType } from "../formats/tf-proto/data-type.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import { makeInt32Constant, makeNode } from "./constant.js";
import { type Fetch, makeFetch } from "./fetch-ops.js";
import type { GraphVariable } from "./variables.js";

/**
 * How many elements of each variable are compared with the checkpoint. A variable that was not restored is freshly
 * initialised and differs in nearly all of them; one that was is equal in all.
 */
const SAMPLES = 64;

/** A few elements of a variable as the session has it, to be held against the checkpoint. */
export interface VariableSample {
  readonly key: string;
  readonly node: string;
  /** Flat row-major indices of the sampled elements. */
  readonly indices: readonly number[];
  readonly fetch: Fetch;
}

/** Ops that gather evenly spaced elements of every whole variable that has any. */
export function makeSampleOps(
  variables: readonly GraphVariable[],
  elements: (key: string) => number,
): { samples: VariableSample[]; nodes: NodeDef[] } {
  const samples: VariableSample[] = [];
  const nodes: NodeDef[] = [];
  variables.forEach((variable, i) => {
    const count = elements(variable.key);
    if (variable.slice !== "" || count === 0) return;
    const taken = Math.min(SAMPLES, count);
    const indices = Array.from({ length: taken }, (_, k) => Math.floor((k * count) / taken));
    const name = `parity_sample/${i}`;
    const type = { type: variable.dataType };
    nodes.push(
      variable.isResource
        ? makeNode(`${name}/read`, "ReadVariableOp", [variable.node], { dtype: type })
        : makeNode(`${name}/read`, "Identity", [variable.node], { T: type }),
      makeInt32Constant(`${name}/flat`, [-1]),
      makeInt32Constant(`${name}/indices`, indices),
      makeInt32Constant(`${name}/axis`, [0], []),
      makeNode(`${name}/reshape`, "Reshape", [`${name}/read`, `${name}/flat`], {
        T: type,
        Tshape: { type: DataType.INT32 },
      }),
      makeNode(`${name}/gather`, "GatherV2", [`${name}/reshape`, `${name}/indices`, `${name}/axis`], {
        Tparams: type,
        Tindices: { type: DataType.INT32 },
        Taxis: { type: DataType.INT32 },
        batch_dims: { i: 0 },
      }),
    );
    const { fetch, nodes: reading } = makeFetch(`${name}/gather:0`, variable.dataType, `${name}/fetch`);
    nodes.push(...reading);
    samples.push({ key: variable.key, node: variable.node, indices, fetch });
  });
  return { samples, nodes };
}
