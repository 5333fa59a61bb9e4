/** What `parity init` found out and writes down. Paths are as they go into the file: relative to it. */
export interface ConfigFacts {
  readonly name: string;
  readonly reference: string;
  readonly candidate: string;
  /** Placeholders of the original. */
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly (number | null)[] | null;
    readonly note: string | null;
    /** The parameter of the port's forward that takes it. */
    readonly parameter: string | null;
  }[];
  /** Switches such as `is_training`, and what they are fed. */
  readonly switches: readonly { readonly name: string; readonly value: number }[];
  readonly outputs: readonly string[];
  /** The vocabulary lies beside the checkpoint: texts can be given. */
  readonly hasVocabulary: boolean;
  readonly weightCount: number;
  readonly python: string | null;
}

/** A commented `parity.config.ts` that works as it is. */
export function renderTypeScript(facts: ConfigFacts): string {
  const candidate =
    facts.python === null
      ? quote(facts.candidate)
      : `{ model: ${quote(facts.candidate)}, python: ${quote(facts.python)} }`;
  const lines = [
    'import { defineConfig } from "parity";',
    "",
    "export default defineConfig({",
    `  name: ${quote(facts.name)},`,
    `  reference: ${quote(facts.reference)}, // ${facts.weightCount} variables`,
    `  candidate: ${candidate},`,
    ...describeInputs(facts).map((line) => `  // ${line}`),
    ...(facts.hasVocabulary
      ? [
          "  inputs: {",
          '    text: "Hello there", // with the vocabulary beside the checkpoint',
          "    generate: true,",
          "  },",
        ]
      : ['  inputs: { generate: true }, // seeded, in several shapes; or files: ["inputs.npz"]']),
    "  // Where two names cannot find each other:",
    '  // map: { "model/tower_a": "encoder.left" },',
    "  // Instead of measuring what rounding explains:",
    "  // tolerance: { atol: 1e-5, rtol: 1e-4 },",
    '  // tolerances: { "head.**": { atol: 1e-3, rtol: 1e-3 } },',
    "  // As a gate: how long a side may take, and where the reports go.",
    "  // timeout: 600,",
    `  // out: ${quote(`reports/${facts.name}`)},`,
    "});",
  ];
  return `${lines.join("\n")}\n`;
}

/** The same as `parity.config.yaml`. */
export function renderYaml(facts: ConfigFacts): string {
  const lines = [
    `name: ${quote(facts.name)}`,
    `reference: ${quote(facts.reference)} # ${facts.weightCount} variables`,
    ...(facts.python === null
      ? [`candidate: ${quote(facts.candidate)}`]
      : ["candidate:", `  model: ${quote(facts.candidate)}`, `  python: ${quote(facts.python)}`]),
    ...describeInputs(facts).map((line) => `# ${line}`),
    "inputs:",
    ...(facts.hasVocabulary ? ['  text: "Hello there" # with the vocabulary beside the checkpoint'] : []),
    "  generate: true",
    "# Where two names cannot find each other:",
    "# map:",
    "#   model/tower_a: encoder.left",
    "# Instead of measuring what rounding explains:",
    "# tolerance: { atol: 1.0e-5, rtol: 1.0e-4 }",
    "# tolerances:",
    '#   "head.**": { atol: 1.0e-3, rtol: 1.0e-3 }',
    "# As a gate: how long a side may take, and where the reports go.",
    "# timeout: 600",
    `# out: ${quote(`reports/${facts.name}`)}`,
  ];
  return `${lines.join("\n")}\n`;
}

function describeInputs(facts: ConfigFacts): string[] {
  return [
    "Inputs of the original, as its graph has them:",
    ...facts.inputs.map(({ name, dtype, shape, note, parameter }) => {
      const sizes = shape === null ? "any shape" : `[${shape.map((size) => size ?? "?").join(", ")}]`;
      const taken = parameter === null ? "" : `, which the port takes as ${parameter}`;
      return oneLine(`  ${name}: ${dtype} ${sizes}${note === null ? "" : ` (${note})`}${taken}`);
    }),
    ...facts.switches.map(({ name, value }) => oneLine(`  ${name} is a switch and is fed ${value}`)),
    oneLine(`Outputs: ${facts.outputs.join(", ")}`),
  ];
}

/** Names come from a model file: a line break in one must not end the comment. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

/** JSON's texts are texts of both languages. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
