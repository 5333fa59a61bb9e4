import { argument, call, self } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { rule, setKeyword } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf, plainValue } from "../look.js";

type Grid = "legacy" | "align-corners" | "half-pixel";
type Method = "nearest" | "bilinear";

const GRIDS: Readonly<Record<Grid, string>> = {
  legacy: "the grid of TensorFlow 1 (position i takes i·in/out)",
  "align-corners": "aligned corners",
  "half-pixel": "half-pixel centres",
};

/** What PyTorch writes for a method on a grid; null where it has none. */
const CODE: Readonly<Record<Method, Readonly<Record<Grid, string | null>>>> = {
  bilinear: {
    legacy: null,
    "align-corners": 'mode="bilinear", align_corners=True',
    "half-pixel": 'mode="bilinear", align_corners=False',
  },
  nearest: { legacy: 'mode="nearest"', "align-corners": null, "half-pixel": 'mode="nearest-exact"' },
};

/** Resized on another grid: legacy TensorFlow 1, aligned corners, half-pixel centres; nearest against nearest-exact. */
export const seeResizeGrid: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
    if (!/^_?(interpolate|upsample\w*)$/.test(op.key.name)) return [];
    const at = writtenAt(situation, op);
    const mode = String(plainValue(op, "mode") ?? "nearest");
    const known = patternsOf(situation, "resize");
    return (["bilinear", "nearest"] as const).flatMap((method) =>
      (["legacy", "align-corners", "half-pixel"] as const).map((grid) => {
        const seen = known.find(
          (one) =>
            one.method === method &&
            (one.alignCorners ? "align-corners" : one.halfPixelCentres ? "half-pixel" : "legacy") === grid,
        );
        const code = CODE[method][grid];
        return propose(situation, {
          cause: "resize-grid",
          message: `the original resizes ${method} on ${GRIDS[grid]}, the port by mode ${mode}${plainValue(op, "align_corners") === true ? " with aligned corners" : ""} (${nameOf(at, op)})`,
          evidence: seen === undefined ? [] : [`the original's op is ${seen.nodes[0] ?? seen.output}`],
          edits: editsOf(op, call("parity.resize", argument(0), self, method, grid)),
          change: `${method} on ${GRIDS[grid]}`,
          fix:
            code === null
              ? `# PyTorch has no such mode: take pixel i·in/out by index_select and blend, axis by axis`
              : `F.interpolate(x, size, ${code})`,
          prior: seen === undefined ? 0.3 : 0.9,
          source: at.source,
          rewrite:
            code === null || method === "bilinear" || !mode.startsWith("nearest")
              ? null
              : rule(at.source, setKeyword("mode", code.replace("mode=", ""))),
        });
      }),
    );
  });
