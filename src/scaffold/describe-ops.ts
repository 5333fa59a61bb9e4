import { describePattern } from "../tensorflow/evidence/describe.js";
import type { OriginalOp, OriginalRegion } from "../tensorflow/evidence/types.js";
import { floatingDType } from "../tensorflow/output-dtype.js";
import type { Original } from "../tensorflow/understand-original.js";

/** Ops that move no values worth a line. */
const SILENT: ReadonlySet<string> = new Set(["Identity", "Const", "NoOp", "Shape", "Pack", "Fill", "Cast"]);

/** Ops of the original by scope, in execution order, as lines for a comment. */
export interface ScopeOps {
  /** What is computed in this scope itself, under names within it; scopes inside it, of which `inner` are, take one line each. */
  linesOf(scope: string, inner: readonly string[]): readonly string[];
}

export function collectOps(original: Original, regions: readonly OriginalRegion[]): ScopeOps {
  const ops = new Map<string, { readonly op: OriginalOp; readonly region: OriginalRegion }>();
  for (const region of regions) {
    for (const op of region.ops) {
      if (carriesValues(original, op) && !ops.has(op.node)) ops.set(op.node, { op, region });
    }
  }
  const place = (node: string): number => original.graph.position.get(node) ?? 0;
  const ordered = [...ops.values()].sort((a, b) => place(a.op.node) - place(b.op.node));
  const meanings = new Map<string, string>();
  for (const { patterns } of regions) {
    for (const pattern of patterns) {
      const last = [...pattern.nodes].sort((a, b) => place(a) - place(b)).at(-1);
      if (last !== undefined) meanings.set(last, describePattern(pattern));
    }
  }
  return {
    linesOf(scope, inner) {
      const lines: string[] = [];
      for (const { op, region } of ordered) {
        if (scope !== "" && op.node !== scope && !op.node.startsWith(`${scope}/`)) continue;
        const child = inner.find((path) => op.node === path || op.node.startsWith(`${path}/`));
        if (child !== undefined) {
          const line = `... ${child}/...`;
          if (lines.at(-1) !== line) lines.push(line);
          continue;
        }
        if (SILENT.has(op.op) && !meanings.has(op.node)) continue;
        lines.push(describeOp(op, region, meanings.get(op.node)));
      }
      return lines.map((line) => toAscii(scope === "" ? line : line.replaceAll(`${scope}/`, "")));
    },
  };
}

/** Sizes are computed from the inputs, too; they take no line. */
function carriesValues({ pass, graph }: Original, { node: name }: OriginalOp): boolean {
  const node = graph.nodes.get(name);
  if (pass.valueFlow.has(name)) return true;
  return node !== undefined && pass.flow.has(name) && floatingDType(node, 0) !== null;
}

/** Numbers that a constant may have to be written out. */
const MOST_VALUES = 8;

function describeOp(op: OriginalOp, region: OriginalRegion, meaning: string | undefined): string {
  const inputs = op.inputs.map((input) => {
    const key = region.variables.get(input);
    if (key !== undefined) return key;
    const constant = region.constants.get(input);
    if (constant === undefined) return input.replace(/:0$/, "");
    if (constant.values.length > MOST_VALUES) return `constant [${constant.shape.join(", ")}]`;
    const values = constant.values.map(writeNumber);
    return constant.shape.length === 0 ? String(values[0]) : `[${values.join(", ")}]`;
  });
  const attributes = Object.entries(op.attributes)
    .filter(([name, value]) => SHOWN.has(name) && value !== false)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}`);
  const head = `${op.node} = ${op.op}(${[...inputs, ...attributes].join(", ")})`;
  // Where it is, the line says already.
  return meaning === undefined ? head : `${head}  <- ${meaning.replaceAll("`", "").replace(` (${op.node})`, "")}`;
}

/** 1e-5 rather than 0.00001, at float32's precision. */
function writeNumber(value: number): string {
  const short = Number(value.toPrecision(7));
  const isPlain = short === 0 || (Math.abs(short) >= 1e-3 && Math.abs(short) < 1e6);
  return isPlain ? String(short) : short.toExponential().replace("e+", "e");
}

const SHOWN: ReadonlySet<string> = new Set([
  "strides",
  "padding",
  "dilations",
  "ksize",
  "data_format",
  "explicit_paddings",
  "transpose_a",
  "transpose_b",
  "adj_x",
  "adj_y",
  "equation",
  "epsilon",
  "alpha",
  "axis",
  "keep_dims",
  "align_corners",
  "half_pixel_centers",
  "is_training",
]);

/** Linters take letters that look like others for mistakes. */
function toAscii(text: string): string {
  return text
    .replaceAll("ε", "eps")
    .replaceAll("√", "sqrt")
    .replace(/[^\x20-\x7e]/g, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
