import type { Tap } from "../recording/types.js";
import type { AlignmentInput } from "./alignment-input.js";
import { AGREES, CERTAIN, LIKELY, VALUES } from "./confidence.js";
import { findContainers, ONE_CALL, sameLastName } from "./containers.js";
import type { RelateTaps } from "./conventions.js";
import { BARE, gives, type Partner } from "./fused-activation.js";
import { findGaps } from "./gaps.js";
import { groupBy } from "./group-by.js";
import { isFloating, listUnmatched, uniqueTensors } from "./list-unmatched.js";
import { matchOutputs, matchValues } from "./match-outputs.js";
import { matchSimilar } from "./match-similar.js";
import { mutualBest, type Scored } from "./mutual-best.js";
import { readingsAmong } from "./readings.js";
import { tapsUsing } from "./taps-using.js";
import { canonicalName, longestCommonSubsequence, nameSimilarity, namesContradict, tokenize } from "./tokens.js";
import type { Alignment, CandidateModule, MatchMethod, Pair } from "./types.js";
import { usedParameters } from "./used-parameters.js";
import { weightsContradict } from "./weights-contradict.js";

/** One round of pairing, under given conventions of layout: each way of pairing takes what the ones before it left. */
export class Matcher {
  private readonly pairs = new Map<string, Pair>();
  private readonly used = new Set<string>();
  /** Calls of modules with the tensor that was paired with one of their outputs: no two outputs are the same tensor. */
  private readonly taken = new Set<string>();
  private readonly tapById: ReadonlyMap<string, Tap>;
  private readonly keyOf: ReadonlyMap<string, string>;
  private readonly callsOf = new Map<string, number>();
  private readonly modules: readonly CandidateModule[];
  private readonly readings: (scope: string) => readonly string[];

  constructor(
    private readonly input: AlignmentInput,
    private readonly relate: RelateTaps,
  ) {
    this.modules = usedParameters(input.modules, new Set(input.candidate.map((tap) => tap.path)));
    this.tapById = new Map(input.reference.map((tap) => [tap.id, tap]));
    this.readings = readingsAmong(
      input.scopes.map((scope) => scope.path),
      input.modules.map((module) => module.path),
    );
    this.keyOf = new Map(input.weights.map((assignment) => [assignment.parameter, assignment.key]));
    for (const { path, call } of input.candidate) this.callsOf.set(path, Math.max(call, this.callsOf.get(path) ?? 0));
  }

  match(): Alignment {
    this.byMap();
    this.byOutput();
    this.byKnown();
    this.byName();
    this.byWeights();
    this.byWeightsInside();
    this.bySimilarity();
    this.byValues();
    this.byStructure();
    return this.result();
  }

  private pair(reference: Tap, candidate: Tap, matchedBy: MatchMethod, confidence: number, because: string): boolean {
    const place = `${candidate.path}@${candidate.call} ${reference.tensor}`;
    if (this.pairs.has(candidate.id) || this.taken.has(place)) return false;
    const related = this.relate(reference, candidate);
    if (related === null) return false;
    const isSettled = matchedBy === "map" || matchedBy === "output" || matchedBy === "values";
    const op = isSettled ? undefined : this.opInstead(reference, candidate);
    if (
      op !== undefined &&
      this.pair(op, candidate, "weights", 0.95, `${op.id} is where the scope ${reference.path} uses its last weight`)
    )
      return true;
    const [from, to] = [reference.id, candidate.id];
    // A pair in another order of axes than its part of the model must be borne out by its values.
    const trust = related.sure || matchedBy === "map" ? confidence : Math.min(confidence, LIKELY);
    const { layout } = related;
    this.pairs.set(to, { id: to, reference: from, candidate: to, layout, matchedBy, confidence: trust, because });
    this.used.add(reference.id);
    this.taken.add(place);
    return true;
  }

  /** The op in which a module's last weight is used, where the module gives that and not all that the scope does. */
  private opInstead(scope: Tap, candidate: Tap): Tap | undefined {
    if (scope.kind !== "scope" || this.callsOf.get(candidate.path) !== 1) return undefined;
    const last = this.ownKeys(candidate.path).findLast((key) => this.input.uses.has(key));
    const uses = last === undefined ? [] : (this.input.uses.get(last) ?? []);
    const op = this.tapById.get(uses.length === 1 ? (uses[0]?.tap ?? "") : "");
    const [ofScope, ofOp] = [scope, op].map((tap) => (tap === undefined ? null : this.partner(tap, candidate)));
    if (op === undefined || !ofScope || !ofOp || op.tensor === scope.tensor) return undefined;
    return op.id.startsWith(`${scope.path}/`) && gives(candidate, ofScope, ofOp) === "op" ? op : undefined;
  }

