import { describe, expect, it } from "vitest";
import { understandOnnx } from "../../src/onnx/understand-onnx.js";
import { graph, node, torchMetadata, weight } from "./graphs.js";

const tapsOf = (model: Parameters<typeof understandOnnx>[0]) =>
  understandOnnx(model).taps.map((tap) => `${tap.id} ← ${tap.tensor}`);
const parametersOf = (model: Parameters<typeof understandOnnx>[0]) =>
  understandOnnx(model).parameters.map((one) => [one.name, one.module, one.layout, one.tensor.name]);

describe("torch's older exporter, which names nodes after modules", () => {
  const model = graph(
    [
      node("MatMul", "x onnx::MatMul_7", "/enc/enc.0/MatMul_output_0", { name: "/enc/enc.0/MatMul" }),
      node("Add", "enc.0.bias /enc/enc.0/MatMul_output_0", "h", { name: "/enc/enc.0/Add" }),
      node("Relu", "h", "r", { name: "/enc/enc.1/Relu" }),
      node("Gemm", "r head.weight head.bias", "y", { name: "/head/Gemm", ints: { transB: 1 } }),
    ],
    [weight("onnx::MatMul_7", 3, 4), weight("enc.0.bias", 4), weight("head.weight", 2, 4), weight("head.bias", 2)],
    ["x"],
    ["y"],
  );

  it("gives each module the tensor by which it is read from outside, inner ones before those around them", () => {
    expect(tapsOf(model)).toEqual(["enc.0 ← h", "enc.1 ← r", "enc ← r", "head ← y", "(output) ← y"]);
  });

  it("gives a weight that the exporter turned and renamed the name of its layer, and says how it is stored", () => {
    expect(parametersOf(model)).toEqual([
      ["enc.0.weight", "enc.0", "conv1d", "onnx::MatMul_7"],
      ["enc.0.bias", "enc.0", "vector", "enc.0.bias"],
      ["head.weight", "head", "linear", "head.weight"],
      ["head.bias", "head", "vector", "head.bias"],
    ]);
  });
});

describe("torch's newer exporter, which writes metadata", () => {
  const scopes = (path: string, type: string) =>
    torchMetadata(["", path, "linear"], ["m.Net", type, "aten.linear.default"]);
  it("knows the class of a module, and two calls of one module from each other", () => {
    const linear = scopes("fc", "torch.nn.modules.linear.Linear");
    const model = graph(
      [
        node("Gemm", "x fc.weight fc.bias", "a", { metadata: linear, ints: { transB: 1 } }),
        node("Relu", "a", "b", { metadata: torchMetadata(["", "relu"], ["m.Net", "aten.relu.default"]) }),
        node("Gemm", "b fc.weight fc.bias", "c", { metadata: linear, ints: { transB: 1 } }),
        node("Tanh", "c", "y", { metadata: torchMetadata(["", "tanh"], ["m.Net", "aten.tanh.default"]) }),
      ],
      [weight("fc.weight", 3, 3), weight("fc.bias", 3)],
      ["x"],
      ["y"],
    );
    expect(tapsOf(model).slice(0, 2)).toContain("fc@2 ← c");
    const { modules, taps } = understandOnnx(model);
    expect(modules.some((one) => one.class === "Linear" && one.qualname === "torch.nn.modules.linear.Linear")).toBe(
      true,
    );
    expect(taps.filter((tap) => tap.id === "(output)")).toHaveLength(1);
  });

  it("does not end a call where a shape is asked for, or where an optimiser put a node in", () => {
    const block = torchMetadata(["", "block", "add"], ["m.Net", "m.Block", "aten.add.Tensor"]);
    const model = graph(
      [
        node("Mul", "x block.scale", "a", { metadata: block }),
        node("Shape", "a", "s", { metadata: torchMetadata(["", "sym_size"], ["m.Net", "aten.sym_size.int"]) }),
        node("Identity", "a", "i", { name: "node_inserted" }),
        node("Add", "i block.shift", "b", { metadata: block }),
        node("Reshape", "b s", "y", { metadata: torchMetadata(["", "view"], ["m.Net", "aten.view.default"]) }),
      ],
      [weight("block.scale", 3), weight("block.shift", 3)],
      ["x"],
      ["y"],
    );
    expect(tapsOf(model)).toContain("block ← b");
    expect(tapsOf(model).some((tap) => tap.startsWith("block@2"))).toBe(false);
  });
});

