import type { Expression } from "../../runners/edits.js";
import { argument, call, original } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { paddedSame, readWindowCall, showSizes, type WindowCall } from "../layer/window.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, patternsOf } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/**
 * TensorFlow's SAME puts the odd pixel of padding behind the map, PyTorch's `padding=` pads both ends alike: the two differ
 * where the stride is over 1 and the size even. Also a padding that is left out, or stands where the original has none.
 */
export const seePaddingSame: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
    const window = readWindowCall(situation, op);
    if (window === null || window.kind !== "convolution") return [];
    const wanted = patternsOf(situation, "convolution").filter((one) => !one.transposed);
    const same = wanted.length === 0 || wanted.some((one) => one.padding === "SAME");
    const valid = wanted.some((one) => one.padding === "VALID");
    const explicit = wanted.flatMap((one) => (typeof one.padding === "string" ? [] : [one.padding]));
    return [
      ...(same ? [samePadding(situation, window, wanted.length > 0)] : []),
      ...(valid ? [noPadding(situation, window)] : []),
      ...explicit.map((pairs) => explicitPadding(situation, window, pairs)),
    ];
  });

function samePadding(situation: Situation, window: WindowCall, known: boolean): Hypothesis {
  const { op, padded } = window;
  const at = padded === null ? writtenAt(situation, op) : writtenAt(situation, padded);
  const edits =
    padded === null
      ? editsOf(op, original({ "0": paddedSame(window, argument(0)), [argumentKey(op, "padding")]: 0 }))
      : [
          ...editsOf(padded, paddedSame(window, argument(0))),
          ...(window.padding?.some((one) => one !== 0)
            ? editsOf(op, original({ [argumentKey(op, "padding")]: 0 }))
            : []),
        ];
  return propose(situation, {
    cause: "padding-same",
    message: `the original pads SAME: for a kernel of ${showSizes(window.kernel)} at stride ${showSizes(window.stride)} the odd pixel goes to the end; the port pads ${padded === null ? `both ends by ${window.padding === null ? "its own rule" : showSizes(window.padding)}` : "by fixed amounts"} (${nameOf(at, padded ?? op)})`,
    evidence: known ? ["the original's convolution has padding SAME"] : [],
    edits,
    change: "padding computed from the input's size as TensorFlow does",
    fix: sameCode(window),
    prior: known ? 0.9 : 0.3,
    source: at.source,
  });
}

function sameCode(window: WindowCall): string {
  const [k, s, d] = [window.kernel[0] ?? 1, window.stride[0] ?? 1, window.dilation[0] ?? 1];
  return [
    "def same(size):  # TensorFlow's SAME for one axis",
    `    total = max((-(-size // ${s}) - 1) * ${s} + ${(k - 1) * d + 1} - size, 0)`,
    "    return total // 2, total - total // 2",
    window.axes === 1
      ? "x = F.pad(x, same(x.shape[-1]))  # and padding=0 in the convolution"
      : "x = F.pad(x, (*same(x.shape[-1]), *same(x.shape[-2])))  # and padding=0 in the convolution",
  ].join("\n");
}

function noPadding(situation: Situation, window: WindowCall): Hypothesis {
  const { op, padded } = window;
  const at = writtenAt(situation, padded ?? op);
  const edits =
    padded === null ? editsOf(op, original({ [argumentKey(op, "padding")]: 0 })) : editsOf(padded, argument(0));
  return propose(situation, {
    cause: "padding-same",
    message: `the original's convolution does not pad (VALID), the port does (${nameOf(at, padded ?? op)})`,
    evidence: ["the original's convolution has padding VALID"],
    edits,
    change: "no padding",
    fix: "padding=0",
    prior: 0.85,
    source: at.source,
  });
}

function explicitPadding(
  situation: Situation,
  window: WindowCall,
  pairs: readonly (readonly [number, number])[],
): Hypothesis {
  const { op, padded } = window;
  const at = writtenAt(situation, padded ?? op);
  const amounts = [...pairs].reverse().flat();
  const pad = (input: Expression): Expression => call("F.pad", input, amounts);
  return propose(situation, {
    cause: "padding-same",
    message: `the original pads by ${pairs.map(([before, after]) => `${before} and ${after}`).join(", ")}, the port does not (${nameOf(at, padded ?? op)})`,
    evidence: [],
    edits:
      padded === null
        ? editsOf(op, original({ "0": pad(argument(0)), [argumentKey(op, "padding")]: 0 }))
        : editsOf(padded, pad(argument(0))),
    change: `F.pad(x, (${amounts.join(", ")}))`,
    fix: `x = F.pad(x, (${amounts.join(", ")}))`,
    prior: 0.85,
    source: at.source,
  });
}