  private partner(tap: Tap, candidate: Tap): Partner | null {
    const layout = this.relate(tap, candidate)?.layout;
    const error = this.input.errorUnder;
    return layout === undefined ? null : { tap, layout, error: () => error?.(tap, candidate, layout) ?? null };
  }

  private ownKeys(path: string): string[] {
    const module = this.modules.find((one) => one.path === path);
    return (module?.parameters ?? []).flatMap((parameter) => this.keyOf.get(parameter) ?? []);
  }

  private fits(reference: Tap, candidate: Tap): boolean {
    return this.relate(reference, candidate) !== null;
  }

  private open(): Tap[] {
    return this.input.candidate.filter((tap) => !this.pairs.has(tap.id) && isFloating(tap));
  }

  private byMap(): void {
    for (const [from, to] of Object.entries(this.input.map)) {
      const references = this.input.reference.filter(
        (tap) => tap.id === from || tap.path === from || tap.tensor === from,
      );
      const candidates = this.input.candidate.filter((tap) => tap.id === to || tap.path === to);
      references.some((reference) =>
        candidates.some((candidate) => this.pair(reference, candidate, "map", CERTAIN, "the user's map")),
      );
    }
  }

  /** Outputs of the model, see `matchOutputs`. */
  private byOutput(): void {
    const done = new Set(this.input.reference.filter((tap) => this.used.has(tap.id)).map((tap) => tap.tensor));
    const references = uniqueTensors(this.input.reference.filter((tap) => tap.isOutput && !done.has(tap.tensor)));
    const ask = {
      names: this.input.outputNames,
      fits: (reference: Tap, candidate: Tap) => this.fits(reference, candidate),
      agrees: (reference: Tap, candidate: Tap) => this.agrees(reference, candidate),
    };
    const outputs = this.open().filter((tap) => tap.isOutput);
    for (const { reference, candidate, confidence, because } of matchOutputs(references, outputs, ask))
      this.pair(reference, candidate, "output", confidence, because);
  }

  private agrees(reference: Tap, candidate: Tap): boolean {
    return (this.partner(reference, candidate)?.error() ?? Number.POSITIVE_INFINITY) <= AGREES;
  }

  /** What neither names nor weights tell, the numbers may. */
  private byValues(): void {
    const { alike, reference } = this.input;
    if (alike === undefined) return;
    const done = new Set([...this.used].map((id) => this.tapById.get(id)?.tensor));
    const free = uniqueTensors(reference.filter((tap) => !done.has(tap.tensor) && isFloating(tap)));
    const open = this.open().filter((tap) => !tap.isOutput);
    const same = (tap: Tap, candidate: Tap): boolean =>
      this.fits(tap, candidate) && alike(tap, candidate) && this.agrees(tap, candidate);
    for (const { reference: tap, candidate } of matchValues(free, open, same))
      this.pair(tap, candidate, "values", VALUES, "they hold the same numbers, and nothing else does");
  }

  private byKnown(): void {
    for (const candidate of this.open()) {
      const reference = this.tapById.get(this.input.known?.get(candidate.id) ?? "");
      if (reference !== undefined)
        this.pair(reference, candidate, "values", 0.95, "fed the original's own tensors it gives this one");
    }
  }

