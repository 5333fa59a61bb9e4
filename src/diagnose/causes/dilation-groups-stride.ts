import type { Expression, TracedOp } from "../../runners/edits.js";
import { call, original } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { referFromAnywhere } from "../layer/refer.js";
import { addKeyword, rule, setKeyword } from "../layer/rewriting.js";
import { readWindowCall, showSizes } from "../layer/window.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, patternsOf, producerOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";

/** What the call is given before it was padded; null where no call pads it. */
function beforePadding(situation: Situation, op: TracedOp): Expression | null {
  const maker = producerOf(situation, tensorsIn(op)[0] ?? "");
  const input = maker?.key.name === "pad" ? tensorsIn(maker)[0] : undefined;
  return input === undefined ? null : referFromAnywhere(situation, input, op);
}

/** Stride or dilation of a convolution or pooling is not the original's. */
export const seeDilationGroupsStride: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
    const window = readWindowCall(situation, op);
    if (window === null) return [];
    const isPool = window.kind === "max-pool" || window.kind === "average-pool";
    const wanted = isPool
      ? patternsOf(situation, "pool").map((one) => ({
          stride: one.strides,
          dilation: window.dilation,
          kernel: one.size,
          node: one.nodes[0],
        }))
      : patternsOf(situation, "convolution").map((one) => ({
          stride: one.strides,
          dilation: one.dilations,
          kernel: window.kernel,
          node: one.nodes[0],
        }));
    const at = writtenAt(situation, op);
    const fits = (list: readonly number[]): readonly number[] => list.slice(-window.axes);
    return wanted.flatMap((one) => {
      const changes: [string, string, readonly number[], readonly number[]][] = [
        ["stride", "stride", window.stride, fits(one.stride)],
        ["dilation", "dilation", window.dilation, fits(one.dilation)],
        ...(isPool
          ? ([["kernel_size", "size", window.kernel, fits(one.kernel)]] as [
              string,
              string,
              readonly number[],
              readonly number[],
            ][])
          : []),
      ];
      const wrong = changes.filter(
        ([, , own, theirs]) => theirs.length === own.length && own.some((size, i) => size !== theirs[i]),
      );
      if (wrong.length === 0) return [];
      // With a dilation its own padding goes: the two are one decision.
      const dilated = wrong.find(([name]) => name === "dilation");
      const reach = (dilation: readonly number[]): number[] =>
        window.kernel.map((size, i) => ((size - 1) * (dilation[i] ?? 1)) / 2);
      const padding =
        dilated !== undefined && window.padding?.every((pad, i) => pad === reach(window.dilation)[i])
          ? reach(dilated[3])
          : null;
      const values = Object.fromEntries(wrong.map(([name, , , theirs]) => [argumentKey(op, name), [...theirs]]));
      const variants: Readonly<Record<string, Expression>>[] =
        padding === null ? [values] : [{ ...values, [argumentKey(op, "padding")]: padding }, values];
      const unpadded = isPool ? null : beforePadding(situation, op);
      // Padding that a call of its own makes is made for the old reach: TensorFlow's for the new one stands in its place.
      if (unpadded !== null) {
        const [stride, dilation] = [fits(one.stride), fits(one.dilation)].map((list) => [...list]);
        variants.push({
          ...values,
          "0": call("parity.pad_same", unpadded, [...window.kernel], stride ?? [], dilation ?? []),
        });
      }
      const said = wrong
        .map(([, word, own, theirs]) => `${word} ${showSizes(theirs)} where the port has ${showSizes(own)}`)
        .join(", ");
      return variants.map((changed) =>
        propose(situation, {
          cause: "dilation-groups-stride",
          message: `the original has ${said} (${nameOf(at, op)})`,
          evidence: one.node === undefined ? [] : [`read from ${one.node}`],
          edits: editsOf(op, original(changed)),
          change: wrong.map(([name, , , theirs]) => `${name}=${showSizes(theirs)}`).join(", "),
          fix: wrong.map(([name, , , theirs]) => `${name}=${showSizes(theirs)}`).join(", "),
          prior: 0.9,
          source: at.source,
          rewrite: rule(
            at.source,
            ...wrong
              .slice(0, 1)
              .flatMap(([name, , , theirs]) => [
                setKeyword(name, showSizes(theirs)),
                ...addKeyword("Conv\\dd|conv\\dd", name, showSizes(theirs)),
              ]),
          ),
        }),
      );
    });
  });
