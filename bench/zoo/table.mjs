// The zoo's results as Markdown, and whether they meet the targets. Pure.

/** Targets of the zoo: shares that must be reached. */
export const TARGETS = { placed: 1, first: 0.95, confirmed: 0.9, pairs: 0.9 };

const percent = (part, whole) => (whole === 0 ? "–" : `${((100 * part) / whole).toFixed(part === whole ? 0 : 1)} %`);
const count = (list, test) => list.filter(test).length;

function observedSingles(outcomes) {
  return outcomes
    .filter((one) => one.job.kind === "single" && one.error === null)
    .flatMap((one) => one.places)
    .filter((one) => one.place.fault.observable);
}

export function summarise(outcomes) {
  const correct = outcomes.filter((one) => one.job.kind === "correct");
  const singles = observedSingles(outcomes);
  const pairs = outcomes.filter((one) => one.job.kind === "pair" && one.error === null);
  return {
    correct: correct.length,
    falseAlarms: count(correct, (one) => one.result?.verdict !== "parity"),
    errors: count(outcomes, (one) => one.error !== null),
    singles: singles.length,
    detected: count(singles, (one) => one.detected),
    placed: count(singles, (one) => one.placed),
    first: count(singles, (one) => one.first),
    confirmed: count(singles, (one) => one.confirmed),
    repaired: count(singles, (one) => one.repaired),
    pairs: pairs.length,
    pairsFound: count(pairs, (one) => one.places.every((place) => place.found)),
    pairsRepaired: count(pairs, (one) => one.places[0]?.repaired),
    falseConfirmed: count(singles, (one) => !one.first && one.said[0]?.startsWith("confirmed")),
  };
}

export function meetsTargets(outcomes) {
  const all = summarise(outcomes);
  return (
    all.falseAlarms === 0 &&
    all.errors === 0 &&
    all.placed >= TARGETS.placed * all.singles &&
    all.first >= TARGETS.first * all.singles &&
    all.confirmed >= TARGETS.confirmed * all.singles &&
    all.pairsFound >= TARGETS.pairs * all.pairs
  );
}

export function renderTable(outcomes, { seconds, seeds, faultSeeds, firstSeed, architectures }) {
  const all = summarise(outcomes);
  const causes = [...new Set(observedSingles(outcomes).map((one) => one.place.fault.cause))].sort();
  const rows = causes.map((cause) => {
    const own = observedSingles(outcomes).filter((one) => one.place.fault.cause === cause);
    const cells = ["placed", "first", "confirmed", "repaired"].map(
      (key) => `${count(own, (one) => one[key])}/${own.length}`,
    );
    return `| \`${cause}\` | ${cells.join(" | ")} |`;
  });
  const hidden = outcomes
    .filter((one) => one.job.kind === "single" && one.error === null)
    .flatMap((one) => one.places.map((place) => ({ place, result: one.result })))
    .filter(({ place }) => !place.place.fault.observable);
  return `# The zoo

Made by \`npm run zoo\` in ${Math.round(seconds)} s: ${architectures.join(", ")}. Correct ports: ${seeds} of each from
seed ${firstSeed}; faults: ${faultSeeds} of each from seed ${firstSeed}. Sizes, names, weights and places of the faults are drawn by seed. Every fault is the only difference between the port and a correct one.

| | measured | target |
|---|---|---|
| false alarms on correct ports | ${all.falseAlarms} of ${all.correct} | 0 |
| single faults detected | ${percent(all.detected, all.singles)} of ${all.singles} | 100 % |
| at the right place | ${percent(all.placed, all.singles)} | 100 % |
| right cause first | ${percent(all.first, all.singles)} | ≥ 95 % |
| right cause confirmed | ${percent(all.confirmed, all.singles)} | ≥ 90 % |
| repaired to parity | ${percent(all.repaired, all.singles)} | |
| pairs of faults, both found | ${percent(all.pairsFound, all.pairs)} of ${all.pairs} | ≥ 90 % |
| pairs repaired to parity | ${percent(all.pairsRepaired, all.pairs)} | |
| checks that ended in an error | ${all.errors} | 0 |

| cause | right place | right cause first | confirmed | repaired to parity |
|---|---|---|---|---|
${rows.join("\n")}

Faults that a forward pass on these inputs cannot show (${hidden.length} runs): ${count(hidden, ({ result }) => result.verdict === "parity")} judged parity${hidden.length === 0 ? "" : `, ${[...new Set(hidden.map(({ place }) => `\`${place.place.fault.cause}\``))].join(", ")}`}.
`;
}
