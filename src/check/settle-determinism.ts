import { join } from "node:path";
import type { Metrics } from "../compare/types.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import { isBeyondRounding, isUnderSelfNoise } from "../judge/judge-self-noise.js";
import type { Determinism, SideDeterminism } from "../report/types.js";
import type { TwoSides } from "./compare-pairs.js";
import type { Explained } from "./explain.js";
import { formatExponent } from "./format-exponent.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { nameRandomness } from "./name-randomness.js";
import { runAgain, type SecondRun } from "./run-again.js";
import type { Sides } from "./run-sides.js";

type Side = "reference" | "candidate";
const SIDES: readonly Side[] = ["reference", "candidate"];

/** What running both sides twice showed. */
export interface Settled {
  readonly determinism: Determinism | null;
  /** Why the verdict is `flaky`; null when it is not. */
  readonly flaky: string | null;
}

/** A second run that takes longer than this (seconds, both sides together, by the first) is not made without need. */
const CHEAP_SECONDS = 10;

/** Nobody asked, or the candidate refused. */
export const NOT_REPEATED: Settled = { determinism: null, flaky: null };

interface Moved {
  readonly one: JudgedPair;
  readonly side: Side;
  readonly case: string;
  readonly movement: Metrics;
  readonly isRandom: boolean;
}

/**
 * Tells a difference from a side that differs from itself. Both sides are run a second time where something differs that nothing
 * explains, where the user's own tolerances could be under what a side does to itself, or where it was asked for. What a confirmed
 * finding explains stays what it is: a dropout that is on is a fault with a name, and no flakiness.
 *
 * @throws ParityError CONFIG_INVALID when a tolerance of the user's is under the self-noise of its tap
 */
export async function settleDeterminism(
  sides: Sides,
  two: TwoSides,
  unordered: Judged,
  explained: Explained,
  config: Pick<ResolvedConfig, "selfNoise">,
  scratch: string,
): Promise<Settled> {
  const judged = inOrder(unordered, two);
  const confirmed = explained.findings.filter((finding) => finding.status === "confirmed");
  const explainedPairs = new Set(confirmed.flatMap((finding) => finding.pairs));
  const open = judged.pairs.filter(
    (one) => one.judgement.verdict === "mismatch" && !explainedPairs.has(one.pair.id) && one.decidedBy !== null,
  );
  if (!isAsked(config.selfNoise, sides, judged, open)) return NOT_REPEATED;
  const again = await runAgain(sides, two, judged, scratch);
  if (again === null) return NOT_REPEATED;
  try {
    if (confirmed.length === 0) checkTolerances(judged, again, sides);
    const moved = judged.pairs.flatMap((one) =>
      SIDES.flatMap((side) => movementOf(one, side, judged, again, sides) ?? []),
    );
    const determinism: Determinism = {
      reference: await describeSide("reference", moved, sides, two, judged, scratch),
      candidate: await describeSide("candidate", moved, sides, two, judged, scratch),
      selfNoise: moved.map(({ one, side, movement }) => ({
        pair: one.pair.id,
        side,
        rms: movement.rms,
        max: movement.maxAbs?.value ?? 0,
      })),
    };
    const flaky = confirmed.length > 0 ? null : findFlaky(judged, open, moved, again);
    return { determinism, flaky: flaky === null ? null : describeFlaky(flaky, determinism) };
  } finally {
    again.close();
  }
}

/**
 * Refuses tolerances that rounding alone breaks between two runs of one side, before causes are looked for: there are none.
 *
 * @throws ParityError CONFIG_INVALID that names tap, tolerance and self-noise
 */
export async function refuseTightTolerances(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  config: Pick<ResolvedConfig, "selfNoise">,
  scratch: string,
): Promise<void> {
  const isBroken = ({ judgement }: JudgedPair): boolean =>
    judgement.tolerance.rule === "explicit" && judgement.verdict === "mismatch";
  if (config.selfNoise === "never" || !judged.pairs.some(isBroken)) return;
  const broken = inOrder({ ...judged, pairs: judged.pairs.filter(isBroken) }, two);
  const again = await runAgain(sides, two, broken, join(scratch, "tight"));
  if (again === null) return;
  try {
    checkTolerances(broken, again, sides, (movement) => !isBeyondRounding(movement, null));
  } finally {
    again.close();
  }
}

function isAsked(
  when: ResolvedConfig["selfNoise"],
  sides: Sides,
  judged: Judged,
  open: readonly JudgedPair[],
): boolean {
  if (when !== "auto") return when === "always";
  if (open.length > 0) return true;
  const explicit = judged.pairs.some((one) => one.judgement.tolerance.rule === "explicit");
  const seconds = [...Object.values(sides.reference.seconds), ...Object.values(sides.free.seconds)];
  return explicit && seconds.reduce((sum, one) => sum + one, 0) <= CHEAP_SECONDS;
}

