import type { Finding } from "../diagnose/types.js";
import type { CandidateDescription } from "../runners/candidate.js";

/**
 * Findings about the weights of an ONNX model in words of that model: which initializer of the file a parameter is and which
 * operator reads it, and the fix as a change of initializers. Findings of other candidates stay as they are.
 */
export function tellOfInitializers(
  findings: readonly Finding[],
  description: Pick<CandidateDescription, "parameters">,
): readonly Finding[] {
  const stored = new Map(
    description.parameters.flatMap((one) => (one.stored ? [[one.name, one.stored] as const] : [])),
  );
  if (stored.size === 0) return findings;
  return findings.map((finding) => {
    const places = finding.parameters.flatMap((name) => {
      const place = stored.get(name);
      return place === undefined ? [] : [`${name} is the initializer ${place.initializer} of the node ${place.node}`];
    });
    if (places.length === 0) return finding;
    const fix = finding.fix === null ? null : asInitializers(finding.fix, (name) => stored.get(name)?.initializer);
    return { ...finding, evidence: [...finding.evidence, ...places], fix };
  });
}

const EXPLAINED =
  "# initializer: arrays by name, from onnx.numpy_helper; `--fix repaired.onnx` writes the repaired model";

/** The lines that repair a state dict, as lines that repair a model's initializers with numpy. */
function asInitializers(fix: string, initializerOf: (parameter: string) => string | undefined): string {
  const named = fix.replace(/state\["([^"]+)"\]/g, (whole, name: string) => {
    const initializer = initializerOf(name);
    return initializer === undefined ? whole : `initializer["${initializer}"]`;
  });
  const code = named
    .replace(/torch\.from_numpy\((tf\.train\.load_variable\([^()]*\))\)/g, "$1")
    .replaceAll(".contiguous()", "")
    .replaceAll(".permute(", ".transpose(")
    .replace(/(initializer\["[^"]+"\])\.flip\(([^()]*)\)/g, "np.flip($1, ($2,))")
    .replaceAll(".zero_()", "[...] = 0");
  return `${code}\n${EXPLAINED}`;
}
