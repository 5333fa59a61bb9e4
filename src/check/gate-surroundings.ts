import { nearestWord } from "../config/nearest.js";
import type { ResolvedGate } from "../config/resolved.js";
import { CAUSE_IDS } from "../diagnose/cause-ids.js";
import { ParityError } from "../errors.js";
import type { GateSurroundings } from "../judge/gate/types.js";
import { readBaseline } from "./baseline-file.js";

/**
 * What the gate depends on outside the check: the day, whether this is CI, the kept baseline. Asked before anything runs, so that
 * a broken baseline or a cause that does not exist costs no time. Throws CONFIG_INVALID and FORMAT_INVALID.
 */
export async function gateSurroundings(policy: ResolvedGate, now: Date = new Date()): Promise<GateSurroundings> {
  checkCauses(policy);
  const { baseline } = policy;
  return {
    today: now.toISOString().slice(0, 10),
    ci: isCi(process.env.CI),
    baseline: baseline === null ? null : await readBaseline(baseline.file, baseline.shown),
  };
}

/** Every CI service that is known sets CI; those who mean no say so. */
function isCi(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false", "no"].includes(value.toLowerCase());
}

function checkCauses({ waivers }: ResolvedGate): void {
  waivers.forEach(({ cause }, at) => {
    if (cause === undefined || CAUSE_IDS.some((id) => id === cause)) return;
    const nearest = nearestWord(cause, CAUSE_IDS);
    throw new ParityError("CONFIG_INVALID", `waivers: there is no cause "${cause}".`, {
      where: { key: `waivers.${at}.cause` },
      hint: nearest === null ? "`parity causes` lists them." : `Did you mean "${nearest}"?`,
    });
  });
}
