import { CATALOGUE, groupOf } from "../../diagnose/catalogue/index.js";
import type { GateRule } from "../../judge/gate/types.js";
import { CAUSE_TITLES } from "../cause-titles.js";
import type { Issue } from "../issues.js";
import type { CauseId } from "../types.js";

/** What the rules of the gate demand. */
const GATE_RULES: Readonly<Record<GateRule, string>> = {
  compared: "The outputs and at least one layer must have been compared.",
  mismatch: "No layer may differ by more than its tolerance.",
  outputs: "The original's outputs must have partners in the port.",
  parameters: "The demanded share of the port's parameters must have been held against the checkpoint.",
  taps: "The demanded share of the port's taps must have been compared.",
  cases: "Every case must give an output to compare.",
  waivers: "A waiver holds until its day and up to its error.",
  baseline: "No layer may get worse than its baseline allows.",
  repeats: "Both sides must give the same again on the same inputs.",
};

/** SARIF's id of a rule: the cause, or `gate/` and the rule. */
export function ruleId(rule: Issue["rule"]): string {
  return "cause" in rule ? rule.cause : `gate/${rule.gate}`;
}

/** The reportingDescriptor of a rule: causes are told from the catalogue. */
export function describeRule(rule: Issue["rule"]): Record<string, unknown> {
  return "cause" in rule ? describeCause(rule.cause) : describeGateRule(rule.gate);
}

function describeCause(cause: CauseId): Record<string, unknown> {
  const { what, sees, experiment, fix, traps } = CATALOGUE[cause];
  const parts: [string, string][] = [
    ["Seen", sees],
    ["Experiment", experiment ?? "none: it is not tried"],
    ["Fix", fix],
    ...traps.map((trap): [string, string] => ["Not to be confused with", trap]),
  ];
  return {
    id: cause,
    name: camelCase(cause),
    shortDescription: { text: CAUSE_TITLES[cause] },
    fullDescription: { text: what },
    help: {
      text: [what, ...parts.map(([label, text]) => `${label}: ${text}`)].join("\n\n"),
      markdown: [what, ...parts.map(([label, text]) => `**${label}:** ${text}`)].join("\n\n"),
    },
    defaultConfiguration: { level: "error" },
    properties: { tags: ["parity", groupOf(cause)] },
  };
}

function describeGateRule(rule: GateRule): Record<string, unknown> {
  return {
    id: `gate/${rule}`,
    name: camelCase(`gate-${rule}`),
    shortDescription: { text: `gate: ${rule}` },
    fullDescription: { text: GATE_RULES[rule] },
    help: { text: GATE_RULES[rule] },
    defaultConfiguration: { level: "error" },
    properties: { tags: ["parity", "gate"] },
  };
}

/** SARIF wants names of rules as one word. */
function camelCase(id: string): string {
  return id.replace(/(^|-)(\w)/g, (_, _dash: string, letter: string) => letter.toUpperCase());
}
