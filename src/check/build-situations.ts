import { layoutForCase } from "../align/relate-shapes.js";
import { applyLayout } from "../compare/apply-layout.js";
import { transformWeight, weightTransforms } from "../compare/weight-transforms.js";
import { findOriginalSuspects, findSuspects } from "../diagnose/find-suspects.js";
import { findAgreements, type NamedValue } from "../diagnose/match-values.js";
import type { Situation, TensorValue } from "../diagnose/situation.js";
import { openSafetensors } from "../formats/safetensors.js";
import type { TensorFile } from "../formats/types.js";
import { type OpenRecording, openRecording } from "../recording/open-recording.js";
import type { Edit, StoredTensor, Trace } from "../runners/edits.js";
import { findRegion } from "../tensorflow/evidence/find-region.js";
import type { OriginalRegion } from "../tensorflow/evidence/types.js";
import type { TwoSides } from "./compare-pairs.js";
import type { JudgedPair } from "./judge-pairs.js";
import type { Laboratory } from "./laboratory.js";
import { readValues } from "./read-values.js";
import type { Sides } from "./run-sides.js";
import { beneath } from "./standing-edits.js";

/** A layer to look into, and the case whose values are looked at. */
export interface Asked {
  readonly one: JudgedPair;
  readonly case: string;
}

export interface Situations {
  /** By pair id. A layer that could not be looked into is absent. */
  readonly found: ReadonlyMap<string, Situation>;
  /** Why a layer could not be looked into, by pair id. */
  readonly failures: ReadonlyMap<string, string>;
  close(): void;
}

/** Beyond this error of a layer (relative L2) tensors inside it are held to the usual bound; below, to a share of it. */
const PLAIN_ERROR = 1e-5;
/** Never stricter than this share: less than that is below one unit in the last place. */
const STRICTEST = 1 / 16;

/**
 * Looks into layers that differ: what the candidate computes there (its functional calls, by a trace), what the original
 * computes there (its ops, by its graph), and all values of both sides in one case.
 */
export async function buildSituations(
  sides: Sides,
  two: TwoSides,
  asked: readonly Asked[],
  paired: readonly JudgedPair[],
  laboratory: Laboratory,
  standing: readonly Edit[],
): Promise<Situations> {
  const found = new Map<string, Situation>();
  const failures = new Map<string, string>();
  const open: { close(): void }[] = [];
  const forcedFrom = forcedTensors(two, paired);
  for (const id of new Set(asked.map((one) => one.case))) {
    const own = asked.filter((one) => one.case === id);
    const regions = new Map(own.map(({ one }) => [one.pair.id, findRegionOf(sides, two, one, forcedFrom)]));
    const [traces, fetched] = await Promise.all([
      traceLayers(sides, own, id, laboratory, standing),
      fetchOriginal(sides, [...regions.values()], id, laboratory),
    ]);
    open.push(fetched);
    for (const [i, { one }] of own.entries()) {
      const region = regions.get(one.pair.id);
      const trace = typeof traces === "string" ? null : (traces[i] ?? null);
      const failure = typeof traces === "string" ? traces : (trace?.reason ?? null);
      if (failure !== null) failures.set(one.pair.id, failure);
      if (region === undefined || trace === null || trace.observed === null) continue;
      const values = openValues(trace);
      if (values !== null) open.push(values);
      const situation = makeSituation(sides, two, one, id, { trace, region, values, fetched, forcedFrom });
      if (situation !== null) found.set(one.pair.id, situation);
    }
  }
  return {
    found,
    failures,
    close() {
      for (const one of open) one.close();
    },
  };
}

async function traceLayers(
  sides: Sides,
  asked: readonly Asked[],
  id: string,
  laboratory: Laboratory,
  standing: readonly Edit[],
): Promise<readonly Trace[] | string> {
  try {
    return await sides.candidate.trace({
      out: laboratory.newFolder(),
      cases: sides.candidateCases.filter((one) => one.id === id),
      force: { replace: laboratory.replace },
      edits: beneath(standing),
      taps: asked.map(({ one }) => one.pair.candidate),
    });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && /^CANDIDATE_/.test(String(error.code)))) throw error;
    return error.message;
  }
}

function findRegionOf(
  sides: Sides,
  two: TwoSides,
  one: JudgedPair,
  forced: ReadonlyMap<string, string>,
): OriginalRegion | undefined {
  const target = two.referenceTaps.get(one.pair.reference)?.tensor;
  if (target === undefined || target === null) return undefined;
  // The model's own outputs are not forced: what lies before them is not known to agree.
  const known = new Set([...forced.values()].filter((tensor) => tensor !== target));
  return findRegion(sides.original, target, known);
}

async function fetchOriginal(
  sides: Sides,
  regions: readonly (OriginalRegion | undefined)[],
  id: string,
  laboratory: Laboratory,
): Promise<OpenRecording> {
  const tensors = new Set(regions.flatMap((region) => region?.readable ?? []));
  const cases = sides.referenceCases.filter((one) => one.id === id);
  const { directory } = await sides.referenceRunner.fetch(sides.original, cases, laboratory.newFolder(), [...tensors]);
  return openRecording(directory);
}

function openValues(trace: Trace): TensorFile | null {
  return trace.file === null ? null : openSafetensors(trace.file);
}

interface Parts {
  readonly trace: Trace;
  readonly region: OriginalRegion;
  readonly values: TensorFile | null;
  readonly fetched: OpenRecording;
  readonly forcedFrom: ReadonlyMap<string, string>;
}

