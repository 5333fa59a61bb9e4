import type { Tap } from "../recording/types.js";
import { isFloating, listUnmatched, uniqueTensors } from "./list-unmatched.js";
import { mutualBest, type Scored } from "./mutual-best.js";
import { relateShapes } from "./relate-shapes.js";
import { tapsUsing } from "./taps-using.js";
import {
  canonicalName,
  longestCommonSubsequence,
  nameSimilarity,
  namesContradict,
  readingsAmong,
  tokenize,
  withoutWrappers,
} from "./tokens.js";
import type {
  Alignment,
  CandidateModule,
  MatchMethod,
  Pair,
  ReferenceScope,
  ReferenceUse,
  WeightAssignment,
} from "./types.js";

export interface AlignmentInput {
  readonly reference: readonly Tap[];
  /** In order of completion. */
  readonly candidate: readonly Tap[];
  readonly scopes: readonly ReferenceScope[];
  /** Where each checkpoint key is used. */
  readonly uses: ReadonlyMap<string, readonly ReferenceUse[]>;
  readonly modules: readonly CandidateModule[];
  readonly weights: readonly WeightAssignment[];
  /** Reference scope, op or tap → candidate module or tap. */
  readonly map: Readonly<Record<string, string>>;
}

/** Names less alike than this are not taken as the same layer. */
const LEAST_SIMILARITY = 0.6;
/** A pair that was the only possible one. */
const CERTAIN = 1;
/** One of several that would fit: its values must bear it out. */
const LIKELY = 0.8;

/**
 * Finds for each candidate tap the reference tap that is the same quantity: by the user's map, as the model's output, by
 * equal names, by the weights that both use, by similar names, and last by order and shape between what is already
 * matched. Every pair's shapes agree up to a layout. What stays without a partner is listed with the reason.
 */
export function alignTaps(input: AlignmentInput): Alignment {
  const matcher = new Matcher(input);
  matcher.byMap();
  matcher.byOutput();
  matcher.byName();
  matcher.byWeights();
  matcher.bySimilarity();
  matcher.byStructure();
  return matcher.result();
}

class Matcher {
  private readonly pairs = new Map<string, Pair>();
  private readonly used = new Set<string>();
  /** Calls of modules with the tensor that was paired with one of their outputs: no two outputs are the same tensor. */
  private readonly taken = new Set<string>();
  private readonly tapById: ReadonlyMap<string, Tap>;
  private readonly keyOf: ReadonlyMap<string, string>;
  private readonly callsOf = new Map<string, number>();
  private readonly readings: (scope: string) => readonly string[];

  constructor(private readonly input: AlignmentInput) {
    this.tapById = new Map(input.reference.map((tap) => [tap.id, tap]));
    this.readings = readingsAmong(input.scopes.map((scope) => scope.path));
    this.keyOf = new Map(input.weights.map((assignment) => [assignment.parameter, assignment.key]));
    for (const { path, call } of input.candidate) this.callsOf.set(path, Math.max(call, this.callsOf.get(path) ?? 0));
  }

  private match(reference: Tap, candidate: Tap, matchedBy: MatchMethod, confidence: number, because: string): boolean {
    const place = `${candidate.path}@${candidate.call} ${reference.tensor}`;
    if (this.pairs.has(candidate.id) || this.taken.has(place)) return false;
    const layout = relateShapes(reference.shapes, candidate.shapes);
    if (layout === null) return false;
    const [from, to] = [reference.id, candidate.id];
    this.pairs.set(to, { id: to, reference: from, candidate: to, layout, matchedBy, confidence, because });
    this.used.add(reference.id);
    this.taken.add(place);
    return true;
  }

  private open(): Tap[] {
    return this.input.candidate.filter((tap) => !this.pairs.has(tap.id) && isFloating(tap));
  }

  byMap(): void {
    for (const [from, to] of Object.entries(this.input.map)) {
      const references = this.input.reference.filter(
        (tap) => tap.id === from || tap.path === from || tap.tensor === from,
      );
      const candidates = this.input.candidate.filter((tap) => tap.id === to || tap.path === to);
      references.some((reference) =>
        candidates.some((candidate) => this.match(reference, candidate, "map", CERTAIN, "the user's map")),
      );
    }
  }

