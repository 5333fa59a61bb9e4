import { findRegion } from "../../../src/tensorflow/evidence/find-region.js";
import type { Pattern } from "../../../src/tensorflow/evidence/types.js";
import { writeModels } from "../originals.js";

/** The families of formulas.py, and what is recognised behind an output `<formula>:0`. */
export function writeFormulas(...families: string[]) {
  const models = writeModels("formulas.py", ...families);
  return {
    ...models,
    patternsOf: (family: string, formula: string): readonly Pattern[] =>
      findRegion(models.understand(family, [`${formula}:0`]), `${formula}:0`, new Set()).patterns,
  };
}