function makeSituation(sides: Sides, two: TwoSides, one: JudgedPair, id: string, parts: Parts): Situation | null {
  const { trace, region, values, fetched } = parts;
  const { pair } = one;
  const tap = two.candidateTaps.get(pair.candidate);
  const read = remember((name: string) => {
    const tensor = values?.tensors.get(name);
    return tensor === undefined ? null : readValues(tensor);
  });
  const readOriginal = remember((name: string) => {
    const tensor = fetched.tensor(id, name) ?? two.reference.tensor(id, name);
    return tensor === undefined ? null : readValues(tensor);
  });
  const candidate = trace.observed === null ? null : read(trace.observed);
  const target = fetched.tensor(id, region.target) ?? two.reference.tensor(id, region.target);
  if (tap === undefined || candidate === null || target === undefined) return null;
  const reference = readValues(applyLayout(target, layoutForCase(pair.layout, candidate.shape)));
  if (reference === null) return null;
  const inside = (names: readonly string[], from: (name: string) => TensorValue | null): NamedValue[] =>
    names.flatMap((name) => {
      const value = from(name);
      return value === null ? [] : [{ name, value }];
    });
  const made = trace.ops.flatMap((op) => op.outputs).filter((name) => name !== trace.observed);
  const agreements = findAgreements(
    inside(made, read),
    inside([...region.readable.filter((name) => name !== region.target), ...region.sources], readOriginal),
    Math.min(1, Math.max(STRICTEST, relativeError(candidate, reference) / PLAIN_ERROR)),
  );
  const originalSuspects = findOriginalSuspects(region, agreements);
  const nodes = new Set(originalSuspects.map((op) => op.node));
  const modules = new Map(sides.description.modules.map((module) => [module.path, module]));
  return {
    layer: {
      pair: pair.id,
      tap: pair.candidate,
      module: tap.path,
      moduleType: tap.type,
      source: tap.source,
      isOutput: tap.isOutput,
      case: id,
      layout: pair.layout,
    },
    trace,
    ops: trace.ops,
    tensors: new Map(trace.tensors.map((tensor) => [tensor.id, tensor])),
    suspects: findSuspects(trace, agreements),
    agreements,
    original: {
      region,
      suspects: originalSuspects,
      patterns: region.patterns.filter((pattern) => pattern.nodes.some((node) => nodes.has(node))),
    },
    value: read,
    originalValue: readOriginal,
    forcedFrom: parts.forcedFrom,
    inputFiles: inputFiles(sides),
    candidate,
    reference,
    weights: sides.weighed.assumed ?? sides.weighed.facts,
    parameters: sides.description.parameters.map(({ name, module, shape, kind }) => ({ name, module, shape, kind })),
    modules: [...modules.values()].map((module) => ({
      path: module.path,
      type: module.class,
      qualname: module.qualname,
      training: module.training,
      source: module.source,
    })),
    parameterValue: remember((name: string) => readParameter(sides, name)),
    variableValue: remember((key: string) => {
      const variable = sides.variables.get(key);
      return variable === undefined ? null : readValues(variable);
    }),
    variables: new Map([...sides.original.checkpoint.tensors].map(([key, tensor]) => [key, tensor.shape])),
  };
}

/** The tensor of the original that each forced tap was given, by tap. */
function forcedTensors(two: TwoSides, paired: readonly JudgedPair[]): Map<string, string> {
  return new Map(
    paired.flatMap(({ pair }): [string, string][] => {
      const tensor = two.referenceTaps.get(pair.reference)?.tensor;
      const isForced = !(two.candidateTaps.get(pair.candidate)?.isOutput ?? false);
      return isForced && tensor !== null && tensor !== undefined ? [[pair.candidate, tensor]] : [];
    }),
  );
}

function inputFiles(sides: Sides): Map<string, Record<string, StoredTensor>> {
  return new Map(
    sides.original.inputs.map((input): [string, Record<string, StoredTensor>] => [
      input.tensor,
      Object.fromEntries(
        sides.referenceCases.flatMap((one) =>
          one.inputs
            .filter(({ name }) => name === input.name)
            .map(({ file, tensor }) => [one.id, { file, tensor }] as const),
        ),
      ),
    ]),
  );
}

/** Parameters that equal their variable were never written out: theirs is the variable's value. */
function readParameter(sides: Sides, name: string): TensorValue | null {
  const same = sides.description.parameters.find((one) => one.name === name)?.sameAs ?? name;
  const own = sides.weights.tensors.get(same);
  if (own !== undefined) return readValues(own);
  const fact = sides.weighed.facts.find((one) => one.parameter === same);
  const variable = fact === undefined ? undefined : sides.original.checkpoint.tensors.get(fact.key);
  if (fact === undefined || variable === undefined) return null;
  const transform = weightTransforms(variable.shape, fact.shape).find((one) => one.name === fact.transform);
  return transform === undefined ? null : readValues(transformWeight(variable, transform));
}

function relativeError(candidate: TensorValue, reference: TensorValue): number {
  let error = 0;
  let scale = 0;
  for (let i = 0; i < reference.data.length; i++) {
    const [x, y] = [candidate.data[i] ?? 0, reference.data[i] ?? 0];
    if (!Number.isFinite(x) || !Number.isFinite(y)) return x === y ? 0 : 1;
    error += (x - y) ** 2;
    scale += y * y;
  }
  return scale === 0 ? (error === 0 ? 0 : 1) : Math.sqrt(error / scale);
}

function remember<T>(read: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const value = known.get(name);
    if (value !== undefined) return value;
    const fresh = read(name);
    known.set(name, fresh);
    return fresh;
  };
}
