import { argument, call, self } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { refer } from "../layer/refer.js";
import { readWindowCall, showSizes } from "../layer/window.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { findArgument, patternsOf, plainValue } from "../look.js";

/** TensorFlow crops the whole result of a transposed convolution at the end, PyTorch's padding at both: one pixel of shift. */
export const seeTransposedConvPadding: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
    const window = readWindowCall(situation, op);
    if (window === null || window.kind !== "transposed") return [];
    const at = writtenAt(situation, op);
    const known = patternsOf(situation, "convolution").some((one) => one.transposed && one.padding === "SAME");
    const bias = findArgument(op, "bias");
    const biasTensor = bias !== null && "tensor" in bias.argument ? refer(situation, bias.argument.tensor, op) : null;
    const groups = plainValue(op, "groups");
    return [self, null].map((like, i) =>
      propose(situation, {
        cause: "transposed-conv-padding",
        message: `the original's transposed convolution (kernel ${showSizes(window.kernel)}, stride ${showSizes(window.stride)}, SAME) keeps the first pixels of the whole result; the port's padding crops both ends (${nameOf(at, op)})`,
        evidence: known ? ["the original's transposed convolution has padding SAME"] : [],
        edits: editsOf(
          op,
          call(
            "parity.conv_transpose_same",
            argument(0),
            argument(1),
            biasTensor,
            [...window.stride],
            like,
            [...window.dilation],
            typeof groups === "number" ? groups : 1,
          ),
        ),
        change: "the whole result, cropped as TensorFlow crops it",
        fix: [
          "whole = F.conv_transpose2d(x, weight, bias, stride)  # padding=0, output_padding=0",
          `before = max(${(window.kernel[0] ?? 1) - (window.stride[0] ?? 1)}, 0) // 2`,
          `x = whole[..., before:before + x.shape[-2] * ${window.stride[0] ?? 1}, before:before + x.shape[-1] * ${window.stride.at(-1) ?? 1}]`,
        ].join("\n"),
        prior: (known ? 0.9 : 0.4) - i * 0.05,
        source: at.source,
      }),
    );
  });
