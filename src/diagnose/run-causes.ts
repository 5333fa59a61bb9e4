import type { SourcePlace } from "../recording/types.js";
import type { Hypothesis } from "./types.js";

interface RunModule {
  readonly path: string;
  readonly class: string;
  readonly training: boolean;
  readonly source: SourcePlace | null;
}

/** Classes that compute something else in training mode; a layer norm does not. */
const DIFFERS_IN_TRAINING = /dropout|batch_?norm/i;
/** So many modules are named. */
const NAMED = 5;

/** Causes that concern the run as a whole: the candidate was left in training mode. */
export function proposeRunCauses(modules: readonly RunModule[], failing: readonly string[]): Hypothesis[] {
  const concerned = modules.filter((module) => module.training && DIFFERS_IN_TRAINING.test(module.class));
  if (concerned.length === 0 || failing.length === 0) return [];
  const acting = failing.filter((pair) => concerned.some((module) => actsOn(module.path, pair)));
  if (acting.length === 0) return [];
  const paths = concerned.map((module) => module.path || "the model itself");
  const shown = `${paths.slice(0, NAMED).join(", ")}${paths.length > NAMED ? `, and ${paths.length - NAMED} more modules` : ""}`;
  return [
    {
      cause: "training-mode",
      pairs: acting,
      parameters: [],
      source: null,
      message: `the port is in training mode: dropout is active and batch norms use the batch's own statistics in ${shown}`,
      evidence: [`${concerned.length} of its modules compute something else in training mode`],
      repairs: concerned.map((module) => ({
        kind: "edit",
        edit: { kind: "attribute", module: module.path, attribute: "training", value: false },
      })),
      change: "model.eval()",
      fix: "model.eval()  # before the model is returned",
      prior: 0.95,
    },
  ];
}

/** Whether what a module does can show in a pair: the one holds the other, or both stand in the same module. */
function actsOn(acting: string, pair: string): boolean {
  const shown = pair.replace(/[@[].*$/, "").replace(/^\(output\)$/, "");
  const around = acting.slice(0, Math.max(0, acting.lastIndexOf(".")));
  const holds = (outer: string, inner: string): boolean =>
    outer === "" || outer === inner || inner.startsWith(`${outer}.`);
  return holds(around, shown) || holds(shown, acting);
}
