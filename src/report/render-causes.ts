import { CATALOGUE, causesOf, groupOf } from "../diagnose/catalogue/index.js";
import type { CauseEntry, CauseGroup } from "../diagnose/catalogue/types.js";
import { CAUSE_IDS, type CauseId } from "../diagnose/cause-ids.js";
import { CAUSE_TITLES } from "./cause-titles.js";
import { padRight, wrapText } from "./terminal/fit-text.js";
import type { Paint } from "./terminal/paint.js";
import { labelled, type View } from "./terminal/view.js";

const GROUP_TITLES: Readonly<Record<CauseGroup, string>> = {
  weights: "Weights",
  layers: "Layers",
  run: "The run",
};
const GROUPS = Object.keys(GROUP_TITLES) as CauseGroup[];
/** Column at which the line of an id begins. */
const ID_WIDTH = Math.max(...CAUSE_IDS.map((id) => id.length)) + 2;

/** A cause as `--json` prints it. */
export interface CauseRecord extends CauseEntry {
  readonly id: CauseId;
  readonly group: CauseGroup;
  readonly title: string;
}

/** One cause with its id, group and title. */
export function causeRecord(id: CauseId): CauseRecord {
  return { id, group: groupOf(id), title: CAUSE_TITLES[id], ...CATALOGUE[id] };
}

/** All causes in their groups, one line each (two in a narrow terminal). */
export function renderCauseList(paint: Paint, width: number): string {
  const groups = GROUPS.map((group) => {
    const lines = causesOf(group).flatMap((id) => {
      const [first = "", ...rest] = wrapText(CATALOGUE[id].what, Math.max(width, ID_WIDTH + 32), ID_WIDTH + 2);
      return [`  ${padRight(id, ID_WIDTH)}${first.trimStart()}`, ...rest];
    });
    return [paint.strong(GROUP_TITLES[group]), ...lines].join("\n");
  });
  return `${groups.join("\n\n")}\n\n${paint.quiet("parity causes ID explains one of them")}\n`;
}

/** One cause, explained. */
export function renderCause(id: CauseId, paint: Paint, width: number): string {
  const view: View = { paint, width: Math.max(40, width), verbose: true };
  const entry = CATALOGUE[id];
  const lines = [
    `${paint.strong(id)}  ${CAUSE_TITLES[id]}`,
    "",
    ...wrapText(`${capitalised(entry.what)}.`, view.width, 2),
    "",
    ...labelled(view, 2, "sees", entry.sees),
    ...labelled(view, 2, "proof", describeExperiment(entry)),
    `  ${paint.quiet("fix")}      ${paint.good(entry.fix)}`,
    ...entry.traps.flatMap((trap) => labelled(view, 2, "trap", trap)),
    ...labelled(view, 2, "shows", describeShows(entry)),
  ];
  return `${lines.join("\n")}\n`;
}

/** docs/causes.md. */
export function renderCausesMarkdown(): string {
  const groups = GROUPS.flatMap((group) => [
    `## ${GROUP_TITLES[group]}`,
    "",
    ...causesOf(group).flatMap((id) => markdownOf(id)),
  ]);
  return [
    "# Causes",
    "",
    "What `parity check` looks for when a layer differs. The ids are part of report.json and are never renamed. A cause is called",
    "*confirmed* only when the layer was run again on the original's own tensors with the change made, and came to the noise in every",
    "case. This file is what `parity causes --markdown` prints.",
    "",
    ...groups,
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function markdownOf(id: CauseId): string[] {
  const entry = CATALOGUE[id];
  return [
    `### \`${id}\``,
    "",
    `${capitalised(entry.what)}.`,
    "",
    `* **Sees**: ${entry.sees}.`,
    `* **Proof**: ${describeExperiment(entry)}.`,
    `* **Fix**: \`${entry.fix}\``,
    ...entry.traps.map((trap) => `* **Trap**: ${trap}.`),
    `* **Shows**: ${describeShows(entry)}.`,
    "",
  ];
}

function describeExperiment({ experiment }: CauseEntry): string {
  return experiment === null ? "none: no experiment is made for it" : `${experiment}, and the layer comes to the noise`;
}

function describeShows({ shows, needs }: CauseEntry): string {
  switch (shows) {
    case "any-input":
      return "in a forward pass, with any input";
    case "some-inputs":
      return `in a forward pass, with ${needs ?? "some inputs"}`;
    case "never":
      return `not observable in a forward pass: ${needs ?? ""}`;
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
