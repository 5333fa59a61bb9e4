import type { CauseId } from "../cause-ids.js";
import type { CauseEntry } from "./types.js";

const ANY = { shows: "any-input", needs: null } as const;

/** Causes that concern the run as a whole, and what is left when there is none. */
export const RUN_ENTRIES = {
  "training-mode": {
    what: "the port was left in training mode",
    sees: "modules that compute something else in training (dropout, batch norm) say that they are in it",
    experiment: "they are put into inference mode",
    fix: "model.eval()  # before the model is returned",
    traps: ["a layer norm computes the same in both modes, and is not named"],
    ...ANY,
  },
  "dropout-active": {
    what: "dropout acts although the modules are in inference mode",
    sees: "F.dropout is called with training=True (its default) inside of the layer that differs",
    experiment: "the call is given training=False",
    fix: "F.dropout(x, 0.1, training=self.training)",
    traps: ["a probability of 0 hides it", "dropout_keep_prob of TensorFlow 1 is 1 − p"],
    ...ANY,
  },
  "batchnorm-momentum": {
    what: "a batch norm's momentum was copied where it should have been 1 − momentum",
    sees: "nothing: inference does not read it. A model with batch norms says so under what was not covered",
    experiment: null,
    fix: "nn.BatchNorm2d(c, momentum=1 - 0.99)",
    traps: [
      "running statistics move ten to a hundred times too fast or too slow, and evaluation changes after some training",
    ],
    shows: "never",
    needs: "it acts in training only, when the running statistics are updated",
  },
  nondeterminism: {
    what: "one side gives other results when it runs twice",
    sees: "nothing by itself: every run is drawn from the same seed. What differs from run to run shows as a difference that no experiment repairs",
    experiment: null,
    fix: "torch.use_deterministic_algorithms(True)",
    traps: ["dropout is the usual reason, and has an entry of its own"],
    ...ANY,
  },
  "tf32-or-reduced-precision": {
    what: "values go through a coarser type than float32: 16 bits by a cast or by autocast, TF32 on a GPU",
    sees: "a call in the layer casts float32 to 16 bits, or gives 16 bits although all that it is given has 32",
    experiment: "the casts are left out; under autocast the calls are given float64, which it leaves alone",
    fix: "torch.backends.cuda.matmul.allow_tf32 = False  # or without the cast, or outside of autocast",
    traps: [
      "TF32 acts on GPUs only, where about 1e-3 of every product is lost in a port that is right; the check runs on the CPU",
      "a port that is meant to run in 16 bits is compared by the bounds of 16 bits",
    ],
    ...ANY,
  },
  "input-dtype": {
    what: "the port takes its numbers for whole ones: a cast cuts the fractions off",
    sees: "a call in the layer that differs casts floating numbers to integers",
    experiment: "the cast is left out",
    fix: "x = x.float()  # where it was x.int()",
    traps: [
      "both sides are fed the same numbers (ids as int64 on the port's side): only what the port casts itself can differ",
    ],
    ...ANY,
  },
  "out-of-range-ids": {
    what: "ids beyond the end of a table",
    sees: "nothing to compare: TensorFlow and PyTorch both refuse such ids on a CPU. The check ends with their message, the length of the table and the ids that it was asked for",
    experiment: null,
    fix: "ids = ids.clamp(max=vocabulary - 1)  # as the original's preprocessing does",
    traps: ["on a GPU TensorFlow gives zeros instead of an error"],
    shows: "some-inputs",
    needs: "ids beyond the table, which generated inputs never have",
  },
  tokenizer: {
    what: "the two sides turn a text into other ids",
    sees: "nothing: texts are turned into ids once, with the vocabulary of the check, and both sides are fed these",
    experiment: null,
    fix: "tokenizer(text, add_special_tokens=False)",
    traps: ["compare the ids of both programs before you compare the models"],
    shows: "never",
    needs: "ids are the check's input: what comes before them is outside of both models",
  },
  "wrong-tap": {
    what: "two tensors were compared that are not the same quantity",
    sees: "a pair is far off and everything behind it agrees: the pair is set aside as not compared, with the reason",
    experiment: null,
    fix: 'map: { "model/h0/attn": "h.0.attn" }',
    traps: ["only outputs and what feeds them can convict a layer"],
    ...ANY,
  },
  "reference-not-restored": {
    what: "the original runs with other values than its checkpoint's",
    sees: "samples of every variable are held against the checkpoint before the first comparison; the check ends with REFERENCE_NOT_RESTORED",
    experiment: null,
    fix: "# a fault of the set-up, not of the port: report it",
    traps: ["a comparison with a freshly initialised original would call every port wrong"],
    ...ANY,
  },
  "rounding-only": {
    what: "the difference is rounding, and no fault",
    sees: "in float64 on both sides it shrinks by orders of magnitude; the pair is then within noise, and a warning names it",
    experiment: null,
    fix: "# nothing to repair",
    traps: ["a real difference keeps its size in float64"],
    ...ANY,
  },
  unexplained: {
    what: "the layer differs, and no cause of this list explains it",
    sees: "the layer differs although it was fed the original's own tensors, and no experiment brought it to the noise",
    experiment: null,
    fix: "python reports/NAME/repro-LAYER/repro.py  # the layer alone, beside the original's ops",
    traps: ["begin at the smallest call whose inputs agree and whose result does not: the finding names it"],
    ...ANY,
  },
} as const satisfies Partial<Record<CauseId, CauseEntry>>;
