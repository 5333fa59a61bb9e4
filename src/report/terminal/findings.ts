import { CAUSE_TITLES } from "../cause-titles.js";
import { formatCount, formatError } from "../format-number.js";
import { printable, printableLines } from "../printable.js";
import { messageOf, orderFindings, otherPairs, shapeNote, whereOf } from "../read-findings.js";
import type { CheckResult, Finding } from "../types.js";
import { padRight, shortenMiddle, widthOf, wrapPieces, wrapText } from "./fit-text.js";
import { labelled, placeText, type View } from "./view.js";

const INDENT = 6;
/** Column of the parameter's name in a finding's first line; longer titles push it to the right. */
const TITLE_WIDTH = 28;
/** So many further parameters are named; the page and report.json have all of them. */
const NAMED_PLACES = 3;
/** So many lines of evidence are shown for a suspicion unless all are asked for. */
const EVIDENCE_LINES = 3;
/** The places are told by a line of their own. */
const PLACES = /^the same in \d+ places/;
/** What speaks against it is told in as many lines. */
const AGAINST_LINES = 2;

/** All findings, confirmed first, an empty line between two. */
export function findingLines(view: View, result: CheckResult): string[] {
  return orderFindings(result.findings).flatMap((finding, at) => [
    ...(at === 0 ? [] : [""]),
    ...oneFinding(view, result, finding),
  ]);
}

function oneFinding(view: View, result: CheckResult, finding: Finding): string[] {
  return [
    ...titleLines(view, result, finding),
    ...explanation(view, finding),
    ...otherPlaces(view, finding),
    ...proof(view, finding),
    ...evidence(view, finding),
    ...repairLines(view, finding),
    ...(finding.repro === undefined ? [] : labelled(view, INDENT, "repro", finding.repro)),
  ];
}

function titleLines(view: View, result: CheckResult, finding: Finding): string[] {
  const confirmed = finding.status === "confirmed";
  const head = `${confirmed ? "✗ confirmed" : "? suspected"}  `;
  const paint = confirmed ? view.paint.bad : view.paint.unsure;
  const title = CAUSE_TITLES[finding.cause];
  const where = whereOf(finding);
  const start = `  ${paint(head)}${view.paint.strong(title)}`;
  if (where === null) return [start];
  const note = shapeNote(result, finding);
  const column = Math.max(TITLE_WIDTH, widthOf(title) + 2);
  const room = view.width - 2 - widthOf(head) - column;
  const name = printable(where);
  const text = note === null ? name : `${name}   ${note}`;
  const gap = padRight("", column - widthOf(title));
  if (widthOf(text) <= room) return [`${start}${gap}${name}${text.slice(name.length)}`];
  if (widthOf(name) <= room && note !== null) return [`${start}${gap}${name}`, ...wrapText(note, view.width, INDENT)];
  const below = shortenMiddle(name, Math.max(16, view.width - INDENT));
  return [start, `${" ".repeat(INDENT)}${below}`, ...(note === null ? [] : wrapText(note, view.width, INDENT))];
}

function explanation(view: View, finding: Finding): string[] {
  const message = printable(messageOf(finding));
  if (finding.source === null) return wrapText(message, view.width, INDENT);
  const place = placeText(finding.source, Math.floor((view.width - INDENT) / 2));
  // The place is one piece, whatever spaces its path has; the space behind it sets it apart from the sentence.
  const pieces = [`${place} `, ...message.split(" ").filter(Boolean)];
  const [first = "", ...rest] = wrapPieces(pieces, " ", view.width, INDENT, INDENT);
  return [" ".repeat(INDENT) + view.paint.place(place) + first.slice(INDENT + place.length), ...rest];
}

function otherPlaces(view: View, finding: Finding): string[] {
  const parameters = finding.parameters.filter((name) => name !== finding.parameter);
  const layers = otherPairs(finding);
  const others = parameters.length > 0 ? parameters : layers;
  if (others.length === 0) return [];
  const named = view.verbose ? others : others.slice(0, NAMED_PLACES);
  const more = others.length - named.length;
  const text = `${named.join(", ")}${more > 0 ? ` and ${formatCount(more, "more place")}` : ""}`;
  return labelled(
    view,
    INDENT,
    "also",
    layers.length > 0 ? `in ${formatCount(layers.length, "place")}: ${text}` : text,
  );
}

function proof(view: View, finding: Finding): string[] {
  const { experiment } = finding;
  if (experiment === null) return [];
  const fall = `${formatError(experiment.errorBefore)} → ${formatError(experiment.errorAfter)}`;
  const floor = experiment.floor === null ? "" : `   (noise floor ${formatError(experiment.floor)})`;
  const verb = experiment.errorAfter < experiment.errorBefore ? "falls" : "goes";
  return wrapText(
    `with ${printable(experiment.change)}  the layer's error ${verb} ${fall}${floor}`,
    view.width,
    INDENT,
  );
}

function evidence(view: View, finding: Finding): string[] {
  if (finding.status === "confirmed" && !view.verbose) return [];
  const shown = view.verbose
    ? [...finding.evidence, ...finding.against]
    : [
        ...finding.evidence.filter((line) => !PLACES.test(line)).slice(0, EVIDENCE_LINES),
        ...finding.against.slice(0, AGAINST_LINES),
      ];
  return shown.flatMap((line) =>
    wrapText(printable(line), view.width, INDENT + 2).map((text, at) =>
      view.paint.quiet(at === 0 ? `${" ".repeat(INDENT)}· ${text.trimStart()}` : text),
    ),
  );
}

/** The change of the user's own line where it is known, else the code that repairs it. */
function repairLines(view: View, finding: Finding): string[] {
  const { rewrite } = finding;
  if (rewrite === null) return fix(view, finding);
  const label = `${" ".repeat(INDENT)}${view.paint.quiet("fix")}      `;
  const margin = " ".repeat(INDENT + 9);
  return [
    label + view.paint.place(placeText(rewrite, view.width - INDENT - 9)),
    margin + view.paint.bad(`− ${printable(rewrite.before).trim()}`),
    margin + view.paint.good(`+ ${printable(rewrite.after).trim()}`),
  ];
}

/** Code is never wrapped: it is there to be copied. */
function fix(view: View, finding: Finding): string[] {
  if (finding.fix === null) return [];
  return printableLines(finding.fix).map((line, at) => {
    const label = at === 0 ? `${view.paint.quiet("fix")}      ` : " ".repeat(9);
    return `${" ".repeat(INDENT)}${label}${view.paint.good(line)}`;
  });
}
