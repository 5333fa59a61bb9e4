import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { widthOf } from "../../src/report/terminal/fit-text.js";
import { renderTerminal } from "../../src/report/terminal.js";
import type { CheckResult } from "../../src/report/types.js";
import { badResult, goodResult, hostileResult, inconclusiveResult } from "../helpers/sample-result.js";

const WIDE = { color: false, width: 110, reportPath: "reports/gpt2-124M/index.html" } as const;

describe("the terminal says what is wrong", () => {
  test("a broken port: verdict, first divergence, proved finding with place, proof and fix, in that order", () => {
    const lines = renderTerminal(badResult(), WIDE).split("\n");
    expect(lines.slice(0, 8)).toEqual([
      "✗ not parity · gpt2-124M · 3 cases · 112 pairs, 0 unmatched outputs · 4.1 s",
      "",
      "  first divergence  h.3.attn.c_proj   local ×5.4e5 noise   (everything before it is within noise)",
      "",
      "  ✗ confirmed  un-transposed weight        h.3.attn.c_proj.weight   768×768, square: no shape error",
      "      port/model.py:41  nn.Linear stores [out, in]; the checkpoint's model/h3/attn/c_proj/w is [in, out]",
      "      with .T the layer's error falls 3.1e+0 → 4.4e-7 (noise floor 3.9e-7)",
      '      fix      state["h.3.attn.c_proj.weight"] = w.T',
    ]);
  });

  test("what is only suspected comes after what is confirmed, though it was found first", () => {
    const text = renderTerminal(badResult(), WIDE);
    expect(text.indexOf("✗ confirmed")).toBeGreaterThan(0);
    expect(text.indexOf("? suspected")).toBeGreaterThan(text.indexOf("✗ confirmed"));
  });

  test("the pairs around the first divergence show where the error begins", () => {
    const text = renderTerminal(badResult(), WIDE);
    expect(text).toMatch(/ {4}h\.3\.attn\.c_attn +5\.5e-8 +2\.6e-7 +×0\.07 bound +✓ within noise/);
    expect(text).toMatch(/ {2}▸ h\.3\.attn\.c_proj +8\.6e-2 +1\.3e-1 +×5\.4e5 noise +✗ mismatch/);
    expect(text).toContain("… 75 more below");
    expect(text).not.toContain("h.9.mlp");
  });

  test("verbose shows every pair and the evidence of a confirmed finding", () => {
    const text = renderTerminal(badResult(), { ...WIDE, verbose: true });
    expect(text).toContain("h.9.mlp");
    expect(text).toContain("· the other 11 attn.c_proj.weight are transposed");
  });
});

describe("a fault in the code", () => {
  const gelu = (): CheckResult => {
    const bad = badResult();
    return {
      ...bad,
      findings: [
        {
          cause: "gelu-approximation",
          status: "confirmed",
          pair: "h.0.mlp.c_proj",
          pairs: ["h.0.mlp.c_proj", "h.1.mlp.c_proj", "h.2.mlp.c_proj"],
          parameters: [],
          parameter: null,
          source: { file: "port/model.py", line: 17 },
          message: "the original computes gelu by tanh, the port gelu by erf (port/model.py:17)",
          evidence: ["the graph has Tanh"],
          against: [],
          experiment: { change: "gelu by tanh", errorBefore: 3e-4, errorAfter: 7e-7, floor: null },
          fix: 'F.gelu(x, approximate="tanh")',
          rewrite: {
            file: "port/model.py",
            line: 17,
            before: "        return self.c_proj(F.gelu(self.c_fc(x)))",
            after: '        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))',
          },
          repro: "reports/gpt2-124M/repro-h.0.mlp.c_proj",
        },
      ],
    };
  };

  test("is shown as a change of the user's own line, its place named once, with the other layers that have it", () => {
    const lines = renderTerminal(gelu(), WIDE).split("\n");
    const at = lines.findIndex((line) => line.includes("another form of gelu"));
    expect(lines.slice(at, at + 8)).toEqual([
      "  ✗ confirmed  another form of gelu        h.0.mlp.c_proj",
      "      port/model.py:17  the original computes gelu by tanh, the port gelu by erf",
      "      also     in 2 places: h.1.mlp.c_proj, h.2.mlp.c_proj",
      "      with gelu by tanh the layer's error falls 3.0e-4 → 7.0e-7",
      "      fix      port/model.py:17",
      "               − return self.c_proj(F.gelu(self.c_fc(x)))",
      '               + return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))',
      "      repro    reports/gpt2-124M/repro-h.0.mlp.c_proj",
    ]);
  });

  test("what --fix wrote is said with what a second check found", () => {
    const fix = {
      file: "repaired.safetensors",
      repaired: ["h.3.attn.c_proj.weight"],
      recheck: { verdict: "parity", sentence: "written, and with it: parity" },
    } as const;
    expect(renderTerminal({ ...gelu(), fix }, WIDE)).toContain(
      "  fixed    ✓ repaired.safetensors (1 repaired weight): written, and with it: parity",
    );
  });

  test("a suspicion tells what speaks against it, and its title never runs into the layer's name", () => {
    const [finding] = gelu().findings;
    if (finding === undefined) throw new Error("no finding");
    const suspected = {
      ...finding,
      cause: "position-offset",
      status: "suspected",
      fix: null,
      rewrite: null,
      evidence: ["the same in 3 places", "seen"],
      against: ["with the change h.0 still differs by 4.6e+0"],
    } as const;
    const text = renderTerminal({ ...gelu(), findings: [suspected] }, WIDE);
    expect(text).toContain("positions counted from elsewhere  h.0.mlp.c_proj");
    expect(text).toContain("· with the change h.0 still differs by 4.6e+0");
    expect(text).not.toContain("the same in 3 places");
  });
});

