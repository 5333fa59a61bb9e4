import type { Page } from "playwright-core";
import { describe, expect, test, vi } from "vitest";
import type { CheckResult } from "../../../src/report/types.js";
import { reportTabs } from "../../helpers/report-tab.js";
import { measuredPair } from "../../helpers/sample-pair.js";
import { badResult, detailedResult } from "../../helpers/sample-result.js";

vi.setConfig({ testTimeout: 60_000 });

const tabs = reportTabs();

const search = (opened: Page) => opened.getByRole("searchbox", { name: "Search layers" });
const focused = (opened: Page) =>
  opened.evaluate(() => (document.activeElement instanceof HTMLElement ? document.activeElement.dataset.pair : null));
const heading = (opened: Page) => opened.getByRole("heading", { level: 1 }).textContent();

/** Two faults, so that there is a next one. */
function twoFaults(): CheckResult {
  const bad = detailedResult();
  const second = "h.7.mlp.c_fc";
  return { ...bad, pairs: bad.pairs.map((pair) => (pair.id === second ? measuredPair(second, 900, 0.3) : pair)) };
}

describe("search", () => {
  test("narrows ladder, table and tree, says how much is left, and is kept in the address", async () => {
    const opened = await tabs.open(badResult());
    await search(opened).fill("h.3 type:layernorm");
    await opened.getByText("2 of 112 shown").waitFor();
    expect(await opened.locator(".rung bdi").allTextContents()).toEqual(["h.3.ln_1", "h.3.ln_2"]);
    const tree = opened.getByRole("navigation", { name: "Model" });
    expect(await tree.getByRole("link").allTextContents()).toEqual(["3", "ln_1", "ln_2"]);
    await opened.getByRole("button", { name: "table", exact: true }).click();
    expect(await opened.locator(".pair-table tbody tr").count()).toBe(2);
    await opened.reload();
    await opened.getByText("2 of 112 shown").waitFor();
    expect(await search(opened).inputValue()).toBe("h.3 type:layernorm");
  });

  test("verdicts are buttons that write the search, which finds the fault among all", async () => {
    const opened = await tabs.open(badResult());
    await opened.getByRole("button", { name: "✗ mismatch 1" }).click();
    expect(await search(opened).inputValue()).toBe("verdict:mismatch");
    expect(await opened.locator(".rung bdi").allTextContents()).toEqual(["h.3.attn.c_proj"]);
    await opened.getByRole("button", { name: "✗ mismatch 1" }).click();
    expect(await opened.locator(".rung").count()).toBe(112);
  });

  test("that finds nothing says so and gives all back", async () => {
    const opened = await tabs.open(badResult());
    await search(opened).fill("no such layer");
    await opened.getByRole("button", { name: "Show all" }).click();
    expect(await opened.locator(".rung").count()).toBe(112);
  });
});