  /** Outputs of the model: by name where there are several, then in order; shapes must agree. */
  byOutput(): void {
    const done = new Set(this.input.reference.filter((tap) => this.used.has(tap.id)).map((tap) => tap.tensor));
    const references = uniqueTensors(this.input.reference.filter((tap) => tap.isOutput && !done.has(tap.tensor)));
    const open = this.open().filter((tap) => tap.isOutput);
    const unnamed = references.filter((reference) => {
      const name = canonicalName(reference.path.split("/").at(-1) ?? "");
      const namesake = open.find((one) => one.slot !== null && name !== "" && canonicalName(one.slot) === name);
      return namesake === undefined || !this.match(reference, namesake, "output", CERTAIN, "output of the same name");
    });
    const fitting = (reference: Tap): Tap[] =>
      open.filter((one) => !this.pairs.has(one.id) && relateShapes(reference.shapes, one.shapes) !== null);
    for (const reference of unnamed) {
      const fits = fitting(reference);
      const only = fits.length === 1;
      const because = only ? "the only output of this shape" : "first free output of this shape";
      if (fits[0] !== undefined) this.match(reference, fits[0], "output", only ? CERTAIN : 0.7, because);
    }
  }

  /** Module paths and scopes of the same name. Of namesakes only those that are each other's nearest. */
  byName(): void {
    const references = groupBy(
      this.input.reference.filter((tap) => tap.kind !== "entering"),
      (tap) => tap.path,
    );
    const namesakes = new Map<string, { scope: string; read: string }[]>();
    for (const scope of references.keys()) {
      for (const read of this.readings(scope)) {
        const name = canonicalName(read);
        namesakes.set(name, [...(namesakes.get(name) ?? []), { scope, read }]);
      }
    }
    const candidates = groupBy(this.open(), (tap) => tap.path);
    const scored = [...candidates.keys()].flatMap((path) => {
      const name = canonicalName(path);
      const own = tokenize(path);
      const best = new Map<string, number>();
      for (const { scope, read } of name === "" ? [] : (namesakes.get(name) ?? [])) {
        const other = tokenize(read);
        if (namesContradict(own, other) || this.weightsContradict(path, scope)) continue;
        best.set(scope, Math.max(best.get(scope) ?? 0, nameSimilarity(own, other)));
      }
      return [...best].map(([scope, score]): Scored<string, string> => ({ a: path, b: scope, score }));
    });
    for (const { a, b } of mutualBest(scored)) this.matchNamed(candidates.get(a) ?? [], references.get(b) ?? []);
  }

  /** The tensors of a module against those of the scope of its name: its own last one first, then what it gives besides. */
  private matchNamed(candidates: readonly Tap[], references: readonly Tap[]): void {
    const [candidate, reference] = [candidates[0], references[0]];
    if (candidate === undefined || reference === undefined) return;
    const because = `${reference.path} and ${candidate.path} are the same name`;
    const calls = this.callsOf.get(candidate.path) ?? 1;
    if (calls > 1) {
      // A module that is called again is a scope that is entered again: as many tensors leave it, in the same order.
      if (references.length !== calls) return;
      for (const one of candidates) {
        const nth = references[one.call - 1];
        if (nth !== undefined) this.match(nth, one, "name", LIKELY, `${because}, call ${one.call} of ${calls}`);
      }
      return;
    }
    const own = references.find((tap) => tap.id === tap.path);
    for (const tap of own === undefined ? references : [own, ...references.filter((one) => one !== own)]) {
      const fits = candidates.filter((one) => relateShapes(tap.shapes, one.shapes) !== null);
      const rivals = references.filter((one) => fits[0] !== undefined && relateShapes(one.shapes, fits[0].shapes));
      const sure = fits.length === 1 && (tap === own || rivals.length === 1);
      const first = fits.find((one) => !this.pairs.has(one.id));
      if (first !== undefined) this.match(tap, first, "name", sure ? CERTAIN : LIKELY, because);
    }
  }

