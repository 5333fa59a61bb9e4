import { describe, expect, it } from "vitest";
import { assignWeights } from "../../src/align/assign-weights.js";
import { findPortCells } from "../../src/align/port-cells.js";
import type { CandidateParameter } from "../../src/align/types.js";

function parameter(name: string, ...shape: number[]): CandidateParameter {
  const module = name.slice(0, name.lastIndexOf("."));
  return { name, module, moduleType: "Cell", shape, expectedLayout: "unknown", sameAs: null };
}

const LSTM = [
  { key: "bilstm/fw/lstm_cell/kernel", shape: [18, 24] },
  { key: "bilstm/fw/lstm_cell/bias", shape: [24] },
  { key: "bilstm/bw/lstm_cell/kernel", shape: [18, 24] },
  { key: "bilstm/bw/lstm_cell/bias", shape: [24] },
];

function keysOf(parameters: readonly CandidateParameter[]): Record<string, string> {
  const found = assignWeights(parameters, LSTM, {}, () => false);
  return Object.fromEntries(found.map(({ parameter: name, key }) => [name, key]));
}

describe("cells written by hand", () => {
  it.each([
    [["w_ih", "w_hh", "b_ih", "b_hh"]],
    [["weight_ih", "weight_hh", "bias_ih", "bias_hh"]],
    [["W_x", "W_h", "b_x", "b_h"]],
    [["x2h.weight", "h2h.weight", "x2h.bias", "h2h.bias"]],
  ])("are found whatever their weights are called: %j", ([ih = "", hh = "", biasIh = "", biasHh = ""]) => {
    const found = keysOf(
      ["fw", "bw"].flatMap((way) => [
        parameter(`rnn.${way}.${ih}`, 24, 12),
        parameter(`rnn.${way}.${hh}`, 24, 6),
        parameter(`rnn.${way}.${biasIh}`, 24),
        parameter(`rnn.${way}.${biasHh}`, 24),
      ]),
    );
    for (const way of ["fw", "bw"]) {
      expect(found[`rnn.${way}.${ih}`]).toBe(`bilstm/${way}/lstm_cell/kernel[:12] gates i,f,g,o`);
      expect(found[`rnn.${way}.${hh}`]).toBe(`bilstm/${way}/lstm_cell/kernel[12:] gates i,f,g,o`);
      expect(found[`rnn.${way}.${biasIh}`]).toBe(`bilstm/${way}/lstm_cell/bias gates i,f,g,o +1 on f`);
    }
  });

  it("with kernels as the original stores them keep the original's order of gates", () => {
    const found = keysOf([parameter("rnn.fw.W", 12, 24), parameter("rnn.fw.U", 6, 24), parameter("rnn.fw.b", 24)]);
    expect(found).toEqual({
      "rnn.fw.W": "bilstm/fw/lstm_cell/kernel[:12]",
      "rnn.fw.U": "bilstm/fw/lstm_cell/kernel[12:]",
      "rnn.fw.b": "bilstm/fw/lstm_cell/bias",
    });
  });

  it("are told by their sizes: two linear layers of a perceptron are none", () => {
    expect(findPortCells([parameter("mlp.input.weight", 24, 12), parameter("mlp.hh.weight", 10, 24)])).toEqual([]);
  });
});

describe("one direction in a module of its own", () => {
  it("reads backwards when its name says so", () => {
    const cells = findPortCells([parameter("bw.weight_ih_l0", 24, 12), parameter("bw.weight_hh_l0", 24, 6)]);
    expect(cells.map((cell) => cell.reverse)).toEqual([true]);
  });
});
