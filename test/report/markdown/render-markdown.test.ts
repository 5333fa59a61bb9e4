import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ParityError } from "../../../src/errors.js";
import { describeFailure } from "../../../src/report/failure.js";
import { codeSpan, plainText } from "../../../src/report/markdown/escape-markdown.js";
import { fitBlocks } from "../../../src/report/markdown/fit-blocks.js";
import { renderMarkdown, renderMarkdownFailure } from "../../../src/report/markdown/render-markdown.js";
import { pipePython } from "../../helpers/pipe-python.js";
import { RESULTS, uncoveredResult, waivedResult } from "../../helpers/sample-gated.js";
import { badResult, goodResult, hostileResult } from "../../helpers/sample-result.js";

const htmlOf = (markdown: string) => pipePython("test/fixtures/report/render_markdown.py", markdown);

describe("parity.md", () => {
  it.each(RESULTS)("of %s fits a comment, and every fold that is opened is closed", (_, make) => {
    const text = renderMarkdown(make());
    expect(Buffer.byteLength(text)).toBeLessThan(64_000);
    expect(text.split("<details>").length).toBe(text.split("</details>").length);
    expect(text).toMatch(/^## [✓✗?] /);
  });

  it("tells verdict, first divergence, cause and fix in its first lines", () => {
    const top = renderMarkdown(badResult()).split("<details>")[0];
    expect(top).toContain("## ✗ not parity · `gpt2-124M`");
    expect(top).toContain("First divergence: `h.3.attn.c_proj`, ×5.4e5 noise");
    expect(top).toContain("**confirmed: un-transposed weight** in `h.3.attn.c_proj.weight` at `port/model.py:41`");
    expect(top).toContain('Fix: `state["h.3.attn.c_proj.weight"] = w.T`');
  });

  it("is tables and folds to a real renderer", async () => {
    const html = await htmlOf(renderMarkdown(badResult()));
    const rows = html.split("<tr>").length - 2;
    expect(rows).toBe(badResult().pairs.length);
    expect(html.match(/<tr>[\s\S]*?<\/tr>/g)?.every((row) => row.split(/<t[hd]/).length - 1 === 5)).toBe(true);
    expect(html).toContain("<summary>✗ confirmed: un-transposed weight");
    expect(html.indexOf("<code>h.3.attn.c_proj</code>")).toBeLessThan(html.indexOf("<code>wte</code>"));
  });

  it("shows waivers with reason and owner, and why the gate failed", async () => {
    const html = await htmlOf(renderMarkdown(waivedResult()));
    expect(html).toContain(
      "waived: <code>h.3.attn.c_proj</code>, until 2027-01-31 by speech: known | `since` &lt;b&gt;May",
    );
    expect(html).not.toContain("<b>");
    expect(renderMarkdown(waivedResult())).toMatch(/^## ✓ not parity, gate passed/);
    expect(renderMarkdown(uncoveredResult())).toMatch(/^## ✗ parity, gate failed[\s\S]*### Gate: fail[\s\S]*✗ taps:/);
    expect(renderMarkdown(goodResult())).not.toContain("### Gate");
  });

  it("has no markup, link, HTML or mention from names", async () => {
    const html = await htmlOf(renderMarkdown(hostileResult()));
    expect(html).not.toMatch(/<(img|script)/);
    for (const text of [
      "[a](http://x)",
      "**a**",
      "@octocat",
      "<img src=x>",
      "a | b",
      "![x](y)",
      "# a",
      "`a`",
      "&lt;",
    ]) {
      expect((await htmlOf(plainText(text))).trim()).toBe(`<p>${escaped(text)}</p>`);
      expect(plainText(text)).not.toContain("@");
    }
  });

  it("tells why there is no result, with the traceback folded", async () => {
    const error = new ParityError("CANDIDATE_RAISED", "forward() raised <x>", {
      detail: "a\n```\nb",
      where: { file: "p.py", line: 3 },
    });
    const html = await htmlOf(renderMarkdownFailure(describeFailure(error, "gpt2")));
    expect(html).toContain("<h2>? parity could not judge <code>gpt2</code></h2>");
    expect(html).toContain("forward() raised &lt;x&gt;");
    expect(html).toContain("<code>p.py:3</code>");
    expect(html).toContain("a\n```\nb");
  });
});

describe("cutting", () => {
  it("keeps under the limit and whole rows, whatever there is, and says what was cut", () => {
    const blocks = fc.array(fc.string({ maxLength: 400, unit: "grapheme" }), { minLength: 1, maxLength: 6 });
    const rows = fc.array(fc.string({ maxLength: 100 }), { maxLength: 40 });
    fc.assert(
      fc.property(blocks, rows, fc.integer({ min: 700, max: 4000 }), (one, many, limit) => {
        const text = fitBlocks(one, many, limit);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
        expect(text.split("<details>").length).toBeGreaterThanOrEqual(text.split("</details>").length);
      }),
    );
    const cut = fitBlocks(["head", "x".repeat(2000)], ["| a |", "| b |"], 1000);
    expect(cut).toContain("Cut for length: 1 part.");
    expect(cut).toContain("| b |");
  });
});

describe("a code span", () => {
  it("holds backticks, bars and line ends without leaving its cell", async () => {
    for (const text of ["a`b", "``", "a|b", "a\nb", " a", ""]) {
      const html = await htmlOf(`| h |\n|---|\n| ${codeSpan(text)} |`);
      expect(html.match(/<td>/g)).toHaveLength(1);
    }
    expect(await htmlOf(codeSpan("a`b"))).toContain("<code>a`b</code>");
  });
});

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
