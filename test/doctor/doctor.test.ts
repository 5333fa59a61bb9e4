import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runDoctor } from "../../src/cli/commands/doctor.js";
import { diagnoseRuntimes, isReady } from "../../src/doctor/diagnose-runtimes.js";
import { renderDoctor } from "../../src/doctor/render-doctor.js";
import type { RuntimeReport } from "../../src/doctor/types.js";
import { PYTHON, ROOT } from "../helpers/python.js";

let here: RuntimeReport[];
let empty: RuntimeReport[];
let absent: RuntimeReport[];
let folder: string;
let emptyPython: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-doctor-"));
  await execa(PYTHON, ["-m", "venv", "--without-pip", join(folder, "venv")]);
  emptyPython = join(folder, "venv", "bin", "python");
  here = await diagnoseRuntimes();
  vi.stubEnv("PARITY_PYTHON", emptyPython);
  empty = await diagnoseRuntimes();
  vi.stubEnv("PARITY_PYTHON", join(folder, "nothing"));
  absent = await diagnoseRuntimes();
  vi.unstubAllEnvs();
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function find(reports: readonly RuntimeReport[], name: string): RuntimeReport {
  const found = reports.find((report) => report.name === name);
  if (found === undefined) throw new Error(`no report on ${name}`);
  return found;
}

test("after set-up everything is usable and nothing has to be mended", () => {
  expect(here.filter((report) => !report.usable)).toEqual([]);
  expect(here.filter((report) => report.mend !== null)).toEqual([]);
  expect(isReady(here)).toBe(true);
});

test("versions are those of what really runs", async () => {
  const { stdout } = await execa(PYTHON, [
    "-c",
    "import torch, platform; print(torch.__version__, platform.python_version())",
  ]);
  const [torch = "", python] = stdout.split(" ");
  expect(find(here, "torch").version).toBe(torch);
  expect(find(here, "Python").version).toBe(python);
  expect(find(here, "Node").version).toBe(process.versions.node);
  expect(find(here, "tfjs-node")).toMatchObject({
    version: "4.22.0",
    detail: expect.stringMatching(/^TensorFlow 2\.\d+\.\d+$/),
  });
});

test("an interpreter without torch gets the command that installs the pinned version into it", () => {
  const torch = find(empty, "torch");
  expect(torch).toMatchObject({ usable: false, required: true, version: null, detail: "not installed" });
  expect(torch.mend).toMatch(/\/venv\/bin\/python -m pip install torch==\d+\.\d+\.\d+$/);
  expect(torch.mend?.startsWith(emptyPython)).toBe(true);
  expect(find(empty, "Python").usable).toBe(true);
  expect(isReady(empty)).toBe(false);
});

test("what only some candidates need is marked optional", () => {
  expect(find(empty, "transformers")).toMatchObject({ usable: false, required: false });
  expect(isReady(here.map((report) => (report.required ? report : { ...report, usable: false })))).toBe(true);
});

test("a PARITY_PYTHON that does not exist is named, with a way out", () => {
  const python = find(absent, "Python");
  expect(python.usable).toBe(false);
  expect(python.detail).toBe(`${join(folder, "nothing")} (PARITY_PYTHON): ${join(folder, "nothing")} was not found`);
  expect(python.mend).toContain("unset PARITY_PYTHON; node ");
});

test("the table names what is missing, what needs it and the command, without colour codes when piped", () => {
  const text = renderDoctor(empty, { color: false });
  expect(text).toMatch(/✗ torch +not installed; needed for running PyTorch candidates\n +run {2}.*pip install torch==/);
  expect(text).toMatch(/– transformers +not installed; optional, for candidates written with it\n/);
  expect(text).toContain("`parity check` cannot run: torch, numpy, safetensors are not usable.\n");
  expect(text).not.toContain("\u001b");
  expect(renderDoctor(here, { color: false })).toContain("Everything that `parity check` needs is usable.\n");
});

test("parity doctor --json prints nothing but JSON and fails when something required is missing", async () => {
  vi.stubEnv("PARITY_PYTHON", emptyPython);
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const exitCode = await runDoctor({ json: true });
  write.mockRestore();
  vi.unstubAllEnvs();
  expect(exitCode).toBe(2);
  expect(JSON.parse(written.join(""))).toMatchObject({
    usable: false,
    runtimes: expect.arrayContaining([{ ...find(empty, "torch") }]),
  });
});

test("the set-up command can be typed where the user is", () => {
  vi.stubEnv("PARITY_PYTHON", join(folder, "nothing"));
  expect(process.cwd()).toBe(ROOT.replace(/\/$/, ""));
  expect(find(absent, "Python").mend).toContain("node scripts/setup.mjs");
  vi.unstubAllEnvs();
});