describe("a good port is one calm screen", () => {
  test("margin, weights, what was not covered, report path, and nothing else", () => {
    expect(renderTerminal(goodResult(), WIDE).split("\n")).toEqual([
      "✓ parity · gpt2-124M · 3 cases · 112 pairs, 0 unmatched outputs · 4.1 s",
      "",
      "  worst    h.0.mlp.c_proj ×1.2 noise, 3.3 times below its limit of ×4",
      "  weights  48/48 equal",
      "",
      "  unseen   padded inputs: the original has no attention mask",
      "  unseen   lengths over 1,023 tokens",
      "",
      "  report   reports/gpt2-124M/index.html",
      "",
    ]);
  });

  test("more than two open points are counted, not listed", () => {
    const good = goodResult();
    const summary = { ...good.summary, notCovered: ["a", "b", "c", "d"] };
    const text = renderTerminal({ ...good, summary }, WIDE);
    expect(text).toContain("… 2 more points in the report");
  });
});

test("an inconclusive check says why and what to do next", () => {
  const text = renderTerminal(inconclusiveResult(), WIDE);
  expect(text).toMatch(/^\? could not judge · gpt2-124M/);
  expect(text).toContain("the candidate's output `logits` has no partner");
  expect(text).toContain("next     pair the unmatched outputs by hand with --map FILE");
  expect(text).toContain("unmatched candidate output logits: no tensor of the reference has the shape 3×7×50257");
});

describe("the view fits the terminal", () => {
  test.each([60, 80, 100, 200])("no line is wider than %d columns", (width) => {
    for (const result of [goodResult(), badResult(), inconclusiveResult()]) {
      const lines = renderTerminal(result, { ...WIDE, width }).split("\n");
      expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
    }
  });

  test("a long path keeps its beginning and its end", () => {
    const reportPath = `reports/${"deep/".repeat(40)}index.html`;
    const line =
      renderTerminal(goodResult(), { color: false, width: 60, reportPath }).trimEnd().split("\n").at(-1) ?? "";
    expect(widthOf(line)).toBe(60);
    expect(line).toMatch(/report {3}reports\/deep.*….*deep\/index\.html$/);
  });

  test("colour changes nothing but colour, and is absent when it is not wanted", () => {
    const colored = renderTerminal(badResult(), { ...WIDE, color: true });
    const plain = renderTerminal(badResult(), WIDE);
    expect(colored).not.toBe(plain);
    expect(stripVTControlCharacters(colored)).toBe(plain);
  });

  test("a name with escape sequences cannot move the cursor", () => {
    const text = renderTerminal({ ...hostileResult(), name: "\u001b[2Jgone\r\u202eevil" }, WIDE);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("\\u{1b}[2Jgone\\u{d}\\u{202e}evil");
  });
});
