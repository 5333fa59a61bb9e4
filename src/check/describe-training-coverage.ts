import type { ModuleDescription } from "../runners/candidate.js";
import { listNames } from "./list-names.js";

const BATCH_NORM = /batch_?norm/i;
/** Dropout of elements, channels, paths. */
const DROPOUT = /drop_?(?:out|path)|stochastic_?depth/i;

/** Settings of a port that act in training only: no forward pass in inference mode can tell whether they are right. */
export function describeTrainingCoverage(
  modules: readonly Pick<ModuleDescription, "path" | "class" | "training">[],
): string[] {
  const named = (pattern: RegExp): string[] =>
    modules
      .filter((module) => pattern.test(module.class) && !module.training)
      .map((module) => module.path || "the model");
  const norms = named(BATCH_NORM);
  const dropouts = named(DROPOUT);
  const count = (names: readonly string[], one: string): string =>
    `${names.length} ${one}${names.length === 1 ? "" : "s"} (${listNames(names)})`;
  return [
    ...(norms.length === 0
      ? []
      : [
          `momentum and the updating of statistics in ${count(norms, "batch norm")}: inference reads the stored statistics only`,
        ]),
    ...(dropouts.length === 0 ? [] : [`rates in ${count(dropouts, "dropout")}: dropout does nothing in inference`]),
    "training: losses, gradients and optimisers are not observable in a forward pass",
  ];
}
