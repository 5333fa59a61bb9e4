import type { ResolvedConfig } from "../config/resolved.js";
import { findLeftovers } from "./assign-leftovers.js";
import type { TwoSides } from "./compare-pairs.js";
import { confirmDoubted } from "./confirm-doubted.js";
import { findBetterPartners } from "./find-better-partners.js";
import { findLocalWrongTaps } from "./find-local-wrong-taps.js";
import { findNarrowerScopes } from "./find-narrower-scopes.js";
import { type Judged, judgePairs } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";
import { NO_HINTS, type PairHints, type SettledPairs, settlePairs } from "./settle-pairs.js";
import type { Stopwatch } from "./stopwatch.js";
import { findCrossedWeights, findExchangedPartners, findMovedLayers } from "./uncross.js";

/**
 * Which tensor of the original each of the port's is, and how they compare: paired by what is known at first, judged, and
 * paired anew as long as what was judged tells of pairs that are wrong.
 */
export class Pairing {
  private hints: PairHints = NO_HINTS;
  /** Variables that were given to parameters otherwise than names and values say. */
  private given: ReadonlyMap<string, string> = new Map();
  settled!: SettledPairs;
  judged!: Judged;

  private constructor(
    public sides: Sides,
    private readonly two: TwoSides,
    private readonly config: ResolvedConfig,
    private readonly scratch: string,
    private readonly stopwatch: Stopwatch,
  ) {}

  /** Pairs and judges for the first time. */
  static async begin(
    sides: Sides,
    two: TwoSides,
    config: ResolvedConfig,
    scratch: string,
    stopwatch: Stopwatch,
  ): Promise<Pairing> {
    const pairing = new Pairing(sides, two, config, scratch, stopwatch);
    await pairing.pairAnew({});
    return pairing;
  }

  get differs(): boolean {
    return this.judged.pairs.some((one) => one.judgement.verdict === "mismatch");
  }

  /** Pairs and judges again with what was found out. */
  async pairAnew(found: Partial<PairHints>): Promise<void> {
    this.hints = { ...this.hints, ...found };
    this.close();
    const { sides, two, config, scratch, stopwatch } = this;
    this.settled = await stopwatch.time("align and compare", () =>
      settlePairs(sides, two, config.map, scratch, this.hints),
    );
    this.judged = await stopwatch.time("judge", () => judgePairs(sides, two, this.settled, config, scratch));
  }

  /** The same with reference taps that candidate taps turned out to be. */
  async pairWith(partners: ReadonlyMap<string, string>): Promise<void> {
    await this.pairAnew({ known: new Map([...this.hints.known, ...partners]) });
  }

  /** Looks for pairs that the first look got wrong. Nothing is doubted where nothing differs. */
  async refine(): Promise<void> {
    if (!this.differs) return;
    const { two, scratch } = this;
    if (this.settled.doubted.length > 0) {
      const { compared, doubted } = this.settled;
      const confirmed = await this.stopwatch.time("judge", () =>
        confirmDoubted(this.sides, two, compared, doubted, scratch),
      );
      if (confirmed.size > 0) await this.pairAnew({ confirmed });
    }
    const moved = findMovedLayers(this.sides, two, this.judged);
    const crossed = moved.size > 0 ? moved : findCrossedWeights(this.sides, two, this.judged);
    if (crossed.size > 0) await this.give(crossed);
    const narrower = findNarrowerScopes(this.sides, two, this.judged);
    const known = findBetterPartners(this.sides, two, this.judged);
    if (crossed.size > 0 || narrower.size > 0 || known.size > 0) await this.pairAnew({ narrower, known });
    await this.exchangePartners();
    const wrong = this.differs
      ? await this.stopwatch.time("judge", () => findLocalWrongTaps(this.sides, two, this.judged, scratch))
      : new Set<string>();
    if (wrong.size > 0) await this.pairAnew({ wrong });
    const leftovers = findLeftovers(this.sides, two, this.judged);
    if (leftovers.size > 0) await this.give(leftovers);
  }

  /** Two layers taken for each other that are right as such: whether they are exchanged only what reads them can tell. */
  private async exchangePartners(): Promise<void> {
    const exchanged = findExchangedPartners(this.sides, this.two, this.judged);
    if (exchanged === null) return;
    const before = { sides: this.sides, given: this.given };
    await this.give(exchanged.map);
    await this.pairAnew({});
    const reader = this.judged.pairs.find((one) => one.pair.id === exchanged.reader);
    if (reader !== undefined && reader.judgement.verdict !== "mismatch") return;
    this.sides = before.sides;
    this.given = before.given;
    await this.pairAnew({});
  }

  private async give(found: ReadonlyMap<string, string>): Promise<void> {
    this.given = new Map([...this.given, ...found]);
    const weighed = await this.sides.reweigh(Object.fromEntries(this.given));
    this.sides = { ...this.sides, weighed, variables: new Map([...this.sides.variables, ...weighed.derived]) };
  }

  close(): void {
    this.judged?.forced?.recording.close();
  }
}
