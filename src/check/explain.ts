import type { Pair } from "../align/types.js";
import type { Situation } from "../diagnose/situation.js";
import type { Finding } from "../diagnose/types.js";
import type { Edit } from "../runners/edits.js";
import { PrecisionUnsupported } from "../runners/wire.js";
import type { TwoSides } from "./compare-pairs.js";
import { makeReplacements } from "./forced-run.js";
import { Investigation } from "./investigation.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Judged } from "./judge-pairs.js";
import { openLaboratory } from "./laboratory.js";
import { type AfterRepairs, proveRepairs } from "./prove-repairs.js";
import type { Sides } from "./run-sides.js";

export interface Explained {
  readonly findings: readonly Finding[];
  readonly afterRepairs: AfterRepairs | null;
  /** Edits of all confirmed findings. */
  readonly edits: readonly Edit[];
  /** What was seen of layers that nothing explains, by pair. */
  readonly situations: ReadonlyMap<string, Situation>;
  /**
   * Reference taps that repaired layers turned out to be, by candidate tap: the pairs were wrong, nothing else was looked
   * into, and the search begins anew with the right ones. Empty when all pairs stood.
   */
  readonly partners: ReadonlyMap<string, string>;
}

/** Nothing differs, or nothing was looked for yet. */
export const UNEXPLAINED: Explained = {
  findings: [],
  afterRepairs: null,
  edits: [],
  situations: new Map(),
  partners: new Map(),
};

/** The scan goes on behind every repair; so often at most. */
const MAX_ROUNDS = 12;
/**
 * Looks for the cause of every layer that differs: proposes causes from the weights and from what both sides compute there,
 * tries each on the original's own tensors, believes only what repairs the layer in every case, and goes on with the repaired
 * model until everything agrees or nothing more can be confirmed.
 *
 * @param mayRestart the caller can pair anew and begin again
 * @param concerns which pairs are looked into; that others differ is known all the same
 */
export async function explain(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  scratch: string,
  mayRestart: boolean,
  concerns: (pair: Pair) => boolean = () => true,
): Promise<Explained> {
  const failing = judged.pairs.filter((one) => one.judgement.verdict === "mismatch" && concerns(one.pair));
  if (failing.length === 0) return UNEXPLAINED;
  const replace = makeReplacements(
    judged.pairs.map((one) => one.pair),
    sides,
    two.reference,
  );
  const laboratory = openLaboratory(sides, two, judged, replace, scratch);
  const investigation = new Investigation(sides, two, judged, laboratory, concerns);
  try {
    for (let round = 0; round < MAX_ROUNDS && investigation.goesOn(); round++) {
      await investigation.advance();
      if (mayRestart && laboratory.partners.size > 0) return { ...UNEXPLAINED, partners: laboratory.partners };
    }
    const findings = investigation.findings();
    const edits = investigation.standing;
    const allExplained = findings.every((finding) => finding.status === "confirmed");
    return {
      findings,
      edits,
      partners: new Map(),
      situations: investigation.situations,
      afterRepairs: await proveRepairs(sides, two, judged.pairs, edits, allExplained, scratch).catch(
        (error: unknown) => {
          // Each repair is proved at its layer; a candidate that refuses one more run does not take that away.
          if (!isUserFailure(error) && !(error instanceof PrecisionUnsupported)) throw error;
          return null;
        },
      ),
    };
  } finally {
    investigation.close();
  }
}
