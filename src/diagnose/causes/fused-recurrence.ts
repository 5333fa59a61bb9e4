import type { Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, editOp, self } from "../express.js";
import { findLengths } from "../layer/find-lengths.js";
import { propose } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { originalOps, suspectsNamed } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** What the call of a whole nn.LSTM or nn.GRU gets wrong: padding that is not packed, batch and time exchanged. */
export const seeFusedRecurrence: SeeCause = (situation) =>
  suspectsNamed(situation, "lstm", "gru", "rnn_tanh", "rnn_relu").flatMap((op) => [
    ...withinLengths(situation, op),
    ...batchAndTime(situation, op),
  ]);

/** Positions in the call that nn.LSTM makes (torch/nn/modules/rnn.py): input, states, weights, biases, layers, …, both ways, batch first. */
const AT = { input: 0, states: 1, weights: 2, biases: 3, layers: 4, bidirectional: 7, batchFirst: 8 };

function withinLengths(situation: Situation, op: TracedOp): Hypothesis[] {
  const lengths = findLengths(situation);
  const [reversal] = originalOps(situation, "ReverseSequence");
  if (op.key.name !== "lstm" || op.args.length <= AT.batchFirst || lengths === null || reversal === undefined)
    return [];
  const at = writtenAt(situation, op);
  const inOrder = [AT.input, AT.states, AT.weights, AT.biases, AT.layers, AT.bidirectional, AT.batchFirst];
  return [false, true].map((padsZeros) => {
    const args: Expression[] = [...inOrder.map(argument), lengths.value, padsZeros];
    return propose(situation, {
      cause: "missing-op",
      source: at.source,
      message: `the original reverses each sequence within its length (${reversal.node}), the port's backward direction begins in the padding: the sequences are not packed (${nameOf(at, op)})`,
      evidence: ["only rows that are padded differ when the lengths are not respected"],
      edits: [editOp(op, call("parity.lstm_within_lengths", ...args))],
      change: `the sequences kept within their lengths${padsZeros ? ", zeros behind them" : ""}`,
      fix: "packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)\nx = pad_packed_sequence(rnn(packed)[0], batch_first=True, total_length=x.shape[1])[0]",
      prior: 0.8,
    });
  });
}

/** The layer is given [batch, time, …] and told otherwise, or the other way round. */
function batchAndTime(situation: Situation, op: TracedOp): Hypothesis[] {
  const { layer } = situation;
  const flag = op.args[AT.batchFirst] ?? op.args.at(-1);
  if (layer.isOutput || layer.module !== op.key.module || flag === undefined || !("value" in flag)) return [];
  const at = writtenAt(situation, op);
  const isFirst = flag.value === true;
  const given = situation.modules.find((module) => module.path === layer.module)?.source ?? at.source;
  return [
    propose(situation, {
      cause: "missing-op",
      source: given,
      message: `${layer.moduleType} takes the first axis of its input for ${isFirst ? "the batch" : "time"}; the other one is (batch_first=${isFirst ? "True" : "False"}): batch and time have to be exchanged (${nameOf({ ...at, source: given }, op)})`,
      evidence: ["with batch and time exchanged before and after the layer it gives what the original gives"],
      edits: [
        { kind: "input", module: op.key.module, call: op.key.call, at: 0, value: call("torch.transpose", self, 0, 1) },
        { kind: "output", tap: layer.tap, value: call("torch.transpose", self, 0, 1) },
      ],
      change: "batch and time exchanged before and after the layer",
      fix: isFirst ? "batch_first=False" : "batch_first=True",
      prior: 0.55,
    }),
  ];
}
