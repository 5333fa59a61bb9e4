import type { Page } from "playwright-core";
import { describe, expect, test, vi } from "vitest";
import type { CheckResult } from "../../../src/report/types.js";
import { reportTabs } from "../../helpers/report-tab.js";
import { sampleMetrics, samplePair } from "../../helpers/sample-pair.js";
import { badResult, goodResult, hostileResult, inconclusiveResult } from "../../helpers/sample-result.js";

// Each test starts a tab; on a machine with other work that alone can take seconds.
vi.setConfig({ testTimeout: 60_000 });

const tabs = reportTabs();

// Playwright's innerText gives the text as it is laid out, which is what a reader sees.
// biome-ignore lint/performance/useDomNodeTextContent: not the property of a DOM node
const text = (opened: Page, selector: string) => opened.locator(selector).first().innerText();

describe("the first screen answers", () => {
  test("a broken port: verdict in words and sign, first divergence, proof, fix", async () => {
    const opened = await tabs.open(badResult());
    expect(await text(opened, ".verdict")).toMatch(/✗\s*not parity\s+Not the same function: it departs at h\.3\.attn/);
    expect(await text(opened, ".divergence")).toMatch(/h\.3\.attn\.c_proj\s+local ×5\.4e5 noise/);
    const card = await text(opened, "article");
    expect(card).toMatch(/confirmed\s+un-transposed weight/);
    expect(card).toContain("port/model.py:41");
    expect(card).toContain("768×768, square: no shape error");
    expect(card).toMatch(/3\.1e\+0 → 4\.4e-7/);
    expect(card).toContain('state["h.3.attn.c_proj.weight"] = w.T');
    const bottom = await opened
      .locator("article")
      .first()
      .evaluate((card) => card.getBoundingClientRect().bottom);
    expect(bottom).toBeLessThanOrEqual(900);
  });

  test("the model's tree beside it shows the wrong layer, with what is well folded away", async () => {
    const opened = await tabs.open(badResult());
    const tree = opened.getByRole("navigation", { name: "Model" });
    expect(await tree.getByRole("link", { name: "c_proj" }).isVisible()).toBe(true);
    expect(await tree.getByText("4 … 11").isVisible()).toBe(true);
    expect(await tree.getByRole("listitem").count()).toBeLessThan(20);
  });

  test("a good port is called one, with the pair that is nearest to its limit", async () => {
    const opened = await tabs.open(goodResult());
    expect(await text(opened, ".verdict")).toMatch(/✓\s*parity[\s\S]*Nearest to its limit: h\.0\.mlp\.c_proj/);
    expect(await opened.locator("article").count()).toBe(0);
  });

  test("an inconclusive check shows its reason and the unmatched output unfolded", async () => {
    const opened = await tabs.open(inconclusiveResult());
    expect(await text(opened, ".verdict")).toMatch(/\?\s*could not judge[\s\S]*`logits` has no partner/);
    expect(await opened.getByText("no tensor of the reference has the shape 3×7×50257").isVisible()).toBe(true);
  });

  test("the fix is copied whole", async () => {
    const opened = await tabs.open(badResult());
    await tabs.browser().context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await opened.getByRole("button", { name: "Copy the fix" }).click();
    await opened.getByText("✓ copied").waitFor();
    expect(await opened.evaluate(() => navigator.clipboard.readText())).toBe('state["h.3.attn.c_proj.weight"] = w.T');
  });
});

describe("a fault in the code", () => {
  const rewrite = { file: "port/model.py", line: 17, before: "    y = F.gelu(x)", after: "    y = F.gelu(x, 'tanh')" };
  const result = (): CheckResult => ({
    ...badResult(),
    findings: badResult().findings.map((finding) => ({
      ...finding,
      parameters: [],
      parameter: null,
      pairs: ["h.3.attn.c_proj", "h.4.attn.c_proj"],
      message: "another gelu (port/model.py:41)",
      rewrite,
      repro: "reports/repro-h.3",
    })),
  });

  test("is a change of the user's line, with its place once, the other layers, and the folder that runs it alone", async () => {
    const opened = await tabs.open(result());
    const card = opened.locator("article.card").first();
    expect(await card.locator("del").textContent()).toContain("− y = F.gelu(x)");
    expect(await card.locator("ins").textContent()).toContain("+ y = F.gelu(x, 'tanh')");
    expect(await card.locator("p").allTextContents()).toContain("another gelu");
    expect(await card.getByText("1 more place").count()).toBe(1);
    expect(await card.getByText("reports/repro-h.3").isVisible()).toBe(true);
    // What is only suspected shows its reasons at once.
    expect(await opened.locator("article.card.unsure details[open]").count()).toBeGreaterThan(0);
  });
});

