import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../helpers/python.js";

// Each load is a process of its own: a process loads a native addon once, and what it prints there is what matters.
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-load-tfjs-"));
  const esbuild = await import("esbuild");
  await esbuild.build({
    entryPoints: [join(ROOT, "src/runners/load-tfjs.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: join(folder, "elsewhere", "load-tfjs.mjs"),
  });
  // The same file where tfjs-node can be found.
  cpSync(join(folder, "elsewhere", "load-tfjs.mjs"), join(ROOT, ".parity", `load-tfjs-${process.pid}.mjs`));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(ROOT, ".parity", `load-tfjs-${process.pid}.mjs`), { force: true });
});

function load(file: string, use: string) {
  const code = `import { loadTfjs, readTensorflowVersion } from ${JSON.stringify(file)};\n${use}`;
  return execa(process.execPath, ["--input-type=module", "-e", code], { reject: false });
}

test("TensorFlow loads, computes and says nothing, on Node 23 and newer too", async () => {
  const run = await load(
    join(ROOT, ".parity", `load-tfjs-${process.pid}.mjs`),
    `import util from "node:util";
     delete util.isNullOrUndefined;
     const tf = await loadTfjs();
     // The plain backend greets when it is first used; tfjs-node calls the removed function when it executes an op.
     const sum = tf.add(tf.tensor1d([1, 2]), tf.tensor1d([3, 4]));
     console.log(JSON.stringify([tf.getBackend(), [...sum.dataSync()], readTensorflowVersion(tf)]));
     tf.setBackend("cpu"); tf.tensor1d([1]).dataSync();`,
  );
  expect(run.stderr).toBe("");
  const [backend, sum, version] = JSON.parse(run.stdout);
  expect([backend, sum]).toEqual(["tensorflow", [4, 6]]);
  expect(version).toMatch(/^2\.\d+\.\d+$/);
});

test("where tfjs-node is missing, the error says what to run", async () => {
  const run = await load(
    join(folder, "elsewhere", "load-tfjs.mjs"),
    "await loadTfjs().catch((error) => console.log(JSON.stringify([error.name, error.code, error.hint, error.detail])));",
  );
  const [name, code, hint, detail] = JSON.parse(run.stdout);
  expect([name, code]).toEqual(["ParityError", "RUNTIME_MISSING"]);
  expect(hint).toContain("npx parity doctor");
  expect(detail).toContain("Cannot find module '@tensorflow/tfjs-node'");
});
