import type { Pair } from "../align/types.js";
import { placeBehind } from "../diagnose/behind.js";
import { conclude } from "../diagnose/conclude.js";
import { keyOf, kindOfLayer } from "../diagnose/hypothesis-key.js";
import { LAYER_CAUSES } from "../diagnose/layer-causes.js";
import { mergeNormOrder } from "../diagnose/merge-norm-order.js";
import { mergePlaces } from "../diagnose/merge-places.js";
import { proposeCauses, proposeTracedWeights } from "../diagnose/propose.js";
import { foldRepeats, repeatEverywhere } from "../diagnose/repeats.js";
import { proposeRunCauses } from "../diagnose/run-causes.js";
import type { Situation } from "../diagnose/situation.js";
import type { Finding, Hypothesis, LayerFact } from "../diagnose/types.js";
import type { Edit } from "../runners/edits.js";
import { alone, believeEverywhere, spread, withoutRepeats, worst } from "./believed.js";
import { buildSituations } from "./build-situations.js";
import type { TwoSides } from "./compare-pairs.js";
import { handiestFailingCase } from "./handiest-case.js";
import { judgeAgain, type Repaired } from "./judge-again.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { type Laboratory, largestError } from "./laboratory.js";
import { layerFacts } from "./layer-facts.js";
import { createEditMaker } from "./make-edits.js";
import type { Sides } from "./run-sides.js";
import { suspicions, type Unproved } from "./suspicions.js";
import { type Contender, tryHypotheses, type Unit, type UnitOutcome } from "./try-hypotheses.js";
import { unexplainedFindings, withoutConsequences, withoutOtherOutputs } from "./unexplained-findings.js";
import { withRewrite } from "./write-rewrite.js";

/** So many different kinds of layers are looked into at once. */
const LAYERS_AT_ONCE = 6;

interface Proved {
  readonly contender: Contender;
  readonly pairs: string[];
  readonly repaired: Repaired;
}

/** One check's search for causes: what is still open, what was tried, what is proved. */
export class Investigation {
  readonly standing: Edit[] = [];
  readonly situations = new Map<string, Situation>();
  private readonly open: Map<string, JudgedPair>;
  /** Layers that differ and are not asked about. */
  private readonly elsewhere: ReadonlySet<string>;
  private readonly proved: Proved[] = [];
  /** Layers that were looked into without success. */
  private readonly looked = new Set<string>();
  private readonly refuted = new Set<string>();
  /** What alone repaired one case and not all: it may be half of what is wrong. */
  private readonly insufficient = new Set<string>();
  private readonly outcomes = new Map<string, UnitOutcome>();
  private readonly failures = new Map<string, string>();
  /** What repaired a layer in one case, where the candidate could not be run in all of them. */
  private readonly unproved: Unproved[] = [];
  private readonly toClose: { close(): void }[] = [];
  private progress = true;

  constructor(
    private readonly sides: Sides,
    private readonly two: TwoSides,
    private readonly judged: Judged,
    private readonly laboratory: Laboratory,
    concerns: (pair: Pair) => boolean,
  ) {
    const differing = judged.pairs.filter((one) => one.judgement.verdict === "mismatch");
    this.open = new Map(differing.filter((one) => concerns(one.pair)).map((one) => [one.pair.id, one]));
    this.elsewhere = new Set(differing.filter((one) => !concerns(one.pair)).map((one) => one.pair.id));
    this.editMaker = createEditMaker(sides.weighed.facts, sides.variables, laboratory.newFile);
  }

  private readonly editMaker: ReturnType<typeof createEditMaker>;

  goesOn(): boolean {
    return this.open.size > 0 && this.progress;
  }

  /** One round: propose, try, believe, judge again. */
  async advance(): Promise<void> {
    const general = this.contend([
      ...proposeRunCauses(this.sides.description.modules, [...this.open.keys()]),
      ...proposeCauses(this.sides.weighed.facts, this.layers()),
    ]);
    const first = await this.attempt(this.unitsOf(general));
    let believed = believeEverywhere(general, first);
    const covered = new Set(believed.flatMap((one) => one.hypothesis.pairs));
    const asked = this.representatives(covered);
    if (asked.length > 0) {
      const second = await this.lookInto(asked, general);
      believed = [...believed, ...second];
    }
    this.progress = believed.length > 0 || asked.length > 0;
    if (believed.length > 0) await this.believe(believed);
  }

