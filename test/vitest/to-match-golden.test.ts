import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it, vi } from "vitest";
import "../../src/vitest/types.js";
import { faulty, PORT, recordTiny } from "../helpers/golden.js";
import { ROOT } from "../helpers/python.js";
import { newFolder } from "../helpers/run-cli.js";

/** A project of a user's own, with parity and vitest installed in it. */
const project = newFolder();

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { title: string; status: string; failureMessages: string[] }[];
  }[];
}

async function runVitest(): Promise<Map<string, { status: string; message: string }>> {
  const { stdout, stderr } = await execa(
    process.execPath,
    [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--root", project, "--reporter", "json"],
    { cwd: project, reject: false, env: { FORCE_COLOR: "1" } },
  );
  const start = stdout.indexOf("{");
  if (start === -1) throw new Error(`vitest gave no report: ${stdout}${stderr}`);
  const report = JSON.parse(stdout.slice(start)) as Report;
  return new Map(
    report.testResults.flatMap((file) =>
      file.assertionResults.map(({ title, status, failureMessages }) => [
        title,
        { status, message: failureMessages.join("\n") },
      ]),
    ),
  );
}

describe("toMatchGolden in a project's own test suite", () => {
  let results: Map<string, { status: string; message: string }>;

  beforeAll(async () => {
    await recordTiny(join(project, "golden/tiny"), { inner: "none", double: "none" }, { texts: ["Once."] });
    mkdirSync(join(project, "node_modules"), { recursive: true });
    for (const [name, target] of [
      ["parity", ROOT],
      ["vitest", join(ROOT, "node_modules/vitest")],
    ] as const)
      symlinkSync(target.replace(/\/$/, ""), join(project, "node_modules", name));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(project, "vitest.config.mjs"),
      'export default { test: { setupFiles: ["parity/vitest/setup"], testTimeout: 300000 } };',
    );
    writeFileSync(
      join(project, "port.test.mjs"),
      `import { toMatchGolden } from "parity/vitest";
import { expect, it } from "vitest";
it("right", async () => { await expect(${JSON.stringify(PORT)}).toMatchGolden("tiny"); });
it("object", async () => { await expect({ model: ${JSON.stringify(PORT)} }).toMatchGolden("golden/tiny", { timeout: 250 }); });
it("wrong", async () => { await expect(${JSON.stringify(faulty("untransposed_c_proj"))}).toMatchGolden("tiny"); });
it("absent", async () => { await expect(${JSON.stringify(PORT)}).not.toMatchGolden("nowhere"); });
it("exported", () => { expect(typeof toMatchGolden).toBe("function"); });
`,
    );
    results = await runVitest();
  });

  // A whole check each, perhaps several, and recordings: seconds on a quiet machine, minutes on a busy one.
  vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

  it("is known to vitest's own types, as one that is awaited", () => {
    const typed = (): Promise<void> => expect("port.py:build").toMatchGolden("gpt2", { precision: "both" });
    expect(typed).toBeTypeOf("function");
  });

  it("passes for a port at parity, named by a string or an object", () => {
    expect(results.get("right")).toEqual({ status: "passed", message: "" });
    expect(results.get("object")?.status, results.get("object")?.message).toBe("passed");
    expect(results.get("exported")?.status).toBe("passed");
  });

  it("fails for a wrong one with the report, without colours", () => {
    const { status, message } = results.get("wrong") ?? { status: "", message: "" };
    expect(status).toBe("failed");
    expect(message).toContain("✗ not parity · tiny");
    expect(message).toMatch(/un-transposed weight +h\.2\.attn\.c_proj\.weight/);
    expect(message).toContain('fix      state["h.2.attn.c_proj.weight"]');
    expect(message).not.toContain("\u001b[");
  });

  it("fails under not as well when nothing could be judged, and says what to do", () => {
    const { status, message } = results.get("absent") ?? { status: "", message: "" };
    expect(status).toBe("failed");
    expect(message).toContain("There is no golden nowhere");
    expect(message).toContain("parity record --out golden/nowhere");
  });
});
