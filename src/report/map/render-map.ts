import { printable } from "../printable.js";
import { padRight, shortenMiddle, widthOf } from "../terminal/fit-text.js";
import type { CheckResult, PairResult, WeightResult } from "../types.js";

const METHODS: Readonly<Record<PairResult["matchedBy"], string>> = {
  map: "map",
  name: "name",
  weights: "weights",
  structure: "order",
  values: "values",
  output: "output",
};

/** What `--explain-map` shows: each pair with how it was found and what spoke for it, then what has no partner and why. */
export function renderMapTable(result: CheckResult, width: number): string {
  const rows = result.pairs.map((pair) => ({
    names: [printable(pair.reference.name), printable(pair.candidate.name)] as const,
    found: `${METHODS[pair.matchedBy]} ${pair.confidence.toFixed(2)}`,
    because: printable(pair.because),
  }));
  const widest = (of: (row: (typeof rows)[number]) => string): number =>
    Math.max(0, ...rows.map((row) => widthOf(of(row))));
  const limit = Math.max(16, Math.floor((width - 22) / 3));
  const widths = [
    Math.min(
      limit,
      widest((row) => row.names[0]),
    ),
    Math.min(
      limit,
      widest((row) => row.names[1]),
    ),
  ] as const;
  const method = widest((row) => row.found);
  const lines = rows.map(({ names, found, because }) => {
    const [from, to] = [shortenMiddle(names[0], widths[0]), shortenMiddle(names[1], widths[1])];
    const head = `  ${padRight(from, widths[0])}  ↔  ${padRight(to, widths[1])}  ${padRight(found, method)}  `;
    const left = width - widthOf(head);
    return left < 12 ? `${head.trimEnd()}\n      ${because}` : `${head}${shortenEnd(because, left)}`;
  });
  const lost = (side: "reference" | "candidate"): string[] =>
    result.unmatched[side].map((one) => `  ${side} ${printable(one.id)}: ${printable(one.why)}`);
  const without = [...lost("reference"), ...lost("candidate")];
  return [
    "",
    "  pairs and what spoke for each",
    "",
    ...lines,
    ...(without.length === 0 ? [] : ["", "  without a partner", "", ...without]),
    "",
  ].join("\n");
}

function shortenEnd(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

/**
 * The same as a map file to edit: YAML that `--map` reads, one line per pair and per weight, with what spoke for each as a
 * comment. A name of the original can stand in it once: further partners, and weights that are made of several variables, are
 * comments.
 */
export function renderMapFile(result: CheckResult): string {
  const taken = new Set<string>();
  const entry = (from: string, to: string, comment: string): string => {
    const isFirst = !taken.has(from);
    taken.add(from);
    return `${isFirst ? "" : "# "}${quote(from)}: ${quote(to)}  # ${oneLine(comment)}`;
  };
  const pairs = result.pairs.map((pair) =>
    entry(pair.reference.name, pair.id, `${METHODS[pair.matchedBy]} ${pair.confidence.toFixed(2)}: ${pair.because}`),
  );
  const weights = result.weights.flatMap((one) =>
    isPlain(one) ? [entry(one.reference, one.candidate, `${one.matchedBy}, ${one.verdict}`)] : [],
  );
  const lost = (side: "reference" | "candidate"): string[] =>
    result.unmatched[side].map((one) => `# ${side} ${quote(one.id)}: ${oneLine(one.why)}`);
  const made = result.weights
    .filter((one) => one.reference !== null && one.candidate !== null && !isPlain(one))
    .map((one) => `# ${quote(one.candidate ?? "")} is made of ${oneLine(one.reference ?? "")}`);
  return [
    "# Which tensor and which variable of the original is which of the port. Left the original's name, right the port's.",
    "# Read by parity check --map FILE, or map: in parity.config.ts. Delete what is right without it, and correct the rest.",
    "",
    "# tensors",
    ...pairs,
    ...section("without a partner", [...lost("reference"), ...lost("candidate")]),
    ...section("weights", weights),
    ...section("weights that are made of several variables", made),
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `# ${title}`, ...lines];
}

/** A variable of the checkpoint as it is: only such a one can be given by a map. */
function isPlain(one: WeightResult): one is WeightResult & { readonly reference: string; readonly candidate: string } {
  return one.reference !== null && one.candidate !== null && one.parts === undefined;
}

/** A double-quoted scalar: names may hold what YAML gives a meaning to. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, " ");
}