  private contend(hypotheses: readonly Hypothesis[]): Contender[] {
    return hypotheses.flatMap((hypothesis) => {
      const edits = this.refuted.has(keyOf(hypothesis)) ? null : this.editMaker.make(hypothesis);
      return edits === null ? [] : [{ hypothesis, edits }];
    });
  }

  private unitsOf(contenders: readonly Contender[]): Unit[] {
    const pairs = [...new Set(contenders.flatMap((one) => one.hypothesis.pairs))];
    return pairs.flatMap((pair) => {
      const one = this.open.get(pair);
      const own = contenders.filter((contender) => contender.hypothesis.pairs.includes(pair));
      return one === undefined ? [] : [this.unit(one, own)];
    });
  }

  private unit(one: JudgedPair, contenders: readonly Contender[]): Unit {
    const id = handiestFailingCase(one, this.two, this.judged);
    const entries = one.local.length > 0 ? one.local : one.accumulated;
    const metrics = entries.find((entry) => entry.case === id)?.metrics;
    return {
      pair: one.pair.id,
      case: id,
      before: metrics === undefined ? Number.POSITIVE_INFINITY : largestError(metrics),
      module: this.two.candidateTaps.get(one.pair.candidate)?.path ?? "",
      contenders,
    };
  }

  private async attempt(units: readonly Unit[]): Promise<UnitOutcome[]> {
    const outcomes = await tryHypotheses(units, this.laboratory, this.standing, this.insufficient);
    for (const outcome of outcomes) this.outcomes.set(outcome.unit.pair, outcome);
    return outcomes;
  }

  /** One layer of each kind that nothing explains yet; numbers in names tell places, not kinds. */
  private representatives(covered: ReadonlySet<string>): JudgedPair[] {
    const kinds = new Map<string, JudgedPair>();
    for (const one of this.open.values()) {
      if (covered.has(one.pair.id) || this.looked.has(one.pair.id)) continue;
      const kind = kindOfLayer(one.pair.id);
      if (!kinds.has(kind)) kinds.set(kind, one);
    }
    return [...kinds.values()].slice(0, LAYERS_AT_ONCE);
  }

  private async lookInto(asked: readonly JudgedPair[], general: readonly Contender[]): Promise<Contender[]> {
    const built = await buildSituations(
      this.sides,
      this.two,
      asked.map((one) => ({ one, case: handiestFailingCase(one, this.two, this.judged) })),
      this.judged.pairs,
      this.laboratory,
      this.standing,
    );
    this.toClose.push(built);
    for (const [pair, failure] of built.failures) this.failures.set(pair, failure);
    const units = asked.flatMap((one) => {
      const situation = built.found.get(one.pair.id);
      if (situation === undefined) return [];
      this.situations.set(one.pair.id, situation);
      const folded = foldRepeats(situation);
      const seen = LAYER_CAUSES.flatMap((see) => see(folded));
      const own = this.contend([
        ...seen.map((one) => placeBehind(situation, one)).flatMap((one) => repeatEverywhere(one, situation)),
        ...proposeTracedWeights(situation, this.sides.weighed.facts),
      ]);
      const known = new Set(own.map((contender) => keyOf(contender.hypothesis)));
      const concerning = general.filter(
        ({ hypothesis }) => hypothesis.pairs.includes(one.pair.id) && !known.has(keyOf(hypothesis)),
      );
      return [this.unit(one, [...own, ...concerning])];
    });
    const outcomes = await this.attempt(units);
    for (const one of asked) this.looked.add(one.pair.id);
    return outcomes.flatMap(({ unit, chosen }) => {
      // Every layer of the kind may have it: it is tried there by judging again.
      const alike = [...this.open.keys()].filter((pair) => kindOfLayer(pair) === kindOfLayer(unit.pair));
      return chosen.map((contender) => spread(contender, unit.pair, alike));
    });
  }