describe("tf2onnx, which keeps TensorFlow's names", () => {
  it("takes of names that were joined the scope of the operator that is there", () => {
    const joined = "m/relu/Relu;m/conv_4/BiasAdd;m/conv_2/Conv2D;m/conv_4/Conv2D";
    const model = graph(
      [
        node("Conv", "x const_fold_opt__1 b", joined, { name: joined }),
        node("Relu", joined, "y", { name: "m/out/Relu" }),
      ],
      [weight("const_fold_opt__1", 2, 1, 3, 3), weight("b", 2)],
      ["x"],
      ["y"],
    );
    expect(parametersOf(model)).toEqual([
      ["m.conv_4.weight", "m.conv_4", "conv", "const_fold_opt__1"],
      ["m.conv_4.bias", "m.conv_4", "vector", "b"],
    ]);
    expect(understandOnnx(model).modules.find((one) => one.path === "m.conv_4")?.class).toBe("Conv2d");
  });

  it("leaves out the function that TensorFlow wraps a model into", () => {
    const name = "StatefulPartitionedCall/net/dense/MatMul";
    const model = graph(
      [node("MatMul", "x w", "a", { name }), node("Tanh", "a", "y", { name: "StatefulPartitionedCall/net/t/Tanh" })],
      [weight("w", 2, 2)],
      ["x"],
      ["y"],
    );
    expect(tapsOf(model)[0]).toBe("net.dense ← a");
  });
});

describe("a graph without names", () => {
  it("has a layer for each operator with weights, called after its weights or itself", () => {
    const model = graph(
      [
        node("Gemm", "x fc1.weight fc1.bias", "a", { ints: { transB: 1 } }),
        node("MatMul", "a k", "b"),
        node("Add", "b c", "d"),
        node("Softmax", "d", "y"),
      ],
      [weight("fc1.weight", 3, 3), weight("fc1.bias", 3), weight("k", 3, 2), weight("c", 2)],
      ["x"],
      ["y"],
    );
    expect(tapsOf(model)).toEqual(["fc1 ← a", "b ← d", "(output) ← y"]);
    expect(parametersOf(model).map(([name]) => name)).toEqual(["fc1.weight", "fc1.bias", "b.weight", "b.bias"]);
  });
});

describe("what is no weight and no hidden state", () => {
  const model = graph(
    [
      node("Shape", "x", "s"),
      node("ConstantOfShape", "s", "ones"),
      node("Mul", "x half", "scaled"),
      node("Add", "scaled mask", "masked"),
      node("Transpose", "w", "wt"),
      node("MatMul", "masked wt", "y"),
    ],
    [weight("half"), weight("mask", 4, 4), weight("w", 2, 4)],
    ["x"],
    ["y"],
  );

  it("constants of the computation are not held against the checkpoint", () => {
    expect(parametersOf(model).map(([, , , initializer]) => initializer)).toEqual(["w"]);
  });

  it("a kernel that the graph transposes is stored the other way round, and is no tap", () => {
    expect(parametersOf(model)[0]?.[2]).toBe("linear");
    expect(tapsOf(model).some((tap) => tap.endsWith("wt"))).toBe(false);
  });
});

describe("several outputs", () => {
  it("are told apart by their names, as torch's are by theirs", () => {
    const model = graph([node("Relu", "x", "a"), node("Tanh", "x", "b")], [], ["x"], ["b", "a"]);
    expect(understandOnnx(model).taps.map((tap) => [tap.id, tap.slot, tap.isOutput])).toEqual([
      ["(output)[b]", "b", true],
      ["(output)[a]", "a", true],
    ]);
  });
});