  /** A module whose weights all come from elsewhere is not the scope of its name: `layers.0` of a flat list is no block 0. */
  private weightsContradict(path: string, scope: string): boolean {
    const keys = this.input.scopes.find((one) => one.path === scope)?.keys;
    const own = this.input.weights.filter(({ parameter }) => parameter.startsWith(`${path}.`));
    return keys !== undefined && keys.size > 0 && own.length > 0 && !own.some(({ key }) => keys.has(key));
  }

  /** A module's output is what the scope that owns the same weights gives, or the op in which they are used. */
  byWeights(): void {
    const modules = new Map(this.input.modules.map((module) => [module.path, module]));
    const { scopes, uses } = this.input;
    for (const candidate of this.open()) {
      const module = modules.get(candidate.path);
      const keys = (module?.parameters ?? []).flatMap((parameter) => this.keyOf.get(parameter) ?? []);
      if (module === undefined || keys.length === 0) continue;
      const calls = this.callsOf.get(candidate.path) ?? 1;
      const called = { call: candidate.call, calls, isLookup: /embedding/i.test(module.type) };
      tapsUsing({ tapById: this.tapById, scopes, uses }, keys, called).some(({ tap, because }) =>
        this.match(tap, candidate, "weights", 0.95, because),
      );
    }
  }

  bySimilarity(): void {
    const references = this.input.reference.filter(
      (tap) => !this.used.has(tap.id) && tap.kind === "scope" && tap.id === tap.path,
    );
    const tokens = new Map(
      references.map((tap) => [tap.id, this.readings(tap.path).map((read) => withoutWrappers(tokenize(read)))]),
    );
    const scored = this.open()
      .filter((candidate) => candidate.path !== "" && this.callsOf.get(candidate.path) === 1)
      .flatMap((a) => {
        const own = withoutWrappers(tokenize(a.path));
        return references
          .filter((b) => relateShapes(b.shapes, a.shapes) !== null && !this.weightsContradict(a.path, b.path))
          .map((b) => ({ a, b, score: Math.max(...(tokens.get(b.id) ?? []).map((read) => nameSimilarity(own, read))) }))
          .filter(({ score }) => score >= LEAST_SIMILARITY);
      });
    for (const { a, b, score } of mutualBest(scored))
      this.match(b, a, "name", Math.min(score, LIKELY), `${b.path} is the most similar name to ${a.path}`);
  }

  /** Between two neighbouring matched pairs, what is left on both sides is matched in order where shapes agree. */
  byStructure(): void {
    const place = new Map(this.input.reference.map((tap, i) => [tap.id, i]));
    const tensors = new Set([...this.used].map((id) => this.tapById.get(id)?.tensor));
    const free = this.input.reference.filter((tap) => !this.used.has(tap.id) && !tensors.has(tap.tensor));
    let low = -1;
    let gap: Tap[] = [];
    const settle = (high: number): void => {
      const between = free.filter((tap) => (place.get(tap.id) ?? 0) > low && (place.get(tap.id) ?? 0) < high);
      const fits = (a: Tap, b: Tap): boolean => relateShapes(a.shapes, b.shapes) !== null;
      for (const [i, j] of longestCommonSubsequence(between, gap, fits)) {
        const [reference, candidate] = [between[i], gap[j]];
        if (reference !== undefined && candidate !== undefined)
          this.match(reference, candidate, "structure", 0.5, "same place in the order of execution, same shape");
      }
      gap = [];
    };
    for (const candidate of this.input.candidate) {
      const pair = this.pairs.get(candidate.id);
      if (pair === undefined) {
        if (isFloating(candidate) && !candidate.isOutput) gap.push(candidate);
        continue;
      }
      const at = place.get(pair.reference) ?? low;
      if (at <= low) continue;
      settle(at);
      low = at;
    }
    settle(this.input.reference.length);
  }

  result(): Alignment {
    const { reference, candidate } = this.input;
    const tensors = new Set([...this.used].map((id) => this.tapById.get(id)?.tensor ?? null));
    return {
      pairs: candidate.flatMap((tap) => this.pairs.get(tap.id) ?? []),
      unmatched: listUnmatched(reference, candidate, tensors, new Set(this.pairs.keys())),
    };
  }
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
