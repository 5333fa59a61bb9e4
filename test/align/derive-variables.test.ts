import { describe, expect, it } from "vitest";
import { assignWeights } from "../../src/align/assign-weights.js";
import type { CandidateParameter, ReferenceVariable, WeightAssignment } from "../../src/align/types.js";

function parameter(name: string, shape: readonly number[], expectedLayout?: string): CandidateParameter {
  const layout = expectedLayout ?? (shape.length === 1 ? "vector" : "linear");
  return {
    name,
    module: name.slice(0, name.lastIndexOf(".")),
    moduleType: "",
    shape,
    expectedLayout: layout,
    sameAs: null,
  };
}

function variable(key: string, ...shape: number[]): ReferenceVariable {
  return { key, shape };
}

function assign(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  map: Readonly<Record<string, string>> = {},
): Record<string, WeightAssignment> {
  return Object.fromEntries(assignWeights(parameters, variables, map, () => false).map((one) => [one.parameter, one]));
}

const keysOf = (found: Readonly<Record<string, WeightAssignment>>): Record<string, string> =>
  Object.fromEntries(Object.entries(found).map(([name, { key }]) => [name, key]));

const lstm = (owner: string, inputs: number, hidden: number, suffix = "_l0"): CandidateParameter[] => [
  parameter(`${owner}.weight_ih${suffix}`, [4 * hidden, inputs]),
  parameter(`${owner}.weight_hh${suffix}`, [4 * hidden, hidden]),
  parameter(`${owner}.bias_ih${suffix}`, [4 * hidden]),
  parameter(`${owner}.bias_hh${suffix}`, [4 * hidden]),
];

describe("a model in which every parameter has a variable of its sizes", () => {
  it("has nothing derived: q, k and v on both sides are themselves", () => {
    const found = assign(
      ["q", "k", "v", "out"].map((name) => parameter(`h.0.attn.${name}.weight`, [8, 8])),
      ["query", "key", "value", "out"].map((name) => variable(`h0/attn/${name}/kernel`, 8, 8)),
    );
    expect(keysOf(found)).toEqual({
      "h.0.attn.q.weight": "h0/attn/query/kernel",
      "h.0.attn.k.weight": "h0/attn/key/kernel",
      "h.0.attn.v.weight": "h0/attn/value/kernel",
      "h.0.attn.out.weight": "h0/attn/out/kernel",
    });
    expect(Object.values(found).every((one) => !one.derived)).toBe(true);
  });
});

describe("one fused variable and three layers of the port", () => {
  const fused = [0, 1, 2].flatMap((i) => [
    variable(`model/h${i}/attn/c_attn/w`, 1, 8, 24),
    variable(`model/h${i}/attn/c_attn/b`, 24),
    variable(`model/h${i}/attn/c_proj/w`, 1, 8, 8),
  ]);

  it("are cut in the order query, key, value, whatever order the port defines them in, each in its own block", () => {
    const found = assign(
      [0, 1, 2].flatMap((i) => [
        ...["v_proj", "k_proj", "q_proj", "o_proj"].map((name) => parameter(`h.${i}.attn.${name}.weight`, [8, 8])),
        ...["v_proj", "k_proj", "q_proj"].map((name) => parameter(`h.${i}.attn.${name}.bias`, [8])),
      ]),
      fused,
    );
    for (const i of [0, 1, 2]) {
      expect(found[`h.${i}.attn.q_proj.weight`]?.key).toBe(`model/h${i}/attn/c_attn/w[:, 0:8]`);
      expect(found[`h.${i}.attn.v_proj.weight`]?.key).toBe(`model/h${i}/attn/c_attn/w[:, 16:24]`);
      expect(found[`h.${i}.attn.k_proj.bias`]?.key).toBe(`model/h${i}/attn/c_attn/b[8:16]`);
      expect(found[`h.${i}.attn.o_proj.weight`]?.key).toBe(`model/h${i}/attn/c_proj/w`);
    }
  });

  it("are cut by size where the port has query apart and key and value together", () => {
    const found = assign(
      [parameter("h.0.attn.q.weight", [8, 8]), parameter("h.0.attn.kv.weight", [16, 8])],
      fused.slice(0, 1),
    );
    expect(keysOf(found)).toEqual({
      "h.0.attn.q.weight": "model/h0/attn/c_attn/w[:, 0:8]",
      "h.0.attn.kv.weight": "model/h0/attn/c_attn/w[:, 8:24]",
    });
  });

  it("stay apart when their sizes do not add up", () => {
    const found = assign(
      ["q", "k"].map((name) => parameter(`h.0.attn.${name}.weight`, [8, 8])),
      fused.slice(0, 1),
    );
    expect(found).toEqual({});
  });
});

describe("query, key and value of the original and one parameter of the port", () => {
  it("are joined in this order, although a checkpoint lists key before query, with Keras' axis of heads merged", () => {
    const found = assign(
      [
        parameter("attn.in_proj_weight", [24, 8]),
        parameter("attn.in_proj_bias", [24]),
        parameter("attn.out_proj.weight", [8, 8]),
      ],
      [
        variable("mha/key/bias", 2, 4),
        variable("mha/key/kernel", 8, 2, 4),
        variable("mha/output/kernel", 2, 4, 8),
        variable("mha/query/bias", 2, 4),
        variable("mha/query/kernel", 8, 2, 4),
        variable("mha/value/bias", 2, 4),
        variable("mha/value/kernel", 8, 2, 4),
      ],
    );
    expect(keysOf(found)).toEqual({
      "attn.in_proj_weight": "mha/{query/kernel, key/kernel, value/kernel}",
      "attn.in_proj_bias": "mha/{query/bias, key/bias, value/bias}",
      "attn.out_proj.weight": "mha/output/kernel as [8, 8]",
    });
  });
});

