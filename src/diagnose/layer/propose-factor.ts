import { nameConstant } from "../residual/known-constants.js";
import type { Situation } from "../situation.js";
import type { CauseId, Hypothesis } from "../types.js";
import type { FactorSite } from "./factor-sites.js";
import { formatConstant, shortest } from "./format-constant.js";
import { propose } from "./hypothesis.js";
import type { MeasuredFactor } from "./measured-factor.js";
import type { OriginalFactor } from "./original-factors.js";
import { numberPattern, type Replacement, rule, setKeyword } from "./rewriting.js";
import { nameOf, writtenAt } from "./written-at.js";

export interface WantedFactor {
  readonly value: number;
  readonly node: string | null;
  readonly prior: number;
  readonly evidence: readonly string[];
  /** The port has the original's factor elsewhere, and this one besides. */
  readonly twice?: boolean;
}

/** The original's constants as factors at a site, and what its values measure to. */
export function wantedFactors(
  situation: Situation,
  site: FactorSite,
  factors: readonly OriginalFactor[],
  measured: MeasuredFactor | null,
): WantedFactor[] {
  const sizes = axisSizes(situation);
  const total = measured === null ? null : measured.ratio * site.own;
  const seen =
    measured === null
      ? []
      : [
          `${measured.tensor} is ${formatMeasured(measured.ratio)} times the port's, in every element (to ${measured.misfit.toExponential(0)})`,
        ];
  const read = factors.map((factor): WantedFactor => {
    const fits = total !== null && Math.abs(factor.value - total) <= 2e-5 * Math.abs(total);
    const role = factor.role === site.role;
    return {
      value: shortest(factor.value),
      node: factor.node,
      prior: fits ? 0.92 : role ? 0.85 : 0.5,
      evidence: [`the original multiplies by ${formatConstant(factor.value)} in ${factor.node}`, ...(fits ? seen : [])],
    };
  });
  if (total === null || read.some((one) => one.prior > 0.9)) return dropOwn(site, read);
  const named = nameConstant(total, sizes);
  const value = Number(total.toPrecision(6));
  return dropOwn(site, [...read, { value, node: null, prior: named === null ? 0.6 : 0.7, evidence: seen }]);
}

function dropOwn(site: FactorSite, wanted: readonly WantedFactor[]): WantedFactor[] {
  return wanted.filter((one) => Math.abs(one.value - site.own) > 1e-7 * Math.abs(site.own));
}

export function axisSizes(situation: Situation): number[] {
  return [...new Set([...situation.tensors.values()].flatMap((tensor) => tensor.shape))].filter((size) => size > 1);
}

/** The hypothesis that a site's factor should be another. */
export function proposeFactor(
  situation: Situation,
  cause: CauseId,
  what: string,
  site: FactorSite,
  wanted: WantedFactor,
): Hypothesis {
  const at = writtenAt(situation, site.op);
  const sizes = axisSizes(situation);
  const words = (value: number): string => {
    const name = nameConstant(value, sizes);
    return name === null || name === formatConstant(value)
      ? formatConstant(value)
      : `${formatConstant(value)} = ${name}`;
  };
  const value = formatConstant(wanted.value);
  const named = nameConstant(wanted.value, sizes);
  const theirs =
    wanted.twice === true
      ? `scales ${what} once`
      : wanted.value === 1
        ? `does not scale ${what}`
        : `multiplies ${what} by ${words(wanted.value)}`;
  const node = wanted.node === null ? "" : ` (${wanted.node})`;
  const ours = site.own === 1 && !site.written ? "not at all" : `by ${words(site.own)}`;
  return propose(situation, {
    cause,
    source: at.source,
    message: `the original ${theirs}${node}, the port ${wanted.twice === true ? `${ours} besides` : wanted.value === 1 ? `multiplies ${ours}` : ours} (${nameOf(at, site.op)})`,
    evidence: wanted.evidence,
    edits: [site.set(wanted.value)],
    change: `${what} multiplied by ${value} instead of ${formatConstant(site.own)}`,
    fix:
      site.op.key.name === "scaled_dot_product_attention"
        ? `F.scaled_dot_product_attention(…, scale=${value})`
        : wanted.value === 1
          ? "# without the factor"
          : `… * ${value}${named === null || named === value ? "" : `  # ${named}`}`,
    prior: wanted.prior,
    rewrite: site.written ? rule(at.source, ...rewrites(site, value, wanted.value)) : null,
  });
}

function rewrites(site: FactorSite, value: string, factor: number): Replacement[] {
  const divides = site.op.key.name.startsWith("div");
  const sign = divides ? "/" : "\\*";
  const root = "(?:math|np|torch)\\.sqrt\\([^()]*(?:\\([^()]*\\))?[^()]*\\)";
  const own = numberPattern(divides ? 1 / site.own : site.own);
  if ("alpha" in site.op.kwargs) return [setKeyword("alpha", value)];
  if (factor === 1 && site.op.key.name !== "scaled_dot_product_attention")
    return [
      { find: `\\s*${sign}\\s*${own}`, replace: "" },
      { find: `${own}\\s*\\*\\s*`, replace: "" },
      { find: `\\s*${sign}\\s*${root}`, replace: "" },
    ];
  const written = divides ? formatConstant(1 / factor) : value;
  return [
    ...(site.op.key.name === "scaled_dot_product_attention" ? [setKeyword("scale", value)] : []),
    { find: own, replace: written },
    { find: `${sign}\\s*${root}`, replace: `${divides ? "/" : "*"} ${written}` },
  ];
}

function formatMeasured(ratio: number): string {
  return String(Number(ratio.toPrecision(6)));
}
