import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { REPORT_FORMATS } from "../../src/config/report-formats.js";
import { ROOT } from "../helpers/python.js";
import { newFolder } from "../helpers/run-cli.js";

interface Step {
  id?: string;
  uses?: string;
  run?: string;
  shell?: string;
  if?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}

const read = (path: string) => parse(readFileSync(`${ROOT}${path}`, "utf8"));
const action = read(".github/actions/parity/action.yml") as {
  inputs: Record<string, { default: string; description: string }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
};

describe("the action", () => {
  it("is a composite action whose steps name their shell, and whose inputs never stand in a script", () => {
    expect(action.runs.using).toBe("composite");
    for (const step of action.runs.steps) {
      expect(step.shell).toBe("bash");
      expect(step.run).not.toContain("${{");
      for (const value of Object.values(step.env ?? {})) {
        const name = /inputs\.([\w-]+)/.exec(value)?.[1];
        if (name !== undefined) expect(action.inputs[name]?.description).toBeTruthy();
      }
    }
    const formats = action.inputs.report?.default.split(",") ?? [];
    expect([...formats].sort()).toEqual([...REPORT_FORMATS].sort());
  });

  it("runs the check, gives its exit code back and fails with it; a hostile option stays one word", async () => {
    const folder = newFolder();
    const step = action.runs.steps.find((one) => one.id === "check");
    const output = join(folder, "output");
    const run = async (config: string, args: string) =>
      execa("bash", ["-eo", "pipefail", "-c", step?.run ?? "exit 99"], {
        cwd: ROOT,
        reject: false,
        env: {
          ACTION: `${ROOT}.github/actions/parity`,
          CONFIG: config,
          OUT: join(folder, "out"),
          REPORT: "junit",
          ARGS: args,
          GITHUB_OUTPUT: output,
          GITHUB_ACTIONS: "",
          GITHUB_STEP_SUMMARY: "",
        },
      });
    const good = await run("examples/gpt2", "");
    expect(good.exitCode, good.stderr).toBe(0);
    expect(readFileSync(join(folder, "out/junit.xml"), "utf8")).toContain('failures="0"');
    const bad = await run("examples/gpt2", `--name\na b; exit 0\n--candidate\nexamples/gpt2/faulty/gone.py:build\n`);
    expect(bad.exitCode).toBe(2);
    expect(bad.stderr).toContain("There is no Python file");
    expect(readFileSync(join(folder, "out/junit.xml"), "utf8")).toContain('name="parity: a b; exit 0"');
    expect(readFileSync(output, "utf8")).toBe("exit-code=0\nexit-code=2\n");
  });
});

describe("the examples for CI", () => {
  it("the workflow uses the action with inputs that it has, and uploads alerts only where there was an answer", () => {
    const workflow = read("examples/ci/github-workflow.yml") as {
      on: object;
      permissions: Record<string, string>;
      jobs: Record<string, { steps: Step[] }>;
    };
    expect(Object.keys(workflow.on)).toEqual(["pull_request", "push"]);
    const steps = workflow.jobs.parity?.steps ?? [];
    const used = steps.find((step) => step.uses?.includes("/.github/actions/parity@"));
    for (const name of Object.keys(used?.with ?? {})) expect(Object.keys(action.inputs)).toContain(name);
    expect(used?.id).toBe("parity");
    const sarif = steps.find((step) => step.uses?.includes("upload-sarif"));
    expect(sarif?.if).toContain("steps.parity.outputs.exit-code");
    expect(sarif?.with).toEqual({ sarif_file: `${String(used?.with?.out)}/parity.sarif` });
    expect(workflow.permissions["security-events"]).toBe("write");
  });

  it("the GitLab job reads the JUnit report that it writes", () => {
    const { parity } = read("examples/ci/gitlab-ci.yml") as {
      parity: { script: string[]; artifacts: { when: string; reports: { junit: string } } };
    };
    const out = /--out (\S+)/.exec(parity.script[0] ?? "")?.[1];
    expect(parity.artifacts).toMatchObject({ when: "always", reports: { junit: `${out}/junit.xml` } });
    expect(parity.script[0]).toMatch(/--report \S*junit/);
  });

  it("the script that shows the gate has every faulty port and is a script", async () => {
    const { exitCode, stderr } = await execa("bash", ["-n", `${ROOT}examples/ci/gate.sh`], { reject: false });
    expect(exitCode, stderr).toBe(0);
  });
});
