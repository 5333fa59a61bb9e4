import type { Expression } from "../../runners/edits.js";
import { argument, call, negativeInfinity, original } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { readWindowCall, showSizes, type WindowCall } from "../layer/window.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, patternsOf, plainValue } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/**
 * Padding of a pooling: TensorFlow's padded elements never win a maximum and never count in an average, and SAME puts the odd
 * one at the end; F.pad with zeros, `count_include_pad` (PyTorch's default) and `ceil_mode` do otherwise.
 */
export const seePoolPadding: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
    const window = readWindowCall(situation, op);
    if (window === null || (window.kind !== "max-pool" && window.kind !== "average-pool")) return [];
    const type = window.kind === "max-pool" ? "max" : "average";
    const wanted = patternsOf(situation, "pool").filter((one) => one.type === type);
    const same = wanted.some((one) => one.padding === "SAME");
    const valid = wanted.some((one) => one.padding === "VALID");
    return [
      ...(same || wanted.length === 0 ? [samePooling(situation, window, same ? 0.9 : 0.3)] : []),
      ...(valid ? [plainPooling(situation, window)] : []),
      ...flags(situation, window),
    ];
  });

function samePooling(situation: Situation, window: WindowCall, prior: number): Hypothesis {
  const { op, padded, kind } = window;
  const form = kind === "max-pool" ? "parity.max_pool_same" : "parity.avg_pool_same";
  const value = (input: Expression): Expression => call(form, input, [...window.kernel], [...window.stride]);
  const at = writtenAt(situation, padded ?? op);
  const what =
    kind === "max-pool" ? "padded elements never win the maximum" : "padded elements do not count in the average";
  // The padding before the call is taken back by giving its input on.
  const edits =
    padded === null
      ? editsOf(op, value(argument(0)))
      : [...editsOf(padded, argument(0)), ...editsOf(op, value(argument(0)))];
  return propose(situation, {
    cause: "pool-padding",
    message: `the original pools ${showSizes(window.kernel)} at stride ${showSizes(window.stride)} with padding SAME: ${what} and the odd one lies at the end; the port's padding is another (${nameOf(at, padded ?? op)})`,
    evidence: prior >= 0.9 ? ["the original's pooling has padding SAME"] : [],
    edits,
    change: "pooled with TensorFlow's SAME padding",
    fix: fixFor(window),
    prior,
    source: at.source,
  });
}

function fixFor(window: WindowCall): string {
  const [k, s] = [window.kernel[0] ?? 1, window.stride[0] ?? 1];
  const size = `total = max((-(-size // ${s}) - 1) * ${s} + ${k} - size, 0); before, after = total // 2, total - total // 2`;
  return window.kind === "max-pool"
    ? `# per axis: ${size}\nx = F.max_pool2d(F.pad(x, amounts, value=-torch.inf), ${showSizes(window.kernel)}, ${showSizes(window.stride)})`
    : `# per axis: ${size}\nones = F.avg_pool2d(F.pad(torch.ones_like(x), amounts), ${showSizes(window.kernel)}, ${showSizes(window.stride)})\nx = F.avg_pool2d(F.pad(x, amounts), ${showSizes(window.kernel)}, ${showSizes(window.stride)}) / ones`;
}

function plainPooling(situation: Situation, window: WindowCall): Hypothesis {
  const { op, padded } = window;
  const at = writtenAt(situation, padded ?? op);
  const bare = original({ [argumentKey(op, "padding")]: 0, [argumentKey(op, "ceil_mode")]: false });
  return propose(situation, {
    cause: "pool-padding",
    message: `the original's pooling does not pad (VALID), the port's does or rounds its size up (${nameOf(at, padded ?? op)})`,
    evidence: ["the original's pooling has padding VALID"],
    edits: padded === null ? editsOf(op, bare) : [...editsOf(padded, argument(0)), ...editsOf(op, bare)],
    change: "padding=0, ceil_mode=False",
    fix: "padding=0, ceil_mode=False",
    prior: 0.85,
    source: at.source,
  });
}

/** Flags of the same call, and the value that stands in the padding. */
function flags(situation: Situation, window: WindowCall): Hypothesis[] {
  const { op, padded, kind } = window;
  const at = writtenAt(situation, op);
  const found: Hypothesis[] = [];
  const offer = (name: string, value: boolean, message: string): void => {
    found.push(
      propose(situation, {
        cause: "pool-padding",
        message: `${message} (${nameOf(at, op)})`,
        edits: editsOf(op, original({ [argumentKey(op, name)]: value })),
        change: `${name}=${value ? "True" : "False"}`,
        fix: `${name}=${value ? "True" : "False"}`,
        prior: 0.7,
        source: at.source,
      }),
    );
  };
  if (kind === "average-pool" && plainValue(op, "count_include_pad") !== false)
    offer("count_include_pad", false, "the port counts padded zeros in its averages, the original does not");
  const ceil = plainValue(op, "ceil_mode") === true;
  offer("ceil_mode", !ceil, `the port ${ceil ? "rounds the size up" : "rounds the size down"}, the original does not`);
  if (kind === "max-pool" && padded !== null) {
    const where = writtenAt(situation, padded);
    found.push(
      propose(situation, {
        cause: "pool-padding",
        message: `the port pads with zeros before its maximum, where the original's padding never wins (${nameOf(where, padded)})`,
        edits: editsOf(padded, original({ [argumentKey(padded, "value")]: negativeInfinity })),
        change: "padded with −∞",
        fix: "F.pad(x, amounts, value=-torch.inf)",
        prior: 0.8,
        source: where.source,
      }),
    );
  }
  return found;
}
