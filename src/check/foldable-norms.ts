import type { FoldableNorm } from "../align/derive-folded-norm.js";
import { findRegion } from "../tensorflow/evidence/find-region.js";
import type { Pattern } from "../tensorflow/evidence/types.js";
import { tensorName } from "../tensorflow/graph.js";
import type { Original } from "../tensorflow/understand-original.js";

/** The batch norms by stored statistics that stand right behind a layer's product. The graph is read at the first question. */
export function foldableNorms(original: Original): () => readonly FoldableNorm[] {
  let norms: readonly FoldableNorm[] | null = null;
  return () => {
    norms ??= readNorms(original);
    return norms;
  };
}

function readNorms(original: Original): FoldableNorm[] {
  const found = new Map<string, FoldableNorm>();
  for (const output of original.pass.outputs) {
    const { patterns } = findRegion(original, tensorName(output), new Set());
    const byOutput = new Map(patterns.map((pattern) => [pattern.output, pattern]));
    for (const norm of patterns) {
      if (norm.kind !== "normalisation" || norm.variant !== "batch") continue;
      if (norm.mean === null || norm.variance === null || norm.epsilon === null || norm.placement !== "inside")
        continue;
      const before = byOutput.get(norm.input);
      const bias = before?.kind === "bias" ? before.key : null;
      const product = before?.kind === "bias" ? byOutput.get(before.input) : before;
      const kernel = kernelOf(product);
      if (kernel === null) continue;
      const { scale, offset, mean, variance } = norm;
      found.set(norm.output, { ...kernel, bias, scale, offset, mean, variance, epsilon: norm.epsilon.value });
    }
  }
  return [...found.values()];
}

/** The kernel of a product and where its outputs are: last, but for a depthwise kernel [.., in, multiplier] and a transposed one [.., out, in]. */
function kernelOf(pattern: Pattern | undefined): Pick<FoldableNorm, "kernel" | "outputs"> | null {
  if (pattern?.kind === "convolution" && pattern.kernel !== null)
    return {
      kernel: pattern.kernel,
      outputs: { axes: pattern.depthwise ? 2 : 1, behind: pattern.transposed ? 1 : 0 },
    };
  if (pattern?.kind === "matmul" && pattern.kernel !== null)
    return { kernel: pattern.kernel, outputs: { axes: 1, behind: pattern.transposed ? 1 : 0 } };
  return null;
}