  /** Module paths and scopes of the same name. Of namesakes only those that are each other's nearest. */
  private byName(): void {
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
        if (nth !== undefined) this.pair(nth, one, "name", LIKELY, `${because}, call ${one.call} of ${calls}`);
      }
      return;
    }
    const own = references.find((tap) => tap.id === tap.path);
    for (const tap of own === undefined ? references : [own, ...references.filter((one) => one !== own)]) {
      const fits = candidates.filter((one) => this.fits(tap, one));
      const rivals = references.filter((one) => fits[0] !== undefined && this.fits(one, fits[0]));
      const sure = fits.length === 1 && (tap === own || rivals.length === 1);
      const first = fits.find((one) => !this.pairs.has(one.id));
      if (first !== undefined) this.pair(tap, first, "name", sure ? CERTAIN : LIKELY, because);
    }
  }

  /** Whether the weights speak against a module and the scope of its name being the same. */
  private weightsContradict(path: string, scope: string): boolean {
    const keys = this.input.scopes.find((one) => one.path === scope)?.keys;
    return keys !== undefined && weightsContradict(this.input.weights, path, keys);
  }

  /** A module's output is what the scope that owns the same weights gives, or the op in which they are used. */
  private byWeights(): void {
    const modules = new Map(this.modules.map((module) => [module.path, module]));
    const { scopes, uses } = this.input;
    for (const candidate of this.open()) {
      const module = modules.get(candidate.path);
      const keys = (module?.parameters ?? []).flatMap((parameter) => this.keyOf.get(parameter) ?? []);
      // What a model of modules gives has met more than the variables that the model itself holds.
      if (module === undefined || keys.length === 0 || (candidate.isOutput && modules.size > 1)) continue;
      const calls = this.callsOf.get(candidate.path) ?? 1;
      const called = {
        call: candidate.call,
        calls,
        isLookup: /embedding/i.test(module.type),
        isBare: BARE.test(module.type),
      };
      const scope = this.input.narrower?.get(candidate.path);
      const errorOf = (tap: Tap): number | null =>
        scope === undefined ? (this.partner(tap, candidate)?.error() ?? null) : Number(tap.path !== scope);
      const assigned = new Set(this.keyOf.values());
      tapsUsing({ tapById: this.tapById, scopes, uses, assigned }, keys, called, errorOf).some(({ tap, because }) =>
        this.pair(tap, candidate, "weights", 0.95, because),
      );
    }
  }

  /** The same for modules that only hold modules: what the scope of exactly their weights gives. */
  private byWeightsInside(): void {
    const once = this.open().filter((tap) => this.callsOf.get(tap.path) === 1);
    for (const { candidate, keys } of findContainers(once, this.input.modules, this.keyOf)) {
      const found = tapsUsing({ tapById: this.tapById, scopes: this.input.scopes, uses: new Map() }, keys, ONE_CALL);
      for (const { tap, because } of found)
        this.pair(tap, candidate, "weights", sameLastName(tap.path, candidate.path) ? 0.95 : LIKELY, because);
    }
  }

  private bySimilarity(): void {
    const references = this.input.reference.filter(
      (tap) => !this.used.has(tap.id) && tap.kind === "scope" && tap.id === tap.path,
    );
    const open = this.open().filter((candidate) => candidate.path !== "" && this.callsOf.get(candidate.path) === 1);
    const may = (a: Tap, b: Tap): boolean => this.fits(b, a) && !this.weightsContradict(a.path, b.path);
    for (const { a, b, score } of matchSimilar(open, references, this.readings, may))
      this.pair(b, a, "name", Math.min(score, LIKELY), `${b.path} is the most similar name to ${a.path}`);
  }

  /** Between two neighbouring matched pairs, what is left on both sides is matched in order where shapes agree. */
  private byStructure(): void {
    const tensors = new Set([...this.used].map((id) => this.tapById.get(id)?.tensor));
    const { reference, candidate } = this.input;
    const free = reference.filter((tap) => !this.used.has(tap.id) && !tensors.has(tap.tensor));
    const partner = (tap: Tap): string | undefined => this.pairs.get(tap.id)?.reference;
    const gaps = findGaps(reference, free, candidate, partner, (tap) => isFloating(tap) && !tap.isOutput);
    for (const gap of gaps) {
      const alike = longestCommonSubsequence(gap.reference, gap.candidate, (a, b) => this.fits(a, b));
      for (const [i, j] of alike) {
        const [one, other] = [gap.reference[i], gap.candidate[j]];
        if (one !== undefined && other !== undefined)
          this.pair(one, other, "structure", 0.5, "same place in the order of execution, same shape");
      }
    }
  }

  private result(): Alignment {
    const { reference, candidate } = this.input;
    const tensors = new Set([...this.used].map((id) => this.tapById.get(id)?.tensor ?? null));
    return {
      pairs: candidate.flatMap((tap) => this.pairs.get(tap.id) ?? []),
      unmatched: listUnmatched(reference, candidate, tensors, new Set(this.pairs.keys())),
    };
  }
}
