import type { Expression } from "../../runners/edits.js";
import { argument, call, callWith, editOp, self } from "../express.js";
import { editOutput, propose, strongest } from "../layer/hypothesis.js";
import { referFromAnywhere } from "../layer/refer.js";
import { ONE_ARGUMENT, rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { producerOf } from "../look.js";
import { distributionAxis, isBetweenZeroAndOne, isLogDistribution } from "../residual/distribution.js";
import { relativeDistance } from "../residual/fit.js";
import type { Situation, TensorValue } from "../situation.js";
import type { Hypothesis } from "../types.js";

type Form = "probabilities" | "log probabilities" | "probabilities of a sigmoid" | "logits";

const LAST: Readonly<Record<string, Form>> = {
  softmax: "probabilities",
  log_softmax: "log probabilities",
  sigmoid: "probabilities of a sigmoid",
  logsigmoid: "log probabilities",
};

/** The layer ends in a softmax or sigmoid on one side only. */
export const seeLogitsVsProbabilities: SeeCause = (situation) =>
  strongest([...leaveOut(situation), ...leaveWritten(situation), ...add(situation)]);

/** float32 of a matrix product: what the port has on its way is what the original gives. */
const SAME = 1e-5;

/** A softmax that is written out at the end: what goes into it is what the original gives. */
function leaveWritten(situation: Situation): Hypothesis[] {
  const own = formOf(situation.candidate);
  const { observed } = situation.trace;
  if (!situation.layer.isOutput || own === "logits" || formOf(situation.reference) !== "logits") return [];
  const shape = situation.candidate.shape.join();
  return [...situation.tensors.values()].flatMap(({ id, shape: other }) => {
    if (id === observed || other.join() !== shape) return [];
    const value = situation.value(id);
    const expression = referFromAnywhere(situation, id, null);
    if (value === null || expression === null) return [];
    if (!(relativeDistance(value.data, situation.reference.data) <= SAME)) return [];
    const last = situation.suspects.at(-1);
    return [
      propose(situation, {
        cause: "logits-vs-probabilities",
        source: last?.source ?? situation.layer.source,
        message: `the original gives logits, the port ${own} of them`,
        evidence: ["the port computes the original's values on its way to its own"],
        edits: editOutput(situation, expression),
        change: `what the port has before it makes ${own} of it`,
        fix: "# give the logits as they are",
        prior: 0.9,
      }),
    ];
  });
}

function formOf(value: TensorValue): Form {
  if (distributionAxis(value) !== null) return "probabilities";
  if (isLogDistribution(value)) return "log probabilities";
  return isBetweenZeroAndOne(value) ? "probabilities of a sigmoid" : "logits";
}

/** An output of the model is where it matters; inside of a layer a softmax too many is an operation too many. */
function priorOf(situation: Situation, read: boolean): number {
  return (situation.layer.isOutput ? 0.9 : 0.62) - (read ? 0 : 0.1);
}

function leaveOut(situation: Situation): Hypothesis[] {
  const last = situation.trace.observed === null ? null : producerOf(situation, situation.trace.observed);
  const own = last === null ? undefined : LAST[last.key.name];
  if (last === null || own === undefined) return [];
  const theirs = formOf(situation.reference);
  if (theirs === own) return [];
  const at = writtenAt(situation, last);
  const forms: [Form, Expression, string][] = [
    ["logits", argument(0), "x"],
    ["probabilities", callWith("torch.softmax", [argument(0)], { dim: -1 }), "torch.softmax(x, dim=-1)"],
    ["log probabilities", callWith("torch.log_softmax", [argument(0)], { dim: -1 }), "torch.log_softmax(x, dim=-1)"],
    ["probabilities of a sigmoid", call("torch.sigmoid", argument(0)), "torch.sigmoid(x)"],
  ];
  return forms
    .filter(([form]) => form !== own)
    .map(([form, value, fix]) =>
      propose(situation, {
        cause: "logits-vs-probabilities",
        source: at.source,
        message: `the original gives ${form}, the port ${own} (${last.key.name}, ${nameOf(at, last)})`,
        evidence: [`the original's values look like ${theirs}`],
        edits: [editOp(last, value)],
        change: form === "logits" ? `${last.key.name} left out` : `${fix} instead of ${last.key.name}`,
        fix: form === "logits" ? `# without ${last.key.name}: the original gives logits` : fix,
        prior: priorOf(situation, form === theirs),
        rewrite: rule(at.source, {
          find: `(?:\\b(?:F|torch|nn|functional)\\.)*\\b${last.key.name}\\((${ONE_ARGUMENT})\\s*(?:,[^()]*)?\\)`,
          replace: form === "logits" ? "$1" : fix.replace("x", "$1"),
        }),
      }),
    );
}

function add(situation: Situation): Hypothesis[] {
  const theirs = formOf(situation.reference);
  if (theirs === "logits" || formOf(situation.candidate) === theirs) return [];
  const axis = distributionAxis(situation.reference) ?? -1;
  const written = axis === situation.reference.shape.length - 1 ? -1 : axis;
  const tried: readonly (readonly [Form, Expression, string])[] = [
    ["probabilities", callWith("torch.softmax", [self], { dim: written }), `torch.softmax(x, dim=${written})`],
    ["log probabilities", callWith("torch.log_softmax", [self], { dim: -1 }), "torch.log_softmax(x, dim=-1)"],
    ["probabilities of a sigmoid", call("torch.sigmoid", self), "torch.sigmoid(x)"],
  ];
  const last = situation.suspects.at(-1);
  return tried.map(([form, value, fix]) =>
    propose(situation, {
      cause: "logits-vs-probabilities",
      source: last?.source ?? situation.layer.source,
      message: `the original gives ${form}, the port logits`,
      evidence: [
        theirs === "probabilities"
          ? `the original's values sum to 1 along axis ${written}, the port's do not`
          : `the original's values look like ${theirs}`,
      ],
      edits: editOutput(situation, value),
      change: `${fix} of the output`,
      fix,
      prior: priorOf(situation, form === theirs),
    }),
  );
}
