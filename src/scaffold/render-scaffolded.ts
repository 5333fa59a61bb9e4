import { formatBytes } from "../report/format-bytes.js";
import { formatCount } from "../report/format-number.js";
import { printable } from "../report/printable.js";
import { createPaint } from "../report/terminal/paint.js";
import { labelled } from "../report/terminal/view.js";
import type { Scaffolded } from "./scaffold.js";

/** Bare parameters that are named; the module has all of them. */
const NAMED = 4;

/** What was written and what to do next, for the terminal. A newline at the end. */
export function renderScaffolded(
  { original, module, weights, bytes, classes, variables, parameters, layers, bare }: Scaffolded,
  { color, width }: { readonly color: boolean; readonly width: number },
): string {
  const paint = createPaint(color);
  const view = { paint, width, verbose: false };
  const held = Object.entries(layers).map(([name, count]) => `${count} ${name}`);
  const named = bare.slice(0, NAMED).join(", ") + (bare.length > NAMED ? ", …" : "");
  const sizes = `${formatCount(classes.length, "class", "classes")} · ${formatCount(variables, "variable")}, ${formatCount(parameters, "parameter")}`;
  return [
    `${paint.good("✓")} ${paint.strong(`wrote ${printable(module)}`)} · ${sizes}`,
    "",
    ...labelled(view, 2, "weights", `${weights}, ${formatBytes(bytes)}, in the original's names and order of axes`),
    ...(held.length > 0 ? labelled(view, 2, "layers", held.join(", ")) : []),
    ...(bare.length > 0
      ? labelled(view, 2, "bare", `${formatCount(bare.length, "parameter")} of no layer: ${named}`)
      : []),
    ...labelled(
      view,
      2,
      "next",
      `parity weights ${original} ${module}:build, which is green already; then each forward`,
    ),
    "",
  ].join("\n");
}
