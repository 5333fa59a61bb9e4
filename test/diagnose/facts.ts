import type { LayerFact, WeightFact } from "../../src/diagnose/types.js";

/** A parameter of a Linear that holds its own variable as it should. */
export function fact(parameter: string, more: Partial<WeightFact> = {}): WeightFact {
  const module = parameter.slice(0, Math.max(0, parameter.lastIndexOf(".")));
  return {
    parameter,
    shape: [4, 4],
    kind: "parameter",
    module,
    moduleType: "Linear",
    source: { file: "port.py", line: 7 },
    key: `model/${module.replaceAll(".", "/")}/w`,
    keyShape: [1, 4, 4],
    matchedBy: "name",
    transform: "transposed",
    expected: "transposed",
    maxAbs: 0,
    equals: null,
    fresh: null,
    ...more,
  };
}

/** A parameter that holds another variable. */
export const holding = (parameter: string, key: string, equals: string, more: Partial<WeightFact> = {}): WeightFact =>
  fact(parameter, { key, equals, transform: null, maxAbs: 1, ...more });

export const layer = (module: string, failed = true): LayerFact => ({ pair: module, module, failed });
