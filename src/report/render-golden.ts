import type { GoldenManifest } from "../runners/golden/manifest.js";
import { formatBytes } from "./format-bytes.js";
import { formatCount } from "./format-number.js";
import { printable } from "./printable.js";
import { padLeft, padRight, shortenMiddle, widthOf, wrapText } from "./terminal/fit-text.js";
import { createPaint } from "./terminal/paint.js";

/** What was written, as a table: file, what it holds, size; the total; what was left out and why. A newline at the end. */
export function renderGolden(
  path: string,
  manifest: GoldenManifest,
  options: { readonly color: boolean; readonly width: number },
): string {
  const paint = createPaint(options.color);
  const rows = Object.entries(manifest.files).map(
    ([file, { bytes }]) => [file, describeFile(file, manifest), formatBytes(bytes)] as const,
  );
  const total = Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
  const names = Math.max(...rows.map(([file]) => widthOf(file)));
  const sizes = Math.max(...rows.map(([, , size]) => widthOf(size)));
  const room = Math.max(16, options.width - names - sizes - 8);
  const { tensorflow } = manifest.runtimes;
  const head = `${printable(path)} · ${formatCount(manifest.cases.length, "case")} · ${formatCount(Object.keys(manifest.recorded).length, "tensor")} · ${formatBytes(total)}`;
  const from = `from ${printable(manifest.reference.path)}${tensorflow === undefined ? "" : ` with tensorflow ${tensorflow}`}`;
  return [
    paint.strong(`${paint.good("✓")} recorded ${head}`),
    paint.quiet(`  ${from}`),
    "",
    ...rows.map(([file, what, size]) => {
      const text = shortenMiddle(what, room);
      return `  ${padRight(file, names)}  ${padLeft(size, sizes)}  ${paint.quiet(text)}`;
    }),
    ...(manifest.leftOut.length === 0 ? [] : [""]),
    ...manifest.leftOut.flatMap((text) => wrapText(`left out  ${printable(text)}`, options.width, 2)),
    "",
  ].join("\n");
}

function describeFile(file: string, manifest: GoldenManifest): string {
  const id = /(?:^|\/)([^/]+)\.safetensors$/.exec(file)?.[1] ?? "";
  const one = manifest.cases.find((known) => known.id === id);
  if (file === "graph.meta") return "the graph";
  if (file === "inputs.safetensors") return `the inputs of ${formatCount(manifest.cases.length, "case")}`;
  if (file === "variables.safetensors") return formatCount(manifest.variables.length, "variable");
  const label = printable(one?.label ?? id);
  if (file.startsWith("inner/"))
    return `${formatCount(Object.keys(one?.inner ?? {}).length, "inner tensor")} of ${id}, for the diagnosis`;
  if (file.startsWith("float64/")) return `${id} in float64`;
  const form = manifest.storage === "sketch" ? "as sketches" : `in ${manifest.storage}`;
  const narrow = manifest.storage !== "float32" && one?.inner === null ? `, hidden states ${form}` : "";
  return `${label}${narrow}`;
}
