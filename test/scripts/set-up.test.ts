import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, expect, test } from "vitest";
import { addProgram, type BareCheckout, copySetup, linkPackages, runSetup } from "../helpers/bare-checkout.js";
import { PYTHON, ROOT } from "../helpers/python.js";

let checkout: BareCheckout;
afterEach(() => checkout.remove());

/** An interpreter without any package. */
async function makeEmptyPython(): Promise<string> {
  const venv = join(checkout.folder, "empty-venv");
  await execa(PYTHON, ["-m", "venv", "--without-pip", venv]);
  return join(venv, "bin", "python");
}

test("a fresh clone is told all that is missing, and nothing is installed by asking", async () => {
  checkout = copySetup();
  const { exitCode, output } = await runSetup(checkout, ["--check"]);
  expect(exitCode).toBe(1);
  expect(output).toContain("✗ npm packages: node_modules is missing");
  expect(output).toContain("✗ Python packages: .venv is missing");
  expect(output).toContain("✗ tfjs-node addon: @tensorflow/tfjs-node is not installed");
  expect(output).toContain("✗ build: kernel, report page, dist");
});

test("--quiet --check answers by its exit code alone", async () => {
  checkout = copySetup();
  expect(await runSetup(checkout, ["--check", "--quiet"])).toEqual({ exitCode: 1, output: "" });
});

test("without Python, set-up says which ones will do and how to install one", async () => {
  checkout = copySetup();
  linkPackages(checkout);
  const { exitCode, output } = await runSetup(checkout);
  expect(exitCode).toBe(2);
  expect(output).toContain("No Python between 3.10 and 3.13 was found.");
  expect(output).toContain("apt-get install python3 python3-venv");
});

test("a Python that is too old is named with its version", async () => {
  checkout = copySetup();
  linkPackages(checkout);
  addProgram(checkout, "python3", "echo 3 8");
  const { exitCode, output } = await runSetup(checkout);
  expect(exitCode).toBe(2);
  expect(output).toContain("(python3 is 3.8)");
});

test("a Debian Python without its venv package is told the package", async () => {
  checkout = copySetup();
  linkPackages(checkout);
  addProgram(checkout, "python3", `case "$2" in *ensurepip*) exit 1;; esac\nexec ${PYTHON} "$@"`);
  const { exitCode, output } = await runSetup(checkout);
  expect(exitCode).toBe(2);
  expect(output).toMatch(/has no venv module\.\n.*apt-get install python3-venv/);
});

test("PARITY_PYTHON without torch is left as it is, with the command that completes it", async () => {
  checkout = copySetup();
  linkPackages(checkout);
  const python = await makeEmptyPython();
  const { exitCode, output } = await runSetup(checkout, [], { PARITY_PYTHON: python });
  expect(exitCode).toBe(2);
  expect(output).toContain(`PARITY_PYTHON=${python} lacks torch, numpy, safetensors.`);
  expect(output).toMatch(/-m pip install torch==[\d.]+ numpy==[\d.]+ safetensors==[\d.]+\n/);
});

test("PARITY_PYTHON that names no program says so, and does not advise to install into it", async () => {
  checkout = copySetup();
  linkPackages(checkout);
  const { exitCode, output } = await runSetup(checkout, [], { PARITY_PYTHON: "/nowhere/python" });
  expect(exitCode).toBe(2);
  expect(output).toContain("PARITY_PYTHON=/nowhere/python does not run.\nCorrect PARITY_PYTHON, or unset it");
});

test("without a C++ compiler, set-up says what needs it and how to install one", async () => {
  checkout = copySetup("package");
  const tfjs = join("node_modules", "@tensorflow", "tfjs-node");
  mkdirSync(join(checkout.folder, tfjs), { recursive: true });
  cpSync(join(ROOT, tfjs, "package.json"), join(checkout.folder, tfjs, "package.json"));
  const { exitCode, output } = await runSetup(checkout, [], { PARITY_PYTHON: PYTHON });
  expect(exitCode).toBe(2);
  expect(output).toContain("No C++ compiler with make was found");
  expect(output).toContain("apt-get install g++ make");
});

test("a mistyped flag is refused with the flags there are", async () => {
  checkout = copySetup();
  const { exitCode, output } = await runSetup(checkout, ["--chekc"]);
  expect(exitCode).toBe(2);
  expect(output).toContain("--chekc");
  expect(output).toContain("usage: node scripts/setup.mjs");
});

test("after set-up, asking again finds nothing missing", async () => {
  checkout = copySetup();
  const run = await execa(process.execPath, [join(ROOT, "scripts", "setup.mjs"), "--check", "--skip-build"], {
    reject: false,
  });
  expect(run.stderr.trim().split("\n")).toEqual(["✓ npm packages", "✓ Python packages", "✓ tfjs-node addon"]);
  expect(run.exitCode).toBe(0);
});