describe("recurrent cells", () => {
  const cell = (scope: string, inputs: number, hidden: number): ReferenceVariable[] => [
    variable(`${scope}/bias`, 4 * hidden),
    variable(`${scope}/kernel`, inputs + hidden, 4 * hidden),
  ];

  it("of equal sizes go in order: Keras counts lstm, lstm_1, ports lstm1, lstm2", () => {
    const keras = (scope: string): ReferenceVariable[] => [
      variable(`${scope}/kernel`, 4, 16),
      variable(`${scope}/recurrent_kernel`, 4, 16),
      variable(`${scope}/bias`, 16),
    ];
    const found = assign(
      [...lstm("lstm1", 4, 4), ...lstm("lstm2", 4, 4)],
      [...keras("lstm/lstm_cell"), ...keras("lstm_1/lstm_cell_1")],
    );
    expect(found["lstm1.weight_ih_l0"]?.key).toBe("lstm/lstm_cell/kernel");
    expect(found["lstm2.weight_hh_l0"]?.key).toBe("lstm_1/lstm_cell_1/recurrent_kernel");
  });

  it("are told apart by encoder and decoder, and by number from cell_2 to cell_10", () => {
    const sides = assign(
      [...lstm("decoder.rnn", 4, 4), ...lstm("encoder.rnn", 4, 4)],
      [...cell("seq/decoder/lstm_cell", 4, 4), ...cell("seq/encoder/lstm_cell", 4, 4)],
    );
    expect(sides["encoder.rnn.weight_ih_l0"]?.derived?.parts).toEqual(["seq/encoder/lstm_cell/kernel"]);
    const layers = Array.from({ length: 11 }, (_, i) => i);
    const stacked = assign(
      layers.flatMap((i) => lstm("rnn", 4, 4, `_l${i}`)),
      ["0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9"].flatMap((i) => cell(`cell_${i}/lstm_cell`, 4, 4)),
    );
    for (const i of layers)
      expect(stacked[`rnn.weight_hh_l${i}`]?.derived?.parts).toEqual([`cell_${i}/lstm_cell/kernel`]);
  });

  it("add 1 to the forget gate, but not those that stand for cuDNN's", () => {
    const bias = (scope: string): string | undefined =>
      assign(lstm("rnn", 3, 4), cell(scope, 3, 4))["rnn.bias_ih_l0"]?.key;
    expect(bias("rnn/lstm_cell")).toBe("rnn/lstm_cell/bias gates i,f,g,o +1 on f");
    expect(bias("rnn/cudnn_compatible_lstm_cell")).toBe("rnn/cudnn_compatible_lstm_cell/bias gates i,f,g,o");
  });

  it("of another size than the port's are not taken for it", () => {
    expect(assign(lstm("rnn", 3, 4), cell("rnn/lstm_cell", 5, 4))).toEqual({});
  });

  it("of TF1's GRU join gates and candidate, and are said to be none that nn.GRU can compute", () => {
    const found = assign(
      [
        parameter("gru.weight_ih_l0", [12, 3]),
        parameter("gru.weight_hh_l0", [12, 4]),
        parameter("gru.bias_ih_l0", [12]),
        parameter("gru.bias_hh_l0", [12]),
      ],
      [
        variable("rnn/gru_cell/candidate/bias", 4),
        variable("rnn/gru_cell/candidate/kernel", 7, 4),
        variable("rnn/gru_cell/gates/bias", 8),
        variable("rnn/gru_cell/gates/kernel", 7, 8),
      ],
    );
    expect(found["gru.weight_ih_l0"]).toMatchObject({
      derived: { shape: [3, 12], parts: ["rnn/gru_cell/gates/kernel", "rnn/gru_cell/candidate/kernel"] },
      notConvertible: expect.stringContaining("reset gate"),
    });
    expect(found["gru.bias_hh_l0"]?.shared).toEqual({ with: "gru.bias_ih_l0", elements: 8, carries: false });
  });

  it("of a port that names them otherwise are plain kernels", () => {
    const found = assign(
      [parameter("rnn.lstm_cell.weight", [16, 7]), parameter("rnn.lstm_cell.bias", [16])],
      cell("rnn/lstm_cell", 3, 4),
    );
    expect(keysOf(found)).toEqual({
      "rnn.lstm_cell.weight": "rnn/lstm_cell/kernel",
      "rnn.lstm_cell.bias": "rnn/lstm_cell/bias",
    });
  });
});

describe("what the user's map says", () => {
  it("is not overruled by what is derived", () => {
    const found = assign(
      [parameter("a.q.weight", [8, 8]), parameter("a.k.weight", [8, 8]), parameter("a.v.weight", [8, 8])],
      [variable("a/qkv/w", 8, 24), variable("other/w", 8, 8)],
      { "other/w": "a.q.weight" },
    );
    expect(found["a.q.weight"]).toMatchObject({ key: "other/w", matchedBy: "map" });
    expect(found["a.k.weight"]).toBeUndefined();
  });
});
