import type { WaiverConfig } from "../../config/types.js";
import { matchesGlob } from "../glob.js";
import { matchesEitherName } from "../most-specific.js";
import { listSome } from "./list-some.js";
import type { GateCheck, GateFacts, GatePair, GateWaiver } from "./types.js";

/** In its last days a waiver says so, while there is still time to do something. */
const SOON_DAYS = 14;

type Waiver = Readonly<WaiverConfig>;

/**
 * What each waiver covers. One by tap covers the mismatches of taps that it names. One by cause or parameter covers those
 * that findings name, and only where every finding of the pair is covered by some waiver that holds: a second fault in the
 * same layer is not accepted along with the first.
 */
export function matchWaivers(waivers: readonly Waiver[], facts: GateFacts, today: string): GateWaiver[] {
  const wrong = facts.pairs.filter((pair) => pair.verdict === "mismatch");
  const fitting = new Map(waivers.map((one) => [one, wrong.filter((pair) => fitsPair(one, pair, facts))]));
  // ISO days are ordered as texts are. The day itself still counts.
  const isExpired = (waiver: Waiver): boolean => today > waiver.expires;
  const isOver = (waiver: Waiver): boolean => (fitting.get(waiver) ?? []).some((pair) => exceeds(waiver, pair));
  const holding = waivers.filter((one) => !isExpired(one) && !isOver(one));
  return waivers.map((waiver) => {
    const { tap, cause, parameter, reason, owner, expires, maxError } = waiver;
    const fits = fitting.get(waiver) ?? [];
    const covered = fits.filter((pair) => isCovered(pair, holding, facts));
    const state =
      fits.length === 0
        ? "unused"
        : isExpired(waiver)
          ? "expired"
          : isOver(waiver)
            ? "over"
            : covered.length === 0
              ? "insufficient"
              : "active";
    return {
      tap: tap ?? null,
      cause: cause ?? null,
      parameter: parameter ?? null,
      reason,
      owner,
      expires,
      maxError: maxError ?? null,
      state,
      pairs: (state === "active" ? covered : fits).map((pair) => pair.id),
    };
  });
}

/** Pairs whose mismatch is accepted. */
export function waivedPairs(waivers: readonly GateWaiver[]): Set<string> {
  return new Set(waivers.filter((one) => one.state === "active").flatMap((one) => one.pairs));
}

/**
 * What is to be said of the waivers themselves.
 *
 * @param harmless pairs that need no waiver: their level is `warn` or `off`
 */
export function checkWaivers(
  waivers: readonly GateWaiver[],
  today: string,
  harmless: ReadonlySet<string>,
): GateCheck[] {
  const safe = new Set([...waivedPairs(waivers), ...harmless]);
  return waivers.map((waiver) => {
    const bare = waiver.pairs.some((pair) => !safe.has(pair));
    return { id: "waivers", pair: null, ...sayOf(waiver, bare, today) };
  });
}

/** @param bare whether something that the waiver fits is covered by nothing else */
function sayOf(waiver: GateWaiver, bare: boolean, today: string): Pick<GateCheck, "outcome" | "message" | "hint"> {
  const { pairs, expires } = waiver;
  const name = `${describeWaiver(waiver)} (${waiver.owner}: ${waiver.reason})`;
  switch (waiver.state) {
    case "active":
      return {
        outcome: daysLeft(expires, today) <= SOON_DAYS ? "warn" : "pass",
        message: `${listSome(pairs)} waived by ${name}, until ${expires}${soon(expires, today)}`,
        hint: "Remove it from waivers once the fault is mended.",
      };
    case "unused":
      return {
        outcome: "warn",
        message: `the waiver ${name} fits no mismatch${today > expires ? ` and expired on ${expires}` : ""}`,
        hint: "Remove it from waivers.",
      };
    case "insufficient":
      return {
        outcome: "warn",
        message: `the waiver ${name} does not do for ${listSome(pairs)}: another fault shows there as well`,
        hint: "Mend the other fault.",
      };
    case "expired":
      return {
        outcome: bare ? "fail" : "warn",
        message: `the waiver ${name} expired on ${expires}; it covered ${listSome(pairs)}`,
        hint: "Mend the fault, or agree on another day and set expires.",
      };
    case "over":
      return {
        outcome: bare ? "fail" : "warn",
        message: `the waiver ${name} allows a relative error of ${waiver.maxError ?? 0}; more is seen among ${listSome(pairs)}`,
        hint: "It got worse since the waiver was made: look at it again, or raise maxError.",
      };
  }
}

/** `tap h.*.mlp`, `cause norm-epsilon, tap h.0.**`. */
export function describeWaiver({ tap, cause, parameter }: Pick<GateWaiver, "tap" | "cause" | "parameter">): string {
  const parts = [
    ...(cause === null ? [] : [`cause ${cause}`]),
    ...(tap === null ? [] : [`tap ${tap}`]),
    ...(parameter === null ? [] : [`parameter ${parameter}`]),
  ];
  return parts.join(", ");
}

function fitsPair(waiver: Waiver, pair: GatePair, facts: GateFacts): boolean {
  if (waiver.tap !== undefined && !matchesEitherName(waiver.tap, pair)) return false;
  return isByTapAlone(waiver) || findingsOf(pair, facts).some((finding) => fitsFinding(waiver, finding));
}

function isCovered(pair: GatePair, holding: readonly Waiver[], facts: GateFacts): boolean {
  const fitting = holding.filter((one) => fitsPair(one, pair, facts));
  if (fitting.some(isByTapAlone)) return true;
  const findings = findingsOf(pair, facts);
  return findings.length > 0 && findings.every((finding) => fitting.some((one) => fitsFinding(one, finding)));
}

function isByTapAlone({ cause, parameter }: Waiver): boolean {
  return cause === undefined && parameter === undefined;
}

function findingsOf(pair: GatePair, facts: GateFacts): GateFacts["findings"] {
  return facts.findings.filter((finding) => finding.pairs.includes(pair.id));
}

function fitsFinding({ cause, parameter }: Waiver, finding: GateFacts["findings"][number]): boolean {
  return (
    (cause === undefined || cause === finding.cause) &&
    (parameter === undefined || finding.parameters.some((name) => matchesGlob(parameter, name)))
  );
}

/** NaN on one side only is more than any limit. */
function exceeds({ maxError }: Waiver, { error }: GatePair): boolean {
  return maxError !== undefined && !((error ?? Number.POSITIVE_INFINITY) <= maxError);
}

function daysLeft(expires: string, today: string): number {
  return Math.round((Date.parse(`${expires}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86_400_000);
}

function soon(expires: string, today: string): string {
  const days = daysLeft(expires, today);
  if (days > SOON_DAYS) return "";
  return days === 0 ? ", which is today" : `, in ${days} day${days === 1 ? "" : "s"}`;
}