/** The pairs in the candidate's order of execution: the first that moves is where it begins. */
function inOrder(judged: Judged, two: TwoSides): Judged {
  const order = new Map([...two.candidateTaps.keys()].map((id, at) => [id, at]));
  const at = (one: JudgedPair): number => order.get(one.pair.candidate) ?? order.size;
  return { ...judged, pairs: [...judged.pairs].sort((a, b) => at(a) - at(b)) };
}

/** How a pair of one side moved in the case in which it moved most; null when it did not. */
function movementOf(one: JudgedPair, side: Side, judged: Judged, again: SecondRun, sides: Sides): Moved | null {
  let worst: Moved | null = null;
  for (const { id } of sides.cases) {
    const movement = again.movement(one, side, "local", id);
    if (movement === null || movement.identical) continue;
    const isRandom = isBeyondRounding(movement, judged.floors.get(one.pair.candidate)?.get(id) ?? null);
    const size = (metrics: Metrics) =>
      metrics.nonFiniteMismatch === null ? metrics.relativeL2 : Number.POSITIVE_INFINITY;
    if (worst === null || size(movement) > size(worst.movement)) worst = { one, side, case: id, movement, isRandom };
  }
  return worst;
}

/** The pair and side on which the verdict turns, when it turns on chance alone. */
function findFlaky(
  judged: Judged,
  open: readonly JudgedPair[],
  moved: readonly Moved[],
  again: SecondRun,
): Moved | null {
  if (open.length === 0) return moved.find((one) => one.isRandom) ?? null;
  const found = open.map((one) => underSelfNoise(one, judged, again));
  // One difference that is more than chance is enough for a verdict.
  return found.every((one) => one !== null) ? (found[0] ?? null) : null;
}

function underSelfNoise(one: JudgedPair, judged: Judged, again: SecondRun): Moved | null {
  const { decidedBy } = one;
  if (decidedBy === null) return null;
  const how = one.local.includes(decidedBy) ? "local" : "accumulated";
  const floor = judged.floors.get(one.pair.candidate)?.get(decidedBy.case) ?? null;
  for (const side of SIDES) {
    const movement = again.movement(one, side, how, decidedBy.case);
    if (movement !== null && isUnderSelfNoise(decidedBy.metrics, movement, floor))
      return { one, side, case: decidedBy.case, movement, isRandom: true };
  }
  return null;
}

/** Nobody can keep a tolerance that a side does not keep with itself. */
function checkTolerances(
  judged: Judged,
  again: SecondRun,
  sides: Sides,
  counts: (movement: Metrics) => boolean = () => true,
): void {
  for (const one of judged.pairs) {
    const { tolerance } = one.judgement;
    if (tolerance.rule !== "explicit") continue;
    const { atol, rtol } = tolerance;
    for (const side of SIDES) {
      for (const { id } of sides.cases) {
        const movement = again.movement(one, side, "accumulated", id, { atol, rtol });
        if (movement === null || (movement.overTolerance?.count ?? 0) === 0 || !counts(movement)) continue;
        const noise = formatExponent(movement.maxAbs?.value ?? Number.POSITIVE_INFINITY);
        throw new ParityError(
          "CONFIG_INVALID",
          `The tolerance of ${one.pair.id} is under the self-noise of the ${side}: two runs of it on the same inputs (case ${id}) differ there by up to ${noise} (rms ${formatExponent(movement.rms)}), and atol ${atol} + rtol ${rtol} allows less.`,
          {
            where: { key: tolerance.from },
            hint: `Set a larger tolerance there, leave it to "auto", or make the ${side} repeat itself.`,
          },
        );
      }
    }
  }
}

async function describeSide(
  side: Side,
  moved: readonly Moved[],
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  scratch: string,
): Promise<SideDeterminism> {
  const own = moved.filter((one) => one.side === side);
  const first = own.find((one) => one.isRandom);
  if (first === undefined) return { repeats: own.length === 0, first: null, what: null };
  return {
    repeats: false,
    first: first.one.pair.id,
    what: await nameRandomness(side, first.one, first.case, sides, two, judged, scratch),
  };
}

function describeFlaky({ one, side, movement, case: id }: Moved, determinism: Determinism): string {
  const { what } = determinism[side];
  const error =
    one.decidedBy === null || one.judgement.verdict !== "mismatch"
      ? ""
      : `, and the error there is ${formatExponent(one.decidedBy.metrics.rms)}`;
  return `the ${side} does not repeat itself: two runs on the same inputs differ at ${one.pair.id} by ${formatExponent(movement.rms)} (rms, case ${id})${error}${what === null ? "" : `; ${what}`}`;
}