describe("the ladder", () => {
  test("has every pair in execution order and opens on the first divergence", async () => {
    const opened = await tabs.open(badResult());
    const names = await opened.locator(".rung bdi").allTextContents();
    expect(names).toEqual(badResult().pairs.map((pair) => pair.id));
    const first = opened.locator(".rung.first");
    const inside = await first.evaluate((rung) => {
      const box = rung.getBoundingClientRect();
      const around = rung.closest(".ladder")?.getBoundingClientRect();
      return around !== undefined && box.top >= around.top && box.bottom <= around.bottom;
    });
    expect(inside).toBe(true);
    expect(await opened.locator(".marks .mark.wrong").count()).toBe(1);
  });

  test("a larger error stands further right, zero at the left edge, infinity at the right", async () => {
    const pairs = [0, 1e-7, 1e-3, 1].map((relative, at) =>
      samplePair(`h.${at}`, { local: null, metrics: sampleMetrics(relative) }),
    );
    const broken = { ...sampleMetrics(1), nonFiniteMismatch: { count: 2, firstIndex: [0, 0, 1] } };
    const last = samplePair("h.4", { local: { case: "c0", metrics: broken }, metrics: null, verdict: "mismatch" });
    const opened = await tabs.open({ ...goodResult(1), pairs: [...pairs, last] });
    const marks = await opened
      .locator(".marks .mark")
      .evaluateAll((all) => all.map((mark) => mark.getBoundingClientRect().x));
    expect(marks).toHaveLength(5);
    expect([...marks].sort((a, b) => a - b)).toEqual(marks);
    expect(await opened.locator(".ladder-axis text").allTextContents()).toEqual(
      expect.arrayContaining(["0", "1", "∞"]),
    );
  });
});

test("the table is sorted by error, the largest first, and back into execution order", async () => {
  const opened = await tabs.open(badResult(), "#/?show=table");
  const heading = opened.getByRole("columnheader", { name: "Local error" });
  await heading.getByRole("button").click();
  expect(await heading.getAttribute("aria-sort")).toBe("descending");
  expect(await text(opened, ".pair-table tbody tr")).toContain("h.3.attn.c_proj");
  await opened.getByRole("columnheader", { name: "#" }).getByRole("button").click();
  expect(await text(opened, ".pair-table tbody tr")).toContain("wte");
});

test("both models stand side by side, with taps that have no partner in their place", async () => {
  const opened = await tabs.open(badResult(), "#/?show=models");
  const table = opened.getByRole("table", { name: "Modules of the port beside scopes of the original" });
  const row = (name: string) => table.getByRole("row").filter({ hasText: name });
  expect(await row("model/h3/attn/c_proj").textContent()).toMatch(/c_proj.*Linear.*✗ mismatch.*name, 0\.98/);
  await table.getByRole("button", { name: "0: what it holds", exact: true }).click();
  await table.getByRole("button", { name: "attn: what it holds" }).first().click();
  expect(await row("model/h0/attn/transpose_3").textContent()).toContain("no partner");
  const names = await table.locator("tbody th").allTextContents();
  expect(names.findIndex((name) => name.includes("dropout"))).toBeGreaterThan(3);
});

test("the weight that differs stands first in the ledger", async () => {
  const opened = await tabs.open(badResult());
  const row = opened
    .getByRole("table", { name: /Parameters of the candidate/ })
    .locator("tbody tr")
    .first();
  expect(await row.textContent()).toMatch(/h\.3\.attn\.c_proj\.weight[\s\S]*✗ differs/);
});

test("names from model files are shown as they are and never run", async () => {
  const evil = "</script><img src=x onerror=alert(1)>";
  const opened = await tabs.open(hostileResult());
  expect(await text(opened, "h1")).toBe(`Departs at ${evil}.`);
  expect(await text(opened, "article pre")).toBe(evil);
  expect(await opened.title()).toBe(`${evil}: mismatch`);
  await opened.locator(".rung bdi").first().click();
  await opened.waitForFunction((name) => document.querySelector(".layer-page h1")?.textContent === name, evil);
  expect(await opened.locator("img").count()).toBe(0);
});

test("without scripts the file still gives the verdict and the findings, escaped", async () => {
  const url = await tabs.write(hostileResult());
  const page = await tabs.tab(url);
  const session = await tabs.browser().context.newCDPSession(page);
  await session.send("Emulation.setScriptExecutionDisabled", { value: true });
  await page.goto(url);
  expect(await page.locator("noscript h1").textContent()).toBe("Departs at </script><img src=x onerror=alert(1)>.");
  expect(await page.locator("noscript tbody tr").count()).toBe(2);
  expect(await page.locator("img").count()).toBe(0);
});

describe("light and dark", () => {
  const paper = (opened: Page) => opened.evaluate(() => getComputedStyle(document.body).backgroundColor);

  test("follow the system until the reader chooses, and the choice is kept", async () => {
    const opened = await tabs.open(goodResult(1));
    await opened.emulateMedia({ colorScheme: "light" });
    const light = await paper(opened);
    await opened.emulateMedia({ colorScheme: "dark" });
    const dark = await paper(opened);
    expect(dark).not.toBe(light);
    await opened.getByRole("button", { name: /^Theme: system/ }).click();
    expect(await paper(opened)).toBe(light);
    await opened.reload();
    await opened.getByRole("button", { name: /^Theme: light/ }).click();
    expect(await paper(opened)).toBe(dark);
  });
});

test("on paper nothing is cut off by a box that scrolls, and there is nothing to press", async () => {
  const opened = await tabs.open(badResult());
  await opened.emulateMedia({ media: "print" });
  const seen = await opened.evaluate(() => {
    const ladder = document.querySelector(".ladder");
    return {
      cut: ladder === null ? null : ladder.scrollHeight - ladder.clientHeight,
      buttons: [...document.querySelectorAll("button")].filter((one) => one.checkVisibility()).length,
      search: document.querySelector("input")?.checkVisibility(),
      rungs: [...document.querySelectorAll(".rung")].filter((one) => one.checkVisibility()).length,
    };
  });
  expect(seen).toEqual({ cut: 0, buttons: 0, search: false, rungs: 112 });
});

test("on a narrow window nothing makes the page itself scroll sideways", async () => {
  const opened = await tabs.open(badResult());
  await opened.setViewportSize({ width: 390, height: 800 });
  expect(await opened.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
