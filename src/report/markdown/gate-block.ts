import { describeWaived } from "../issues.js";
import type { CheckResult } from "../types.js";
import { codeSpan, plainText } from "./escape-markdown.js";

const SIGNS = { pass: "✓", warn: "!", fail: "✗", "could-not-judge": "?" } as const;

/** What the gate says, rule by rule, and all waivers; nothing where no gate is configured. */
export function gateBlock({ gate }: CheckResult): string {
  if (!gate.configured) return "";
  const checks = gate.checks
    .filter((check) => check.id !== "mismatch")
    .map(
      ({ outcome, id, message, hint }) =>
        `* ${SIGNS[outcome]} ${id}: ${plainText(message)}${hint === null || outcome === "pass" ? "" : `. ${plainText(hint)}`}`,
    );
  const waivers = gate.waivers
    .filter((waiver) => waiver.state === "active")
    .map((waiver) => `* waived: ${waiver.pairs.map(codeSpan).join(", ")}, ${plainText(describeWaived(waiver))}`);
  return [`### Gate: ${gate.outcome}`, [...checks, ...waivers].join("\n")].join("\n\n");
}
