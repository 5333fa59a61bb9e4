import { type AlignmentInput, alignTaps } from "../../src/align/align-taps.js";
import type { Alignment, ReferenceScope } from "../../src/align/types.js";
import type { Tap } from "../../src/recording/types.js";

type Shapes = Readonly<Record<string, readonly number[]>> | readonly number[];
type More = Partial<Omit<Tap, "shapes">>;

const shapesOf = (shapes: Shapes): Tap["shapes"] => (Array.isArray(shapes) ? { c0: shapes } : shapes) as Tap["shapes"];

/** A reference tap of a scope; `scope[op]` is an earlier tensor of the scope. */
export function scopeTap(id: string, shapes: Shapes, more: More = {}): Tap {
  return {
    id,
    path: id.replace(/\[.*\]$/, ""),
    type: "Add",
    call: 1,
    slot: null,
    tensor: `${id}/out:0`,
    kind: "scope",
    dtype: "float32",
    shapes: shapesOf(shapes),
    source: null,
    isOutput: false,
    ...more,
  };
}

/** A candidate tap, its id in the harness's notation: `h.0@2[1]`. */
export function moduleTap(id: string, shapes: Shapes, more: More = {}): Tap {
  const [, path = "", call = "1", slot = null] = /^(.*?)(?:@(\d+))?(?:\[(.*)\])?$/.exec(id) ?? [];
  return {
    id,
    path: path === "(output)" ? "" : path,
    type: "Linear",
    call: Number(call),
    slot,
    tensor: null,
    kind: "module",
    dtype: "float32",
    shapes: shapesOf(shapes),
    source: null,
    isOutput: path === "(output)",
    ...more,
  };
}

export function align(input: Partial<AlignmentInput>): Alignment {
  const scopes: ReferenceScope[] = [];
  return alignTaps({
    reference: [],
    candidate: [],
    scopes,
    uses: new Map(),
    modules: [],
    weights: [],
    map: {},
    ...input,
  });
}

/** candidate → [reference, method] */
export function pairsOf(alignment: Alignment): Record<string, readonly [string, string]> {
  return Object.fromEntries(alignment.pairs.map((pair) => [pair.candidate, [pair.reference, pair.matchedBy]]));
}
