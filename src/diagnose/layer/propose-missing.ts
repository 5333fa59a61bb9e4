import type { Expression } from "../../runners/edits.js";
import type { Situation } from "../situation.js";
import type { CauseId, Hypothesis } from "../types.js";
import { propose } from "./hypothesis.js";
import type { Place } from "./places.js";
import { outputOf } from "./refer.js";

/** What the original computes and the port does not. */
export interface Lacking {
  readonly cause: CauseId;
  readonly title: string;
  /** The op of the original that tells; null when it is only tried. */
  readonly node: string | null;
  readonly f: (x: Expression) => Expression;
  readonly fix: string;
  readonly prior: number;
  readonly evidence?: readonly string[];
}

/** The hypothesis that something is missing at a place. */
export function proposeMissing(situation: Situation, place: Place, lacking: Lacking): Hypothesis {
  const { title, node } = lacking;
  const op =
    place.op ??
    situation.suspects.find((one) => outputOf(one) === situation.trace.observed) ??
    situation.suspects.at(-1);
  const source = op?.source ?? situation.layer.source;
  const at = source === null ? "" : ` (${source.file}:${source.line})`;
  return propose(situation, {
    cause: lacking.cause,
    source,
    message: `the original computes ${title}${node === null ? "" : ` (${node})`}, the port does not${at}`,
    evidence: lacking.evidence ?? [],
    edits: place.edit(lacking.f),
    change: `${title} ${place.where} added`,
    fix: lacking.fix,
    prior: lacking.prior,
  });
}
