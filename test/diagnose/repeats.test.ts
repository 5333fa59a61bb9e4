import { describe, expect, it } from "vitest";
import { findRecurring, repeatEverywhere } from "../../src/diagnose/repeats.js";
import type { Hypothesis } from "../../src/diagnose/types.js";
import type { Edit, TracedOp } from "../../src/runners/edits.js";
import { situationOf, tensor } from "./situations.js";

/** Calls of one module: [name, line], in order, the first at index `start`. */
function calls(body: readonly (readonly [string, number])[], start = 0, chained = true): TracedOp[] {
  return body.map(([name, line], i) => ({
    key: { module: "cell", call: 1, index: start + i, name },
    qualname: `torch.${name}`,
    moduleType: "Cell",
    names: [],
    // Each reads what the one before it gave: the state goes from step to step.
    args: chained && i > 0 ? [{ tensor: `t${start + i - 1}` }] : [],
    kwargs: {},
    outputs: [`t${start + i}`],
    source: { file: "port.py", line },
  }));
}

const STEP = [
  ["getitem", 20],
  ["matmul", 30],
  ["sigmoid", 31],
  ["sigmoid", 31],
  ["mul", 32],
] as const;

function loop(steps: number): TracedOp[] {
  const body = Array.from({ length: steps }, () => STEP).flat();
  return calls([["zeros", 18], ...body, ["stack", 23]]);
}

function situationWith(ops: readonly TracedOp[]) {
  const value = tensor([1], [0]);
  const step = { name: "abs", args: ["x"], output: "y", value };
  const scene = situationOf({ given: { x: value }, steps: [step], reference: value });
  return { ...scene, ops, suspects: ops };
}

function hypothesis(...edits: readonly Edit[]): Hypothesis {
  return {
    cause: "activation-function",
    pairs: ["cell"],
    parameters: [],
    source: null,
    message: "",
    evidence: [],
    repairs: edits.map((edit) => ({ kind: "edit", edit })),
    change: "changed",
    fix: "",
    prior: 0.5,
  };
}

const editsOf = (one: Hypothesis | undefined): Edit[] =>
  (one?.repairs ?? []).flatMap((repair) => (repair.kind === "edit" ? [repair.edit] : []));

it("a helper that is called for query, key and value is no loop: none of its calls waits for the one before", () => {
  const split = [
    ["reshape", 86],
    ["permute", 86],
  ] as const;
  expect(findRecurring(calls([...split, ...split, ...split], 0, false)).size).toBe(0);
  expect(findRecurring(calls([...split, ...split, ...split])).size).toBe(6);
});

describe("a cell whose loop is unrolled in the trace", () => {
  it("is changed in every step by one edit, so that a sequence of any length is repaired", () => {
    const ops = loop(4);
    const matmul = ops[2] as TracedOp;
    const [everywhere, ...others] = repeatEverywhere(
      hypothesis({ kind: "op", op: matmul.key, value: { $: "self" } }),
      situationWith(ops),
    );
    expect(others).toEqual([]);
    expect(editsOf(everywhere)).toEqual([
      { kind: "op", op: { ...matmul.key, step: { index: 5, call: 0 } }, value: { $: "self" } },
    ]);
  });

  it("is also changed in all calls of a line that makes several in one step", () => {
    const ops = loop(3);
    const gate = ops[3] as TracedOp;
    const [one, all] = repeatEverywhere(
      hypothesis({ kind: "op", op: gate.key, value: { $: "self" } }),
      situationWith(ops),
    );
    expect(editsOf(one).map((edit) => edit.kind === "op" && edit.op.index)).toEqual([3]);
    expect(editsOf(all).map((edit) => edit.kind === "op" && edit.op.index)).toEqual([3, 4]);
  });

  it("refers to what the same step computed, and to what was computed before the loop as it is", () => {
    const ops = loop(3);
    const [zeros, matmul, mul] = [ops[0], ops[2], ops[5]] as [TracedOp, TracedOp, TracedOp];
    const args = [
      { $: "result", op: matmul.key },
      { $: "result", op: zeros.key },
    ] as const;
    const [everywhere] = repeatEverywhere(
      hypothesis({ kind: "op", op: mul.key, value: { $: "call", fn: "torch.add", args } }),
      situationWith(ops),
    );
    const [edit] = editsOf(everywhere);
    expect(edit?.kind === "op" && edit.value).toEqual({
      $: "call",
      fn: "torch.add",
      args: [
        { $: "result", op: { ...matmul.key, step: { index: 5, call: 0 } } },
        { $: "result", op: zeros.key },
      ],
    });
  });
});

describe("what is no loop", () => {
  it("is left alone: a line that runs twice is a helper called for query and key", () => {
    const ops = calls([
      ["view", 7],
      ["permute", 7],
      ["linear", 12],
      ["view", 7],
      ["permute", 7],
    ]);
    expect(findRecurring(ops).size).toBe(0);
    const own = hypothesis({ kind: "op", op: (ops[0] as TracedOp).key, value: { $: "self" } });
    expect(repeatEverywhere(own, situationWith(ops))).toEqual([own]);
  });

  it("has no common distance: calls at irregular places are not taken for steps", () => {
    const ops = calls([
      ["add", 5],
      ["mul", 6],
      ["add", 5],
      ["mul", 6],
      ["exp", 8],
      ["add", 5],
    ]).filter((op) => op.key.name === "add");
    expect(findRecurring(ops).size).toBe(0);
  });
});
