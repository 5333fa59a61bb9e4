import { ParityError } from "../errors.js";
import { matchesGlob } from "../judge/glob.js";
import type { GraphTap } from "../tensorflow/taps.js";

/** The taps that match one of the globs, by name or by the scope that made them, and all outputs. Null chooses all. */
export function chooseTaps(taps: readonly GraphTap[], globs: readonly string[] | null): readonly GraphTap[] {
  if (globs === null) return taps;
  const matches = (glob: string, tap: GraphTap): boolean => matchesGlob(glob, tap.id) || matchesGlob(glob, tap.path);
  const idle = globs.find((glob) => !taps.some((tap) => matches(glob, tap)));
  if (idle !== undefined) {
    throw new ParityError("USAGE", `--taps ${idle} matches no tap of the original.`, {
      where: { key: "--taps" },
      hint: `Names are such as ${taps
        .slice(0, 3)
        .map((tap) => tap.id)
        .join(", ")}; * stays within one part of a name, ** crosses parts.`,
    });
  }
  return taps.filter((tap) => tap.isOutput || globs.some((glob) => matches(glob, tap)));
}
