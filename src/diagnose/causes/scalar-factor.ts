import { argument, call, editOp, original, self } from "../express.js";
import { type FactorSite, findFactorSites } from "../layer/factor-sites.js";
import { formatConstant } from "../layer/format-constant.js";
import { editOutput, propose, strongest } from "../layer/hypothesis.js";
import { measureFactor, measureSummand, multipleOf } from "../layer/measured-factor.js";
import { originalFactors } from "../layer/original-factors.js";
import { proposeFactor, wantedFactors } from "../layer/propose-factor.js";
import { outputOf } from "../layer/refer.js";
import type { SeeCause } from "../layer-causes.js";
import { producerOf, tensorsIn } from "../look.js";
import { fitRatio } from "../residual/fit.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Factors of a general kind come after those with a name of their own. */
const BEHIND = 0.1;

/** One factor between all elements of both sides: another constant, one too many or one missing. */
export const seeScalarFactor: SeeCause = (situation) => {
  const factors = originalFactors(situation);
  const sites = findFactorSites(situation);
  const written = sites.filter((site) => site.written);
  // A factor that is missing before a softmax shows in no ratio.
  const before = sites.filter((site) => !site.written && site.role === "other");
  return strongest([
    ...onOutput(situation),
    ...[...written, ...before, ...onResults(situation, written), ...onSummands(situation)].flatMap(
      (site: FactorSite | Measured) => {
        const measured =
          "measured" in site ? site.measured : (measureFactor(situation, site) ?? overall(situation, site));
        const removed = site.written
          ? [{ value: 1, node: null, prior: factors.length === 0 ? 0.65 : 0.4, evidence: [] }]
          : [];
        return [...wantedFactors(situation, site, factors, measured), ...removed].map((wanted) =>
          readsInput(situation, site.op)
            ? proposeFactor(situation, "input-normalisation", "the input", site, wanted)
            : proposeFactor(situation, "scalar-factor", "the result", site, {
                ...wanted,
                prior: wanted.prior - BEHIND,
              }),
        );
      },
    ),
  ]);
};

/** The port gives what an earlier layer gives, as it is: no call of its own could be corrected. */
function onOutput(situation: Situation): Hypothesis[] {
  if (situation.suspects.length > 0) return [];
  const fit = fitRatio(situation.candidate.data, situation.reference.data);
  if (fit === null || fit.misfit > 1e-5 || Math.abs(fit.ratio - 1) <= 1e-6) return [];
  const written = originalFactors(situation).find((one) => Math.abs(one.value / fit.ratio - 1) < 1e-5);
  const value = written?.value ?? Number(fit.ratio.toPrecision(7));
  const words = formatConstant(value);
  return [
    propose(situation, {
      cause: "scalar-factor",
      source: situation.layer.source,
      message: `the original multiplies the result by ${words}${written?.node == null ? "" : ` (${written.node})`}, the port not at all`,
      evidence: [`the original's values are ${words} times the port's, in every element`],
      edits: editOutput(situation, call("torch.mul", self, value)),
      change: `the result multiplied by ${words}`,
      fix: `return x * ${words}`,
      // A factor of 2 is also "the result added once more": what the graph has written is the truth.
      prior: written === undefined ? 0.85 : 0.92,
    }),
  ];
}

/** What is multiplied is the model's input, before anything was computed of it. */
function readsInput(situation: Situation, op: FactorSite["op"]): boolean {
  return tensorsIn(op).some((tensor) => {
    const { origin, dtype } = situation.tensors.get(tensor) ?? {};
    if (origin?.kind === "input") return dtype?.startsWith("float") ?? false;
    const maker = producerOf(situation, tensor);
    return maker !== null && TURNING.has(maker.key.name) && readsInput(situation, maker);
  });
}

const TURNING: ReadonlySet<string> = new Set([
  "permute",
  "transpose",
  "contiguous",
  "flip",
  "to",
  "float",
  "sub",
  "mul",
  "div",
  "add",
]);

/** Any result that is a multiple of a tensor of the original, where nothing is multiplied that could be corrected. */
function onResults(situation: Situation, written: readonly FactorSite[]): FactorSite[] {
  const known = new Set(written.map((site) => site.op));
  const site = (op: FactorSite["op"]): FactorSite => ({
    op,
    role: "other",
    own: 1,
    written: false,
    set: (factor) => editOp(op, call("torch.mul", self, factor)),
  });
  return situation.suspects.flatMap((op) => {
    const output = outputOf(op);
    if (output === null || known.has(op)) return [];
    const differs = output === situation.trace.observed ? overall(situation, { op }) : multipleOf(situation, output);
    return differs === null ? [] : [site(op)];
  });
}

/** One of two summands that the original adds another multiple of. */
function onSummands(situation: Situation): Measured[] {
  return situation.suspects.flatMap((op): Measured[] => {
    const measured = "alpha" in op.kwargs ? null : measureSummand(situation, op);
    if (measured === null) return [];
    const key = String(measured.at);
    const set: FactorSite["set"] = (factor) =>
      editOp(op, original({ [key]: call("torch.mul", argument(key), factor) }));
    return [{ op, role: "other", own: 1, written: false, set, measured }];
  });
}

interface Measured extends FactorSite {
  readonly measured: ReturnType<typeof multipleOf>;
}

/** The factor between the layer's outputs, where the site gives the output. */
function overall(situation: Situation, site: Pick<FactorSite, "op">): ReturnType<typeof multipleOf> {
  if (outputOf(site.op) !== situation.trace.observed) return null;
  const fit = fitRatio(situation.candidate.data, situation.reference.data);
  if (fit === null || fit.misfit > 1e-5 || Math.abs(fit.ratio - 1) <= 1e-6) return null;
  return { ratio: fit.ratio, tensor: situation.original.region.target, misfit: fit.misfit };
}
