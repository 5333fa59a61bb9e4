import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { runCauses } from "../../src/cli/commands/causes.js";
import { CATALOGUE, causesOf } from "../../src/diagnose/catalogue/index.js";
import { CAUSE_IDS } from "../../src/diagnose/cause-ids.js";
import { renderCause, renderCauseList, renderCausesMarkdown } from "../../src/report/render-causes.js";
import { createPaint } from "../../src/report/terminal/paint.js";
import { ROOT } from "../helpers/python.js";

const PLAIN = createPaint(false);

describe("the catalogue of causes", () => {
  it("is docs/causes.md, word for word: `parity causes --markdown > docs/causes.md` brings it up to date", () => {
    expect(readFileSync(`${ROOT}docs/causes.md`, "utf8")).toBe(renderCausesMarkdown());
  });

  it("has every cause once, in one of three groups, and each says what it is in one line", () => {
    const listed = (["weights", "layers", "run"] as const).flatMap(causesOf);
    expect([...listed].sort()).toEqual([...CAUSE_IDS].sort());
    for (const id of CAUSE_IDS) {
      expect(CATALOGUE[id].what, id).not.toMatch(/\n|\.$/);
      expect(CATALOGUE[id].shows === "any-input", id).toBe(CATALOGUE[id].needs === null);
    }
  });

  it("lists ids under their groups within the terminal's width", () => {
    const lines = renderCauseList(PLAIN, 90).split("\n");
    expect(lines[0]).toBe("Weights");
    expect(lines).toContain("Layers");
    expect(lines).toContain("The run");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
    for (const id of CAUSE_IDS) expect(lines.some((line) => line.startsWith(`  ${id} `))).toBe(true);
  });

  it("explains one cause: what is seen, what proves it, the fix, traps, and that no forward pass shows a momentum", () => {
    const text = renderCause("norm-epsilon", PLAIN, 100);
    for (const part of ["sees", "proof", "nn.LayerNorm(width, eps=1e-12)", "trap", "shows"])
      expect(text).toContain(part);
    expect(renderCause("batchnorm-momentum", PLAIN, 100)).toContain("not observable in a forward pass");
  });
});

describe("parity causes", () => {
  it("prints one cause as JSON", () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      expect(runCauses({ id: "gate-order", json: true, markdown: false })).toBe(0);
      expect(JSON.parse(String(write.mock.calls[0]?.[0]))).toMatchObject({ id: "gate-order", group: "weights" });
    } finally {
      write.mockRestore();
    }
  });

  it("names the nearest id for one that it does not know", () => {
    expect(() => runCauses({ id: "norm-epsilom", json: false, markdown: false })).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("norm-epsilon") }),
    );
  });
});