  /** Judges all open layers again with everything believed made; what does not hold in every case is given up. */
  private async believe(believed: readonly Contender[]): Promise<void> {
    const open = [...this.open.values()];
    const edits = believed.flatMap((one) => [...one.edits, ...(one.places ?? []).flatMap((place) => place.edits)]);
    const again = await judgeAgain(
      this.sides,
      this.two,
      open,
      this.laboratory,
      withoutRepeats([...this.standing, ...edits]),
    );
    if ("failure" in again) {
      const [one] = believed;
      if (believed.length > 1) for (const each of believed) await this.believe([each]);
      // Layers of one kind need not make the same calls in the same places: there it is tried on its own.
      else if (one?.places?.length) await this.believe([alone(one)]);
      else if (one !== undefined) this.refute(one, again.failure);
      return;
    }
    const holds = (one: Contender): boolean => again.get(one.hypothesis.pairs[0] ?? "")?.quiet === true;
    const kept = believed.filter(holds);
    for (const one of believed) if (!holds(one)) this.refute(one);
    if (kept.length < believed.length) {
      if (kept.length > 0) await this.believe(kept);
      return;
    }
    // Elsewhere the same change may not be what is wrong: it stays only where it repaired.
    const proven = kept.flatMap((one) => [
      ...one.edits,
      ...(one.places ?? []).filter((place) => again.get(place.pair)?.quiet === true).flatMap((place) => place.edits),
    ]);
    this.standing.splice(0, this.standing.length, ...withoutRepeats([...this.standing, ...proven]));
    const attributed = new Map<Contender, string[]>(kept.map((one) => [one, []]));
    for (const one of open) {
      if (again.get(one.pair.id)?.quiet !== true) continue;
      this.open.delete(one.pair.id);
      const owner = kept.find((contender) => contender.hypothesis.pairs.includes(one.pair.id)) ?? kept[0];
      if (owner !== undefined) attributed.get(owner)?.push(one.pair.id);
    }
    for (const [contender, pairs] of attributed) {
      const first = contender.hypothesis.pairs[0] ?? "";
      const repaired = again.get(first);
      if (repaired === undefined) continue;
      const ordered = [first, ...pairs.filter((pair) => pair !== first)];
      this.proved.push({
        contender,
        pairs: ordered,
        repaired: worst(ordered.flatMap((pair) => again.get(pair) ?? [])),
      });
    }
  }

  /** It repaired one case and not all, or they could not be run: the layer is looked into again without it alone. */
  private refute({ hypothesis }: Contender, failure: string | null = null): void {
    const key = keyOf(hypothesis);
    if (failure === null && !this.insufficient.has(key)) this.insufficient.add(key);
    else this.refuted.add(key);
    const pair = hypothesis.pairs[0] ?? "";
    this.looked.delete(pair);
    const errorBefore = this.outcomes.get(pair)?.unit.before ?? Number.POSITIVE_INFINITY;
    if (failure !== null)
      this.unproved.push({ hypothesis, proof: { kind: "not-repaired", pair, errorBefore, errorAfter: null, failure } });
  }

  private layers(): LayerFact[] {
    return layerFacts(
      this.judged.pairs,
      this.two,
      (one) => this.open.has(one.pair.id) || this.elsewhere.has(one.pair.id),
    );
  }

  findings(): Finding[] {
    const confirmed = this.proved.map(({ contender, pairs, repaired }) =>
      withRewrite(
        conclude(contender.hypothesis, { kind: "repaired", pairs, ...repaired }),
        contender.hypothesis.rewrite,
      ),
    );
    const suspected = suspicions(
      new Set(this.open.keys()),
      this.contend(proposeCauses(this.sides.weighed.facts, this.layers())).map((one) => one.hypothesis),
      this.outcomes,
      this.unproved,
      (pair) => this.judged.random.has(this.open.get(pair)?.pair.candidate ?? ""),
    );
    const explained = new Set(suspected.flatMap((finding) => finding.pairs));
    const own =
      this.judged.forced === null
        ? withoutConsequences(
            this.judged.pairs.filter(({ pair }) => this.open.has(pair.id) || this.elsewhere.has(pair.id)),
          ).filter((one) => !this.elsewhere.has(one.pair.id))
        : [...this.open.values()];
    const rest = withoutOtherOutputs(own, explained, this.two);
    return [
      ...mergePlaces(mergeNormOrder(confirmed)),
      ...mergePlaces(suspected),
      ...unexplainedFindings(this.judged.pairs, rest, this.two, this.sides, this.situations, this.failures),
    ];
  }

  close(): void {
    for (const one of this.toClose) one.close();
  }
}
