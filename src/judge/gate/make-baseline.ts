import type { Baseline, GateFacts } from "./types.js";

/** The baseline that this check gives: every tap with a finite error, in order of execution. */
export function makeBaseline(name: string, provenance: Baseline["provenance"], facts: GateFacts): Baseline {
  const taps = facts.pairs.flatMap((pair) =>
    pair.verdict === "not-compared" || pair.error === null || !Number.isFinite(pair.error)
      ? []
      : [[pair.id, { error: pair.error, run: pair.run }] as const],
  );
  return { schemaVersion: 1, name, provenance, inputs: facts.inputs, taps: Object.fromEntries(taps) };
}

/** What changes when one baseline takes the place of another: `2 of 40 errors rise (h.0.attn 1.2e-7 → 5.0e-7), 3 fall`. */
export function describeChange(before: Baseline | null, after: Baseline): string {
  const taps = Object.entries(after.taps);
  if (before === null) return `${taps.length} taps`;
  const changed = taps.flatMap(([id, { error }]) => {
    const old = before.taps[id]?.error;
    return old === undefined || old === error ? [] : [{ id, old, error }];
  });
  const rising = changed.filter((one) => one.error > one.old).sort((a, b) => b.error / b.old - a.error / a.old);
  const [worst] = rising;
  const fresh = taps.filter(([id]) => !(id in before.taps)).length;
  const gone = Object.keys(before.taps).filter((id) => !(id in after.taps)).length;
  const most =
    worst === undefined ? "" : ` (most: ${worst.id} ${worst.old.toExponential(1)} → ${worst.error.toExponential(1)})`;
  return [
    `${taps.length} taps`,
    `${rising.length} ${rising.length === 1 ? "error rises" : "errors rise"}${most}`,
    `${changed.length - rising.length} ${changed.length - rising.length === 1 ? "falls" : "fall"}`,
    ...(fresh > 0 ? [`${fresh} new`] : []),
    ...(gone > 0 ? [`${gone} gone`] : []),
  ].join(", ");
}
