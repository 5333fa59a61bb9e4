import { bestOrOnly, likeness } from "./likeness.js";
import { readingsAmong } from "./readings.js";
import type { DerivedAssignment, DerivedVariable, Recipe } from "./recipe.js";

import type { CandidateParameter, ReferenceVariable } from "./types.js";

/** A layer of the port: normalised (torch's two ways to name the parts) or plain. */
interface PortLayer {
  readonly owner: string;
  readonly gain: CandidateParameter | null;
  readonly weight: CandidateParameter;
}

/** A kernel of the original with its gain, or without one. */
interface OriginalLayer {
  readonly scope: string;
  readonly gain: ReferenceVariable | null;
  readonly weight: ReferenceVariable;
}

const PORT_GAIN = /^(?:(.*)\.)?(?:weight_g|parametrizations\.weight\.original0)$/;
const GAINS: ReadonlySet<string> = new Set(["g", "weight_g", "gain"]);
const DIRECTIONS: ReadonlySet<string> = new Set(["v", "weight_v", "direction"]);
const KERNELS: ReadonlySet<string> = new Set(["w", "kernel", "weights", "weight"]);

/**
 * Weight normalisation (w = g · v / ‖v‖) on either side: both parts on both sides, or a product on one side that the other
 * keeps in parts.
 */
export function deriveWeightNorm(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
): DerivedAssignment[] {
  const readings = readingsAmong(
    variables.map((one) => one.key),
    parameters.map((one) => one.name),
  );
  const originals = findOriginals(variables);
  const scored = findPorts(parameters).flatMap((a) =>
    originals.flatMap((b) => {
      const isNormed = a.gain !== null || b.gain !== null;
      const fits = isNormed && sizesOf(a.weight.shape) === sizesOf(b.weight.shape);
      return fits ? [{ a, b, score: likeness(a.owner, readings(b.scope)) }] : [];
    }),
  );
  return bestOrOnly(scored).flatMap(({ a, b }) => {
    const own = (parameter: CandidateParameter, variable: ReferenceVariable): DerivedAssignment => ({
      ...derivedNothing,
      parameter: parameter.name,
      key: variable.key,
    });
    const made = (parameter: CandidateParameter, derived: DerivedVariable): DerivedAssignment => ({
      ...derivedNothing,
      parameter: parameter.name,
      key: derived.key,
      derived,
    });
    const kernel: Recipe = { kind: "variable", key: b.weight.key };
    if (a.gain !== null && b.gain !== null) return [own(a.weight, b.weight), own(a.gain, b.gain)];
    if (a.gain !== null) {
      const outputs = b.weight.shape.at(-1) ?? 1;
      const norm: DerivedVariable = {
        key: `norm of ${b.weight.key}`,
        shape: [outputs],
        // The kernel itself is the direction's.
        parts: [],
        recipe: { kind: "norm", of: kernel },
      };
      return [own(a.weight, b.weight), made(a.gain, norm)];
    }
    if (b.gain === null) return [];
    return [
      made(a.weight, {
        key: `${b.gain.key} · ${b.weight.key} / its norm`,
        shape: b.weight.shape,
        parts: [b.gain.key, b.weight.key],
        recipe: { kind: "weight-norm", direction: kernel, gain: { kind: "variable", key: b.gain.key } },
      }),
    ];
  });
}

const derivedNothing = { derived: null, shared: null, notConvertible: null } as const;

function sizesOf(shape: readonly number[]): string {
  return shape
    .filter((size) => size !== 1)
    .sort((x, y) => x - y)
    .join();
}

function findPorts(parameters: readonly CandidateParameter[]): PortLayer[] {
  const byName = new Map(parameters.map((one) => [one.name, one]));
  return parameters.flatMap((one): PortLayer[] => {
    const match = PORT_GAIN.exec(one.name);
    if (match !== null) {
      const weight = byName.get(one.name.replace(/weight_g$/, "weight_v").replace(/original0$/, "original1"));
      return weight === undefined ? [] : [{ owner: match[1] ?? "", gain: one, weight }];
    }
    const plain = one.shape.length >= 2 && /(^|\.)weight$/.test(one.name);
    return plain ? [{ owner: one.name.replace(/\.?weight$/, ""), gain: null, weight: one }] : [];
  });
}

function findOriginals(variables: readonly ReferenceVariable[]): OriginalLayer[] {
  const leaf = ({ key }: ReferenceVariable): string => (key.split("/").at(-1) ?? "").toLowerCase();
  const scope = ({ key }: ReferenceVariable): string => key.slice(0, Math.max(0, key.lastIndexOf("/")));
  return variables.flatMap((weight): OriginalLayer[] => {
    if (weight.shape.length < 2) return [];
    if (!DIRECTIONS.has(leaf(weight)) && !KERNELS.has(leaf(weight))) return [];
    const gain = variables.find(
      (one) => GAINS.has(leaf(one)) && scope(one) === scope(weight) && sizesOf(one.shape) === `${weight.shape.at(-1)}`,
    );
    return [{ scope: scope(weight), gain: gain ?? null, weight }];
  });
}
