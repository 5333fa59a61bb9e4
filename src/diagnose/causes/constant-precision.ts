import { original, tensorOf } from "../express.js";
import { formatConstant, shortest } from "../layer/format-constant.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { numberPattern, rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { numbersIn } from "../look.js";
import { toBfloat16 } from "../residual/bfloat16.js";
import { relativeDistance } from "../residual/fit.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Two constants this near mean the same number, written with other digits. */
const NEAR = 0.01;
const MOST_ELEMENTS = 4096;

/** A number or a table that the port computes anew, and that the original holds rounded or with fewer digits. */
export const seeConstantPrecision: SeeCause = (situation) => strongest([...numbers(situation), ...tables(situation)]);

function numbers(situation: Situation): Hypothesis[] {
  const held = [...situation.original.region.constants.values()].filter((one) => one.values.length === 1);
  return situation.suspects.flatMap((op) =>
    numbersIn(op).flatMap(({ at, value }) =>
      held.flatMap((constant) => {
        const theirs = shortest(constant.values[0] ?? Number.NaN);
        const apart = Math.abs(theirs - value) / Math.abs(value);
        if (!(apart > 0 && apart < NEAR) || Math.fround(theirs) === Math.fround(value)) return [];
        const place = writtenAt(situation, op);
        const rounded = toBfloat16(value) === Math.fround(theirs) ? ", which is it rounded to bfloat16" : "";
        return [
          propose(situation, {
            cause: "constant-precision",
            source: place.source,
            message: `the original's constant is ${formatConstant(theirs)} (${constant.node})${rounded}, the port's ${formatConstant(value)} (${nameOf(place, op)})`,
            evidence: [`the two differ by ${apart.toExponential(1)} of their size`],
            edits: editsOf(op, original({ [at]: theirs })),
            change: `${formatConstant(value)} replaced by the original's ${formatConstant(theirs)}`,
            fix: formatConstant(theirs),
            prior: 0.8,
            rewrite: rule(place.source, { find: numberPattern(value), replace: formatConstant(theirs) }),
          }),
        ];
      }),
    ),
  );
}

/** Buffers that are a constant of the original but for their last digits. */
function tables(situation: Situation): Hypothesis[] {
  const held = [...situation.original.region.constants.values()].filter(
    (one) => one.values.length > 1 && one.values.length <= MOST_ELEMENTS,
  );
  const used = [...situation.tensors.values()].flatMap((tensor) =>
    tensor.origin.kind === "parameter" ? [tensor.origin.name] : [],
  );
  return [...new Set(used)].flatMap((name) => {
    const own = situation.parameterValue(name);
    if (own === null || situation.parameters.find((one) => one.name === name)?.kind !== "buffer") return [];
    return held.flatMap((constant) => {
      if (constant.values.length !== own.data.length) return [];
      const apart = relativeDistance(own.data, constant.values);
      if (!(apart > 1e-8 && apart < NEAR)) return [];
      const module = situation.modules.find((one) => one.path === name.slice(0, Math.max(0, name.lastIndexOf("."))));
      return [
        propose(situation, {
          cause: "constant-precision",
          source: module?.source ?? null,
          parameters: [name],
          message: `${name} is the original's constant ${constant.node} computed with other digits`,
          evidence: [`the two differ by ${apart.toExponential(1)} of their size`],
          edits: [
            {
              kind: "parameter",
              parameter: name,
              value: { $: "call", fn: "torch.reshape", args: [tensorOf(constant.values), [...own.shape]] },
            },
          ],
          change: `${name} replaced by the values of ${constant.node}`,
          fix: `# copy the values of ${constant.node} instead of computing them`,
          prior: 0.8,
        }),
      ];
    });
  });
}
