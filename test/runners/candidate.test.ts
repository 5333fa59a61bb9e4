import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ParityError } from "../../src/errors.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { writeSafetensors } from "../../src/formats/safetensors-write.js";
import { openRecording } from "../../src/recording/open-recording.js";
import {
  type Candidate,
  type CandidateOptions,
  type RecordRequest,
  startCandidate,
} from "../../src/runners/candidate.js";
import { PYTHON, ROOT } from "../helpers/python.js";

const PORT = `${ROOT}test/fixtures/runners/port.py`;
let scratch = "";
let shared: Candidate;

function start(entry: string, options: Partial<CandidateOptions> = {}): Candidate {
  return startCandidate({
    entry: `${PORT}:${entry}`,
    weights: null,
    kwargs: {},
    python: PYTHON,
    env: {},
    seed: 0,
    threads: 1,
    timeoutMs: 60_000,
    ...options,
  });
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "parity-candidate-"));
  shared = start("build", { kwargs: { width: 5 } });
  writeSafetensors(join(scratch, "inputs.safetensors"), [
    { name: "c0/x", dtype: "float32", shape: [2, 4], data: new Uint8Array(new Float32Array(8).fill(0.5).buffer) },
  ]);
});
afterAll(async () => {
  await shared.close();
  rmSync(scratch, { recursive: true, force: true });
});

const cases = (): RecordRequest["cases"] => [
  {
    id: "c0",
    inputs: [{ parameter: "x", position: 0, file: join(scratch, "inputs.safetensors"), tensor: "c0/x" }],
  },
];
const request = (out: string, change: Partial<RecordRequest> = {}): RecordRequest => ({
  out: join(scratch, out),
  cases: cases(),
  taps: "all",
  precision: "float32",
  perturb: null,
  force: null,
  edits: [],
  ...change,
});

async function failureOf(candidate: Candidate): Promise<ParityError> {
  try {
    await candidate.open();
  } catch (error) {
    return error as ParityError;
  } finally {
    await candidate.close();
  }
  throw new Error("it opened");
}