describe("keys", () => {
  test("n and p go through the mismatches, on the ladder and from page to page", async () => {
    const opened = await tabs.open(twoFaults());
    await opened.keyboard.press("n");
    expect(await focused(opened)).toBe("h.3.attn.c_proj");
    await opened.keyboard.press("n");
    expect(await focused(opened)).toBe("h.7.mlp.c_fc");
    await opened.keyboard.press("n");
    expect(await focused(opened)).toBe("h.7.mlp.c_fc");
    await opened.keyboard.press("p");
    await opened.keyboard.press("Enter");
    await opened.locator(".layer-page").waitFor();
    expect(await heading(opened)).toBe("h.3.attn.c_proj");
    await opened.keyboard.press("n");
    await opened.waitForFunction(() => document.querySelector(".layer-page h1")?.textContent === "h.7.mlp.c_fc");
    await opened.keyboard.press("p");
    await opened.waitForFunction(() => document.querySelector(".layer-page h1")?.textContent === "h.3.attn.c_proj");
  });

  test("j and k step through all layers", async () => {
    const opened = await tabs.open(badResult(), "#/?show=table");
    await opened.keyboard.press("j");
    await opened.keyboard.press("j");
    expect(await focused(opened)).toBe("wpe");
    await opened.keyboard.press("k");
    expect(await focused(opened)).toBe("wte");
  });

  test("/ searches, Enter opens the first found, Escape clears, then goes back to all layers", async () => {
    const opened = await tabs.open(badResult());
    await opened.keyboard.press("/");
    await opened.keyboard.type("h.5 c_fc");
    await opened.keyboard.press("Enter");
    await opened.locator(".layer-page").waitFor();
    expect(await heading(opened)).toBe("h.5.mlp.c_fc");
    await opened.keyboard.press("Escape");
    expect(await search(opened).inputValue()).toBe("");
    expect(await heading(opened)).toBe("h.5.mlp.c_fc");
    await opened.keyboard.press("Escape");
    await opened.locator(".layer-page").waitFor({ state: "detached" });
  });

  test("? lists them, and Escape closes the list", async () => {
    const opened = await tabs.open(badResult());
    await opened.keyboard.press("?");
    const dialog = opened.getByRole("dialog", { name: "Keys and search" });
    expect(await dialog.textContent()).toContain("next mismatch");
    await opened.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await opened.getByRole("button", { name: "Keys and search" }).click();
    await opened.getByRole("button", { name: "close" }).click();
    await dialog.waitFor({ state: "detached" });
  });
});

describe("ways around", () => {
  test("the first divergence leads to its layer, and back is where one was", async () => {
    const opened = await tabs.open(badResult());
    await opened.locator(".rung").nth(40).scrollIntoViewIfNeeded();
    const before = await opened.evaluate(() => window.scrollY);
    await opened.evaluate(() => {
      document.querySelector<HTMLAnchorElement>(".divergence a")?.click();
    });
    await opened.locator(".layer-page").waitFor();
    expect(await opened.evaluate(() => window.scrollY)).toBe(0);
    await opened.goBack();
    await opened.locator(".layer-page").waitFor({ state: "detached" });
    expect(await opened.evaluate(() => window.scrollY)).toBe(before);
  });

  test("a finding and a part of the overview have addresses", async () => {
    const opened = await tabs.open(badResult(), "#/finding/2");
    await opened.waitForFunction(() => document.activeElement?.id === "finding-2");
    await opened.goto(opened.url().replace(/#.*/, "#/weights"));
    await opened.waitForFunction(() => document.activeElement?.id === "weights");
    expect(await opened.locator("#weights").evaluate((part) => part.getBoundingClientRect().top)).toBeLessThan(450);
  });

  test("the tree unfolds and folds, and marks the layer that is shown", async () => {
    const opened = await tabs.open(badResult());
    const tree = opened.getByRole("navigation", { name: "Model" });
    const blocks = tree.getByRole("button", { name: "4 … 11: what it holds" });
    expect(await blocks.getAttribute("aria-expanded")).toBe("false");
    await blocks.click();
    await tree.getByRole("button", { name: "9: what it holds" }).click();
    await tree.getByRole("link", { name: "ln_2" }).last().click();
    await opened.locator(".layer-page").waitFor();
    expect(await heading(opened)).toBe("h.9.ln_2");
    expect(await tree.locator("[aria-current=page]").textContent()).toBe("ln_2");
    await blocks.click();
    expect(await tree.getByRole("button", { name: "9: what it holds" }).count()).toBe(0);
  });

  test("the report and a layer are copied as Markdown", async () => {
    const opened = await tabs.open(badResult());
    await tabs.browser().context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await opened.getByRole("button", { name: "Copy as Markdown: the report" }).click();
    await opened.getByText("✓ copied").waitFor();
    const report = await opened.evaluate(() => navigator.clipboard.readText());
    expect(report).toMatch(/^### ✗ not parity: gpt2-124M\n/);
    await opened.locator(".divergence a").click();
    await opened.getByRole("button", { name: "Copy as Markdown: this layer" }).click();
    await opened.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith("**✗ mismatch** `h.3"));
  });
});
