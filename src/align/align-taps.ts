import type { Tap } from "../recording/types.js";
import { relateShapes } from "./relate-shapes.js";
import { canonicalName, longestCommonSubsequence, nameSimilarity, tokenize, withoutWrappers } from "./tokens.js";
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
  private readonly tapById: ReadonlyMap<string, Tap>;

  constructor(private readonly input: AlignmentInput) {
    this.tapById = new Map(input.reference.map((tap) => [tap.id, tap]));
  }

  private match(reference: Tap, candidate: Tap, matchedBy: MatchMethod, confidence: number, because: string): boolean {
    if (this.pairs.has(candidate.id)) return false;
    const layout = relateShapes(reference.shapes, candidate.shapes);
    if (layout === null) return false;
    this.pairs.set(candidate.id, {
      id: candidate.id,
      reference: reference.id,
      candidate: candidate.id,
      layout,
      matchedBy,
      confidence,
      because,
    });
    this.used.add(reference.id);
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
        candidates.some((candidate) => this.match(reference, candidate, "map", 1, "the user's map")),
      );
    }
  }

  /** Outputs of the model: by name where there are several, else in order; shapes must agree. */
  byOutput(): void {
    const references = uniqueTensors(this.input.reference.filter((tap) => tap.isOutput));
    const candidates = this.open().filter((tap) => tap.isOutput);
    for (const reference of references) {
      const last = canonicalName(reference.path.split("/").at(-1) ?? "");
      const fits = candidates.filter(
        (candidate) => !this.pairs.has(candidate.id) && relateShapes(reference.shapes, candidate.shapes) !== null,
      );
      const named = fits.find((candidate) => candidate.slot !== null && canonicalName(candidate.slot) === last);
      const chosen = named ?? fits[0];
      if (chosen === undefined) continue;
      const only = fits.length === 1;
      const because =
        named !== undefined
          ? `output of the same name`
          : only
            ? "the only output of this shape"
            : "first free output of this shape";
      this.match(reference, chosen, "output", named !== undefined || only ? 1 : 0.7, because);
    }
  }

  byName(): void {
    const byName = new Map<string, Tap[]>();
    for (const tap of this.input.reference) {
      if (tap.kind === "entering") continue;
      const name = canonicalName(tap.path);
      byName.set(name, [...(byName.get(name) ?? []), tap]);
    }
    for (const candidate of this.open()) {
      const name = canonicalName(candidate.path);
      if (name === "" || candidate.call > 1) continue;
      // A scope's own tap (its last tensor) before the earlier tensors that it also gives to the outside.
      const taps = [...(byName.get(name) ?? [])].sort((a, b) => Number(b.id === b.path) - Number(a.id === a.path));
      taps.some((reference) =>
        this.match(reference, candidate, "name", 1, `${reference.path} and ${candidate.path} are the same name`),
      );
    }
  }

  /** A module's output is what the scope that owns the same weights gives, or the op in which they are used. */
  byWeights(): void {
    const keyOf = new Map(this.input.weights.map((assignment) => [assignment.parameter, assignment.key]));
    const modules = new Map(this.input.modules.map((module) => [module.path, module]));
    for (const candidate of this.open()) {
      const module = modules.get(candidate.path);
      const keys = (module?.parameters ?? []).flatMap((parameter) => keyOf.get(parameter) ?? []);
      if (module === undefined || keys.length === 0 || candidate.call > 1) continue;
      for (const { tap, because } of this.tapsUsing(keys, /embedding/i.test(module.type))) {
        if (this.match(tap, candidate, "weights", 0.95, because)) break;
      }
    }
  }

  private tapsUsing(keys: readonly string[], isLookup: boolean): { tap: Tap; because: string }[] {
    const found: { tap: Tap; because: string }[] = [];
    const add = (id: string, because: string): void => {
      const tap = this.tapById.get(id);
      if (tap !== undefined) found.push({ tap, because });
    };
    // The widest scope that uses these keys, no others, and alone.
    const scope = this.input.scopes
      .filter((one) => one.ownsKeys && one.keys.size === new Set(keys).size && keys.every((key) => one.keys.has(key)))
      .sort((a, b) => a.path.length - b.path.length)[0];
    if (scope !== undefined) add(scope.tap, `the scope ${scope.path} uses ${keys.join(", ")} and nothing else`);
    const uses = keys.flatMap((key) =>
      (this.input.uses.get(key) ?? []).filter((use) => (use.use === "lookup") === isLookup),
    );
    for (const use of uses.reverse()) add(use.tap, `the op ${use.node} uses ${keys.join(", ")}`);
    return found;
  }

  bySimilarity(): void {
    const references = this.input.reference.filter(
      (tap) => !this.used.has(tap.id) && tap.kind === "scope" && tap.id === tap.path,
    );
    const tokens = new Map(references.map((tap) => [tap.id, withoutWrappers(tokenize(tap.path))]));
    const scored = this.open()
      .filter((candidate) => candidate.path !== "" && candidate.call === 1)
      .flatMap((candidate) => {
        const own = withoutWrappers(tokenize(candidate.path));
        return references
          .map((reference) => ({ candidate, reference, score: nameSimilarity(own, tokens.get(reference.id) ?? []) }))
          .filter(({ score }) => score >= LEAST_SIMILARITY);
      })
      .sort((a, b) => b.score - a.score);
    for (const { candidate, reference, score } of scored) {
      if (this.used.has(reference.id)) continue;
      this.match(
        reference,
        candidate,
        "name",
        score,
        `${reference.path} is the most similar name to ${candidate.path}`,
      );
    }
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
      for (const [i, j] of longestCommonSubsequence(
        between,
        gap,
        (a, b) => relateShapes(a.shapes, b.shapes) !== null,
      )) {
        const reference = between[i];
        const candidate = gap[j];
        if (reference !== undefined && candidate !== undefined) {
          this.match(reference, candidate, "structure", 0.5, "same place in the order of execution, same shape");
        }
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
    const tensors = new Set([...this.used].map((id) => this.tapById.get(id)?.tensor));
    return {
      pairs: this.input.candidate.flatMap((tap) => this.pairs.get(tap.id) ?? []),
      unmatched: {
        reference: uniqueTensors(this.input.reference.filter((tap) => !tensors.has(tap.tensor))).map((tap) => ({
          id: tap.id,
          isOutput: tap.isOutput,
          why:
            tap.kind === "scope"
              ? "no module has this name, these weights or this place"
              : "no module gives this tensor",
        })),
        candidate: this.input.candidate
          .filter((tap) => !this.pairs.has(tap.id))
          .map((tap) => ({
            id: tap.id,
            isOutput: tap.isOutput,
            why: isFloating(tap)
              ? "no scope has this name, these weights or this place"
              : `${tap.dtype} tensors are not compared`,
          })),
      },
    };
  }
}

function isFloating(tap: Tap): boolean {
  return tap.dtype.startsWith("float") || tap.dtype === "bfloat16";
}

function uniqueTensors(taps: readonly Tap[]): Tap[] {
  const seen = new Set<string | null>();
  return taps.filter((tap) => {
    if (seen.has(tap.tensor)) return false;
    seen.add(tap.tensor);
    return true;
  });
}
