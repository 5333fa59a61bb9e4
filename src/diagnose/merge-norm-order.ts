import type { Finding } from "./types.js";

/**
 * `x + norm(f(x))` where the original has `norm(x + f(x))`: where the norm is a layer of its own this shows as two repairs of
 * one line, a residual that the norm does not read and one that is added behind it. Both are one slip: the order.
 */
export function mergeNormOrder(findings: readonly Finding[]): Finding[] {
  const merged = new Map<Finding, Finding>();
  const dropped = new Set<Finding>();
  for (const before of findings) {
    if (before.cause !== "missing-residual" || before.status !== "confirmed" || before.source === null) continue;
    const behind = findings.find(
      (one) => one !== before && !dropped.has(one) && isAddedBehind(one) && isSameLine(one, before),
    );
    if (behind === undefined) continue;
    dropped.add(behind);
    const place = `${before.source.file}:${before.source.line}`;
    merged.set(before, {
      ...before,
      cause: "norm-order",
      pairs: [...new Set([...before.pairs, ...behind.pairs])],
      message: `the original adds its residual before the norm, the port behind it (${place})`,
      evidence: [before.message, behind.message, ...before.evidence],
      experiment:
        before.experiment === null
          ? null
          : {
              ...before.experiment,
              change: `${before.experiment.change}; behind the norm ${behind.experiment?.change}`,
            },
      fix: "x = norm(x + f(x))  # instead of x + norm(f(x))",
    });
  }
  return findings.flatMap((one) => (dropped.has(one) ? [] : [merged.get(one) ?? one]));
}

function isAddedBehind({ cause, status, experiment }: Finding): boolean {
  if (status !== "confirmed") return false;
  if (cause === "extra-op") return experiment?.change === "add left out";
  return cause === "missing-residual" && (experiment?.change.endsWith("subtracted once") ?? false);
}

function isSameLine(a: Finding, b: Finding): boolean {
  return a.source !== null && a.source.file === b.source?.file && a.source.line === b.source.line;
}
