import type { CauseId } from "../cause-ids.js";
import type { CauseEntry } from "./types.js";

const ANY = { shows: "any-input", needs: null } as const;

/** Causes that lie in how a layer goes over space and channels, and in what operations there are. */
export const SPATIAL_ENTRIES = {
  "padding-same": {
    what: "symmetric padding where TensorFlow's SAME pads one side more",
    sees: "a strided convolution is wrong at sizes of one parity and right at the other; the output is the original's, shifted",
    experiment: "the input is padded as SAME pads it",
    fix: "x = F.pad(x, (0, 1, 0, 1)); x = conv(x)  # padding=0",
    traps: ["odd sizes hide it for a 3×3 kernel with stride 2: run even and odd ones"],
    shows: "some-inputs",
    needs: "sizes at which SAME is not symmetric",
  },
  "pool-padding": {
    what: "pooling counts its padding, pads with 0 instead of −∞, or rounds its output's size the other way",
    sees: "the inside is exact and the border wrong: 6/9 at an edge and 4/9 at a corner of an average over 3×3",
    experiment: "the pooling is computed with the original's padding",
    fix: "F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)",
    traps: ["behind a relu nothing is negative, and a maximum with 0 changes nothing"],
    shows: "some-inputs",
    needs: "windows that reach over the border; for a maximum also negative values there",
  },
  "transposed-conv-padding": {
    what: "a transposed convolution is cropped at its other end",
    sees: "the shapes agree, and the output is the original's moved by one",
    experiment: "the full output is cropped as the original crops it",
    fix: "nn.ConvTranspose2d(c, c, 3, 2)(x)[..., :height, :width]",
    traps: ["output_padding gives the right shape at the wrong place"],
    ...ANY,
  },
  "resize-grid": {
    what: "an image is resized on another grid",
    sees: "the original's attributes (align_corners, half_pixel_centers, method) are not those of the port's call",
    experiment: "the resize is computed on the original's grid",
    fix: 'F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)',
    traps: [
      "the legacy grid of TensorFlow 1 is none that F.interpolate has",
      "nearest is torch's nearest-exact in TensorFlow 2, and its nearest in TensorFlow 1",
      "constant images look right on every grid",
    ],
    ...ANY,
  },
  "flatten-order": {
    what: "channels-last is flattened in one side, channels-first in the other",
    sees: "the map before agrees, the flattened values are the same numbers in another order, the next dense layer is wrong",
    experiment: "the map is permuted before it is flattened, or the dense kernel's rows are",
    fix: "x.permute(0, 2, 3, 1).flatten(1)",
    traps: ["a map of one pixel, or of one channel, flattens alike"],
    ...ANY,
  },
  "channel-order": {
    what: "channels are in another order: BGR for RGB",
    sees: "the first convolution agrees with its input channels permuted",
    experiment: "the input's channels are permuted",
    fix: "x = x.flip(1)",
    traps: ["grey images are the same in every order"],
    shows: "some-inputs",
    needs: "channels that differ",
  },
  "input-normalisation": {
    what: "inputs are shifted or scaled inside of one model and not inside of the other",
    sees: "the first tensors differ by one factor and one shift per channel",
    experiment: "the shift and the factor are applied",
    fix: "x = x / 127.5 - 1",
    traps: ["both sides are fed the same numbers: what is done outside of both models is not seen"],
    ...ANY,
  },
  "dilation-groups-stride": {
    what: "a convolution has another dilation, stride or number of groups",
    sees: "the original's attributes are not the module's",
    experiment: "the convolution is computed with the original's attributes",
    fix: "nn.Conv2d(c, c, 3, dilation=2, padding=2)",
    traps: ["the shapes can agree all the same, by another padding"],
    ...ANY,
  },
  "missing-op": {
    what: "the original does something there that the port does not",
    sees: "an op of the original has no counterpart, and applying it to the port's tensor gives the original's",
    experiment: "the op is applied",
    fix: "x = torch.tanh(x)",
    traps: ["one fault can hide another: a missing op may only show once the layer before it is right"],
    ...ANY,
  },
  "extra-op": {
    what: "the port does something there that the original does not",
    sees: "a call of the port has no counterpart, and what it was given is what the original has",
    experiment: "the call is skipped",
    fix: "# remove the line",
    traps: ["an extra relu changes nothing where nothing is negative"],
    ...ANY,
  },
} as const satisfies Partial<Record<CauseId, CauseEntry>>;
