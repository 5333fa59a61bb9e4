import type { CauseId, Finding } from "./types.js";

/** Causes that are one slip for the whole model, whatever parameters it touches. */
const MODEL_WIDE: ReadonlySet<CauseId> = new Set(["ema-weights", "reduced-precision"]);
/** Causes that concern a kernel, its bias and its siblings together: one slip, whatever number of parameters hold it. */
const BY_LAYER: ReadonlySet<CauseId> = new Set(["qkv-layout", "gate-order", "head-layout", "rope-layout"]);
/** So many lines of code are kept of a fix that is the same in every layer. */
const MAX_FIX_LINES = 24;

/** One fault repeated in every layer is one finding with its places: findings that differ only in the numbers of their names. */
export function mergePlaces(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = keyOf(finding);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map(mergeGroup);
}

function keyOf(finding: Finding): string {
  if (MODEL_WIDE.has(finding.cause)) return `${finding.cause} ${finding.status}`;
  if (BY_LAYER.has(finding.cause) && finding.parameters.length > 0)
    return [finding.cause, finding.status, withoutNumbers(finding.pair ?? "")].join("\n");
  // What is missing behind one op of the original shows at everything that reads its result.
  if (finding.cause === "missing-op" && finding.status === "confirmed" && /\(\S+:\d+\), the port/.test(finding.message))
    return [finding.cause, finding.status, finding.message.split(", the port")[0]].join("\n");
  const place = finding.parameters.length > 0 ? finding.parameters.join(" ") : (finding.pair ?? "");
  const line = finding.source === null ? "" : `${finding.source.file}:${finding.source.line}`;
  // One line of code that shows in two layers is one fault.
  if (finding.parameters.length === 0 && line !== "" && finding.cause !== "unexplained")
    return [finding.cause, finding.status, line].join("\n");
  return [
    finding.cause,
    finding.status,
    withoutNumbers(place),
    line,
    withoutNumbers(finding.experiment?.change ?? ""),
  ].join("\n");
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, "#");
}

function mergeGroup(group: readonly Finding[]): Finding {
  const [first, ...rest] = group as [Finding, ...Finding[]];
  if (rest.length === 0) return first;
  const parameters = [...new Set(group.flatMap((one) => one.parameters))];
  const pairs = [...new Set(group.flatMap((one) => one.pairs))];
  const places = parameters.length > 0 ? parameters : pairs;
  const fixes = [...new Set(group.flatMap((one) => (one.fix ?? "").split("\n")))].filter(Boolean);
  const left = fixes.length - MAX_FIX_LINES;
  return {
    ...first,
    parameters,
    pairs,
    evidence: [...(places.length > 1 ? [`the same in ${places.length} places`] : []), ...first.evidence],
    against: [...new Set(group.flatMap((one) => one.against))],
    fix:
      first.fix === null
        ? null
        : [...fixes.slice(0, MAX_FIX_LINES), ...(left > 0 ? [`# and ${left} more lines like these`] : [])].join("\n"),
  };
}
