import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { describePairMarkdown } from "../../../../../src/report/html/page/markdown/describe-pair.js";
import { describeResultMarkdown } from "../../../../../src/report/html/page/markdown/describe-result.js";
import { block, code, codeCell, prose } from "../../../../../src/report/html/page/markdown/escape.js";
import { PYTHON } from "../../../../helpers/python.js";
import { badResult, goodResult, hostileResult } from "../../../../helpers/sample-result.js";

/** Renders texts by an independent CommonMark parser with GitHub's tables, in one process. */
async function render(...texts: readonly string[]): Promise<string[]> {
  const script =
    "import json, sys; from markdown_it import MarkdownIt; " +
    "parser = MarkdownIt('commonmark', {'html': True}).enable('table'); " +
    "print(json.dumps([parser.render(text) for text in json.load(sys.stdin)]))";
  const { stdout } = await execa(PYTHON, ["-c", script], { input: JSON.stringify(texts) });
  return (JSON.parse(stdout) as string[]).map((html) => html.trim());
}

describe("the report as Markdown", () => {
  test("answers in its first lines and has the findings with proof and fix, readable without rendering", () => {
    const text = describeResultMarkdown(badResult());
    expect(text.split("\n\n").slice(0, 4)).toEqual([
      "### ✗ not parity: gpt2-124M",
      "Not the same function: it departs at h.3.attn.c\\_proj, whose weight is stored un-transposed.",
      "3 cases · 112 pairs · weights 47/48 equal, 1 differs · reference `models/124M/model.ckpt` · candidate `port/model.py:load`",
      "First divergence: `h.3.attn.c_proj`, local ×5.4e5 noise; everything before it is within noise.",
    ]);
    expect(text).toContain("**✗ confirmed: un-transposed weight** in `h.3.attn.c_proj.weight` (`port/model.py:41`)");
    expect(text).toContain("the layer's error goes 3.1e+0 → 4.4e-7");
    expect(text).toContain('```python\nstate["h.3.attn.c_proj.weight"] = w.T\n```');
    expect(text).toContain("**✓ parity**");
    expect(text).toContain("- padded inputs: the original has no attention mask");
    expect(text).toContain("| `h.3.attn.c_proj` | 8.6e-2 | 1.3e-1 | ×5.4e5 noise |");
  });

  test("of a good port is short", () => {
    expect(describeResultMarkdown(goodResult())).toMatch(/^### ✓ parity: gpt2-124M\n/);
    expect(describeResultMarkdown(goodResult())).not.toContain("<details>");
  });

  test("renders as headings, code and tables, and names of a hostile model stay text", async () => {
    const [html, hostile] = await render(describeResultMarkdown(badResult()), describeResultMarkdown(hostileResult()));
    expect(html).toContain("<h3>✗ not parity: gpt2-124M</h3>");
    expect(html).toContain("<td><code>h.3.attn.c_proj</code></td>");
    expect(hostile).not.toMatch(/<img|<\/script/);
    expect(hostile).toContain("&lt;img src=x onerror=alert(1)&gt;");
  });
});

test("a layer as Markdown tells where it is, its errors, its worst element and its rule", () => {
  const pair = badResult().pairs.find((one) => one.id === "h.3.attn.c_proj");
  if (pair === undefined) throw new Error("the sample has the pair");
  const text = describePairMarkdown(pair);
  for (const part of [
    "**✗ mismatch** `h.3.attn.c_proj`, ×5.4e5 noise",
    "- reference `model/h3/attn/c_proj`, 3×7×768 float32",
    "local 8.6e-2, accumulated 1.3e-1",
    "at [1, 4, 301]: reference 2.73, candidate 3.4039",
    "would pass at atol = rtol = 2.7e-1",
  ]) {
    expect(text).toContain(part);
  }
});

describe("what Markdown gives a meaning", () => {
  const evil = [
    "a`b",
    "``",
    "`x`",
    "a|b",
    "[x](javascript:1)",
    "# h",
    "<b>",
    "*x*_y_",
    "a\nb",
    "@user",
    "![i](x)",
    "&lt;",
  ];

  test("is shown as it is, as text, as code, and as code in a table", async () => {
    const tables = evil.map((text) => `| a |\n|---|\n| ${codeCell(text)} |\n`);
    const html = await render(...evil.map(prose), ...evil.map(code), ...tables);
    evil.forEach((text, at) => {
      const line = text.replace("\n", " ");
      const shown = line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
      expect(html[at]).toBe(`<p>${shown}</p>`);
      expect(html[evil.length + at]).toBe(`<p><code>${shown}</code></p>`);
      expect(html[2 * evil.length + at]).toContain(`<td><code>${shown}</code></td>`);
    });
  });

  test("does not end a block of code", async () => {
    const text = "a\n```\n<b>\n````";
    expect(await render(block(text, "python"))).toEqual([
      '<pre><code class="language-python">a\n```\n&lt;b&gt;\n````\n</code></pre>',
    ]);
  });
});
