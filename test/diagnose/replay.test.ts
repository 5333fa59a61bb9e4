import { describe, expect, it } from "vitest";
import { replay } from "../../src/diagnose/replay.js";
import type { Situation } from "../../src/diagnose/situation.js";
import type { TracedOp } from "../../src/runners/edits.js";
import { situationOf, tensor } from "./situations.js";

const X = tensor([2], [1, 2]);
const always = () => true;

/** Two calls of a layer, the first of them changed as a test needs it. */
function calls(change: Partial<TracedOp>): Situation {
  const plain = situationOf({
    given: { x: X },
    steps: [
      { name: "relu", args: ["x"], output: "y", value: X },
      { name: "mul", args: ["y", 2], output: "z", value: X },
    ],
    reference: X,
  });
  const ops = plain.ops.map((op, at) => (at === 0 ? { ...op, ...change } : op));
  return { ...plain, ops, suspects: ops, trace: { ...plain.trace, ops } };
}

describe("calls of a layer as Python", () => {
  it("are made in order from what the original's tensors are called, with the user's line behind each", () => {
    const { lines, loads, output } = replay(calls({}), always);
    expect(lines).toEqual([
      't["y"] = torch.relu(t["before.x"])  # port.py:10',
      't["z"] = torch.mul(t["y"], 2)  # port.py:11',
    ]);
    expect([...loads]).toEqual([["x", "before.x"]]);
    expect(output).toBe("z");
  });

  it("write slices, types, infinities, flags and keywords as Python has them", () => {
    const args = [{ tensor: "x" }, { list: [{ other: "Ellipsis" }, { other: "slice(None, 3, None)" }] }];
    const kwargs = {
      dtype: { other: "torch.float64" },
      value: { other: "-inf" },
      keepdim: { value: true },
      mode: { value: 'a"b' },
      reversed: { value: true },
    };
    expect(replay(calls({ qualname: "torch.Tensor.__getitem__", args, kwargs }), always).lines[0]).toBe(
      't["y"] = torch.Tensor.__getitem__(t["before.x"], (Ellipsis, slice(None, 3, None)), dtype=torch.float64, value=float("-inf"), keepdim=True, mode="a\\"b")  # port.py:10',
    );
    expect(replay(calls({ qualname: "torch.Tensor.T" }), always).lines[0]).toMatch(/^t\["y"\] = t\["before\.x"\]\.T /);
  });

  it.each([
    ["writes in place", { qualname: "torch.Tensor.add_" }],
    ["writes in place by an operator", { qualname: "torch.Tensor.__iadd__" }],
    ["is told to write in place", { kwargs: { inplace: { value: true } } }],
    ["was given what no text can hold", { args: [{ tensor: "x" }, { other: "Generator" }] }],
    ["is none of torch's", { qualname: "os.system" }],
  ] as const)("a call that %s is not made: what it gave is loaded", (_, change) => {
    const { lines, loads, output } = replay(calls(change), always);
    expect(lines).toEqual(['t["z"] = torch.mul(t["y"], 2)  # port.py:11']);
    expect([...loads.keys()]).toEqual(["y"]);
    expect(output).toBe("z");
  });

  it("of which nothing is stored give no output: the recorded one is compared instead", () => {
    expect(replay(calls({}), () => false)).toMatchObject({ lines: [], output: null });
  });

  it("keep hostile file names in their comment", () => {
    const source = { file: "a\nimport os", line: 1 };
    expect(replay(calls({ source }), always).lines[0]).toMatch(/ {2}# a\?import os:1$/);
  });
});
