import type { OriginalConstant, OriginalOp, OriginalRegion } from "../tensorflow/evidence/types.js";

/** So many values of a constant are written out. */
const SHOWN_VALUES = 8;

/**
 * The original's ops of one stretch, one per line in the order in which they run: `node = Op(inputs) attribute=value`.
 * Inputs that are constants show their values, variables the key under which the checkpoint has them.
 */
export function describeOriginal(region: OriginalRegion, ops: readonly OriginalOp[]): string {
  const shown = ops.length > 0 ? ops : region.ops;
  const made = new Set(shown.flatMap((op) => op.outputs));
  const begins = [...new Set(shown.flatMap((op) => op.inputs))].filter(
    (tensor) => !made.has(tensor) && !region.constants.has(tensor) && !region.variables.has(tensor),
  );
  const lines = shown.map((op) => {
    const inputs = op.inputs.map((input) => describeInput(input, region)).join(", ");
    const attributes = Object.entries(op.attributes).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return [`${op.node} = ${op.op}(${inputs})`, ...attributes].join(" ");
  });
  return [
    `# what the original computes for ${region.target}`,
    `# from ${begins.join(", ") || "constants alone"}`,
    ...lines,
    "",
  ].join("\n");
}

function describeInput(tensor: string, region: OriginalRegion): string {
  const constant = region.constants.get(tensor);
  if (constant !== undefined) return `${tensor} {${describeConstant(constant)}}`;
  const key = region.variables.get(tensor);
  return key === undefined ? tensor : `${tensor} {variable ${key}}`;
}

function describeConstant({ shape, values }: OriginalConstant): string {
  if (shape.length === 0) return String(values[0] ?? "");
  const more = values.length - SHOWN_VALUES;
  const listed = values.slice(0, SHOWN_VALUES).join(", ");
  return `${shape.join("×")}: ${listed}${more > 0 ? `, … ${more} more` : ""}`;
}