describe("a port that works", () => {
  it("tells its versions, all as text, and describes itself as built with the user's arguments", async () => {
    const versions = await shared.hello();
    expect(Object.keys(versions)).toEqual(expect.arrayContaining(["python", "torch", "numpy", "threads"]));
    expect(Object.values(versions).every((version) => typeof version === "string")).toBe(true);
    const description = await shared.open();
    expect(description.inputs).toEqual([
      { name: "x", required: true },
      { name: "scale", required: false },
    ]);
    expect(description.parameters.find((one) => one.name === "first.weight")).toMatchObject({
      module: "first",
      shape: [5, 4],
      expectedLayout: "linear",
      sameAs: null,
    });
    const source = description.modules.find((one) => one.path === "second")?.source;
    const line =
      readFileSync(PORT, "utf8")
        .split("\n")
        .findIndex((text) => text.includes("self.second =")) + 1;
    expect(source?.line).toBe(line);
  });

  it("is recorded tap by tap, in float32 and in float64, with progress", async () => {
    await shared.open();
    const told: string[] = [];
    const free = await shared.record(request("free"), (done, total) => told.push(`${done}/${total}`));
    expect(free.directory).toBe(join(scratch, "free"));
    expect(free.taps.map((tap) => tap.id)).toEqual(["first", "second", "(output)[hidden]", "(output)[y]"]);
    for (const tap of free.taps) expect(tap).toMatchObject({ kind: "module", tensor: null, call: 1 });
    expect(free.taps.find((tap) => tap.id === "(output)[y]")).toMatchObject({
      isOutput: true,
      slot: "y",
      path: "",
      shapes: { c0: [2, 2] },
    });
    expect(told[0]).toBe("0/1");
    const wide = await shared.record(request("wide", { precision: "float64", taps: ["second"] }));
    expect(wide.taps.map((tap) => [tap.id, tap.dtype])).toEqual([["second", "float64"]]);
    const recording = openRecording(free.directory);
    expect(recording.tensor("c0", "second")?.shape).toEqual([2, 2]);
    recording.close();
  });

  it("writes its weights, and a layer re-run with a changed weight gives another result than unchanged", async () => {
    await shared.open();
    const file = join(scratch, "weights.safetensors");
    expect(await shared.weights(file, {})).toEqual([]);
    const weights = openSafetensors(file);
    expect([...weights.tensors.keys()].sort()).toEqual(["first.bias", "first.weight", "second.bias", "second.weight"]);
    weights.close();
    const zeros = join(scratch, "zeros.safetensors");
    writeSafetensors(zeros, [{ name: "w", dtype: "float32", shape: [2, 5], data: new Uint8Array(40) }]);
    const outcomes = await shared.probe({
      out: join(scratch, "probe"),
      cases: cases(),
      force: { replace: [] },
      experiments: [
        { id: "control", taps: ["second"], edits: [] },
        {
          id: "zeros",
          taps: ["second"],
          edits: [{ kind: "parameter", parameter: "second.weight", value: { $: "tensor", file: zeros, tensor: "w" } }],
        },
        { id: "nowhere", taps: ["third"], edits: [] },
      ],
    });
    expect(outcomes.map((one) => one.status)).toEqual(["ran", "ran", "failed"]);
    expect(outcomes[2]?.reason).toContain("third");
    const bytesOf = (id: string): Uint8Array => {
      const place = outcomes.find((one) => one.id === id)?.outputs.second?.c0;
      const given = openSafetensors(place?.file ?? "");
      const tensor = given.tensors.get(place?.tensor ?? "");
      const bytes = new Uint8Array(tensor?.byteLength ?? 0);
      tensor?.read(bytes, 0);
      given.close();
      return bytes;
    };
    expect(bytesOf("control")).toHaveLength(16);
    expect(bytesOf("zeros")).not.toEqual(bytesOf("control"));
    const [trace] = await shared.trace({
      out: join(scratch, "trace"),
      cases: cases(),
      force: { replace: [] },
      edits: [],
      taps: ["second"],
    });
    expect(trace?.ops.at(-1)?.key).toMatchObject({ module: "second", name: "linear" });
    expect(trace?.observed).not.toBeNull();
  });
});

describe("the user's environment", () => {
  it("reaches the port: PYTHONPATH finds the user's own modules, and parity's are still found", async () => {
    const folder = join(scratch, "path");
    mkdirSync(folder);
    writeFileSync(join(folder, "helper_of_the_user.py"), "def make(build):\n    return build(7)\n");
    const candidate = start("build_with_helper", { env: { PYTHONPATH: folder } });
    const description = await candidate.open();
    await candidate.close();
    expect(description.parameters.find((one) => one.name === "first.weight")?.shape).toEqual([7, 4]);
  });

  it("reaches the port that raises, whose own words come back with the line", async () => {
    const error = await failureOf(start("raises", { env: { FLAVOUR: "vanilla" } }));
    expect(error.code).toBe("CANDIDATE_RAISED");
    expect(error.message).toContain("weights for vanilla are missing");
    expect(error.detail).toContain("port.py");
    expect(error.detail).not.toContain("parity_harness");
  });
});

describe("a Python that cannot run a port", () => {
  it("because it is not there is a missing runtime", async () => {
    const error = await failureOf(start("build", { python: "/nowhere/python" }));
    expect(error).toMatchObject({ code: "RUNTIME_MISSING", hint: expect.stringContaining("parity doctor") });
  });

  it("because it has no torch says so in its last words", async () => {
    // A Python without site-packages has no torch.
    const bare = join(scratch, "bare-python");
    writeFileSync(bare, `#!/bin/sh\nexec ${PYTHON} -S "$@"\n`, { mode: 0o755 });
    const error = await failureOf(start("build", { python: bare }));
    expect(error.code).toBe("RUNNER_DIED");
    expect(error.detail).toMatch(/No module named '(numpy|torch)'/);
  });
});

it("a port that hangs while it is built is stopped in time", async () => {
  const error = await failureOf(start("hangs", { timeoutMs: 6000 }));
  expect(error.code).toBe("TIMEOUT");
  expect(error.message).toBe("The candidate did not finish within 6 s and was stopped.");
});
