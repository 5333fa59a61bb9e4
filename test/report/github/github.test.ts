import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ParityError } from "../../../src/errors.js";
import { describeFailure } from "../../../src/report/failure.js";
import { announce, wantsGitHub } from "../../../src/report/github/announce.js";
import { renderAnnotations, renderFailureAnnotation } from "../../../src/report/github/render-annotations.js";
import { workflowCommand } from "../../../src/report/github/workflow-command.js";
import { CONTEXT } from "../../helpers/report-context.js";
import { RESULTS, waivedResult } from "../../helpers/sample-gated.js";
import { badResult, goodResult, hostileResult, hugeResult } from "../../helpers/sample-result.js";

/**
 * Reads one line as GitHub's runner does: `::name key=value,key=value::message`. Properties end at the first `::`, are parted by
 * commas and read back from %25, %0D, %0A, %3A, %2C; the message from the first three.
 */
function parseCommand(line: string): { name: string; properties: Record<string, string>; message: string } {
  const end = line.indexOf("::", 2);
  if (!line.startsWith("::") || end < 0) throw new Error(`no command: ${line}`);
  const [name = "", ...rest] = line.slice(2, end).split(" ");
  const decode = (text: string) => text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
  const properties = rest
    .join(" ")
    .split(",")
    .filter((one) => one !== "")
    .map((one): [string, string] => {
      const at = one.indexOf("=");
      return [
        one.slice(0, at),
        decode(
          one
            .slice(at + 1)
            .replaceAll("%3A", ":")
            .replaceAll("%2C", ","),
        ),
      ];
    });
  return { name, properties: Object.fromEntries(properties), message: decode(line.slice(end + 2)) };
}

const commandsOf = (text: string) => text.split("\n").slice(0, -1).map(parseCommand);

describe("annotations", () => {
  it("read back as they were written, whatever is in them: no text ends a command or begins another", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "%", "\r", "\n", ":", ",", "=", " ", "ü", "25", "0A") });
    fc.assert(
      fc.property(text, text, (title, message) => {
        const line = workflowCommand("error", { file: null, title }, message);
        expect(line).not.toMatch(/[\r\n]/);
        expect(parseCommand(line)).toEqual({ name: "error", properties: { title }, message });
      }),
    );
  });

  it.each(RESULTS)("of %s are at most ten, worst first", (_, make) => {
    const rank = { error: 0, warning: 1, notice: 2 };
    const seen = commandsOf(renderAnnotations(make(), CONTEXT));
    expect(seen.length).toBeLessThanOrEqual(10);
    const ranks = seen.filter((one) => one.properties.title !== "parity").map((one) => Reflect.get(rank, one.name));
    expect(ranks).toEqual([...ranks].sort());
  });

  it("stand at the user's line in the repository, with the proof and the fix; nothing is written for a right port", () => {
    expect(renderAnnotations(goodResult(), CONTEXT)).toBe("");
    const [first] = commandsOf(renderAnnotations(badResult(), CONTEXT));
    expect(first).toMatchObject({
      name: "error",
      properties: { file: "models/port/model.py", line: "41", title: "un-transposed weight: h.3.attn.c_proj.weight" },
    });
    expect(first?.message).toContain("the layer's error goes 3.1e+0 → 4.4e-7. Fix: state[");
  });

  it("say how many more there are, so that nobody takes ten for all", () => {
    const bad = hugeResult();
    const pairs = bad.pairs.map((pair, at) => (at < 40 ? { ...pair, verdict: "mismatch" as const } : pair));
    const seen = commandsOf(renderAnnotations({ ...bad, pairs, findings: [] }, CONTEXT));
    expect(seen).toHaveLength(10);
    expect(seen.at(-1)).toMatchObject({
      name: "error",
      message: expect.stringMatching(/^3\d more results of gpt2-huge/),
    });
  });

  it("of a waived fault are notices", () => {
    const one = commandsOf(renderAnnotations(waivedResult(), CONTEXT)).find((seen) => seen.name === "notice");
    expect(one?.properties.title).toContain("(waived)");
  });

  it("tell why there is no result", () => {
    const error = new ParityError("TIMEOUT", "the candidate took longer than 1 s", { hint: "Raise --timeout." });
    expect(commandsOf(renderFailureAnnotation(describeFailure(error, "gpt2"), CONTEXT))).toEqual([
      {
        name: "error",
        properties: { title: "parity could not judge gpt2" },
        message: "the candidate took longer than 1 s Raise --timeout.",
      },
    ]);
  });
});

describe("the job summary", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "parity-summary-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is appended to what the step wrote before, and stays under GitHub's limit", async () => {
    const path = join(folder, "summary.md");
    await writeFile(path, "before\n");
    const annotations = await announce({ result: badResult() }, CONTEXT, { GITHUB_STEP_SUMMARY: path });
    expect(annotations).toContain("::error ");
    expect(await readFile(path, "utf8")).toMatch(/^before\n## ✗ not parity · `gpt2-124M`/);
    await writeFile(path, "x".repeat(890_000));
    await announce({ result: hugeResult() }, CONTEXT, { GITHUB_STEP_SUMMARY: path });
    const text = await readFile(path);
    expect(text.length).toBeGreaterThan(890_000);
    expect(text.length).toBeLessThanOrEqual(900_001);
    expect(text.toString()).toMatch(/Cut for length: .*pairs of 1000/);
    await writeFile(path, "x".repeat(900_000));
    await announce({ result: hostileResult() }, CONTEXT, { GITHUB_STEP_SUMMARY: path });
    expect((await readFile(path)).length).toBe(900_000);
  });

  it("that cannot be written fails nothing, and is told", async () => {
    const said = await announce({ result: goodResult() }, CONTEXT, { GITHUB_STEP_SUMMARY: join(folder, "no/such") });
    expect(said).toContain("::warning title=parity::the job summary could not be written");
  });

  it("and annotations are for those who asked, and for Actions unless no report is wanted", () => {
    expect(wantsGitHub(["github"], {})).toBe(true);
    expect(wantsGitHub(["json"], {})).toBe(false);
    expect(wantsGitHub(["json"], { GITHUB_ACTIONS: "true" })).toBe(true);
    expect(wantsGitHub([], { GITHUB_ACTIONS: "true" })).toBe(false);
  });
});
