import type { GateCheck } from "../../judge/gate/types.js";
import { formatCount } from "../format-number.js";
import { describeWaived } from "../issues.js";
import { printable } from "../printable.js";
import type { CheckResult } from "../types.js";
import { wrapText } from "./fit-text.js";
import { labelled, type View } from "./view.js";

/** So many mismatches or worsened layers are named; the findings above tell of them already, the report has all. */
const NAMED = 3;
const COLUMN = 11;

/** Why the gate passed or failed, in one glance, and what to do; nothing where no gate is configured. */
export function gateLines(view: View, { gate }: CheckResult): string[] {
  if (!gate.configured) return [];
  const failed = gate.checks.filter((check) => check.outcome === "fail" || check.outcome === "could-not-judge");
  const warned = gate.checks.filter((check) => check.outcome === "warn");
  const hinted = gate.checks.filter(
    (check) => check.outcome === "pass" && check.id === "baseline" && check.hint !== null,
  );
  const active = gate.waivers.filter((waiver) => waiver.state === "active");
  const rest = gate.checks.length - failed.length - warned.length;
  const words = { pass: "✓ passed", fail: "✗ failed", "could-not-judge": "? could not judge" }[gate.outcome];
  const style = { pass: view.paint.good, fail: view.paint.bad, "could-not-judge": view.paint.unsure }[gate.outcome];
  const counts = [
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(warned.length > 0 ? [formatCount(warned.length, "warning")] : []),
    ...(rest > 0 ? [`${rest} passed`] : []),
  ];
  return [
    `  ${view.paint.quiet("gate")}     ${style(words)}   ${view.paint.quiet(counts.join(", "))}`,
    ...shown(view, failed).flatMap((check) => checkLines(view, view.paint.bad("✗"), check)),
    ...more(view, failed),
    ...shown(view, warned).flatMap((check) => checkLines(view, view.paint.unsure("!"), check)),
    ...more(view, warned),
    ...active.flatMap((waiver) =>
      labelled(view, COLUMN, "waived", `${waiver.pairs.join(", ")}: ${describeWaived(waiver)}`),
    ),
    ...hinted.flatMap((check) => checkLines(view, view.paint.good("→"), check)),
  ];
}

function checkLines(view: View, sign: string, { message, hint }: GateCheck): string[] {
  const [first = "", ...rest] = wrapText(printable(message), view.width, COLUMN + 2);
  return [
    `${" ".repeat(COLUMN)}${sign} ${first.trimStart()}`,
    ...rest,
    ...(hint === null ? [] : wrapText(printable(hint), view.width, COLUMN + 2).map(view.paint.quiet)),
  ];
}

/** Of those that are about one pair each the first few, of the others all. */
function shown(view: View, checks: readonly GateCheck[]): GateCheck[] {
  const ofPairs = checks.filter((check) => check.pair !== null);
  const named = new Set(view.verbose ? ofPairs : ofPairs.slice(0, NAMED));
  return checks.filter((check) => check.pair === null || named.has(check));
}

function more(view: View, checks: readonly GateCheck[]): string[] {
  const count = checks.length - shown(view, checks).length;
  return count === 0 ? [] : [view.paint.quiet(`${" ".repeat(COLUMN)}… ${formatCount(count, "more tap")}`)];
}
