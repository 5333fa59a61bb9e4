import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CDPSession, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { writeReports } from "../../../src/report/index.js";
import type { CheckResult } from "../../../src/report/types.js";
import { type Browser, launchBrowser } from "../../helpers/browser.js";
import { buildReportPage } from "../../helpers/report-page.js";
import { sampleMetrics, samplePair } from "../../helpers/sample-pair.js";
import { badResult, goodResult, hostileResult, hugeResult, inconclusiveResult } from "../../helpers/sample-result.js";

// Each test starts a tab; on a machine with other work that alone can take seconds.
vi.setConfig({ testTimeout: 30_000 });

let browser: Browser;
let folder = "";
let page: Page | null = null;
let session: CDPSession | null = null;
/** What must stay empty: errors and warnings of the console, uncaught errors, dialogs, requests beyond the file. */
let faults: string[] = [];

beforeAll(async () => {
  await buildReportPage();
  folder = await mkdtemp(join(tmpdir(), "parity-page-"));
  browser = await launchBrowser();
}, 30_000);

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  await page?.close();
  page = null;
  expect(faults).toEqual([]);
});

/** Opens the report of a result in a new tab and watches everything that it does. */
async function open(result: CheckResult, options: { readonly timed?: boolean } = {}): Promise<Page> {
  const dir = await mkdtemp(join(folder, "report-"));
  const [path = ""] = await writeReports(result, { dir, formats: ["html"] });
  const url = pathToFileURL(path).href;
  faults = [];
  const opened = await browser.context.newPage();
  page = opened;
  opened.on("console", (message) => faults.push(`console ${message.type()}: ${message.text()}`));
  opened.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  opened.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  opened.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) faults.push(`request: ${request.url()}`);
  });
  if (options.timed === true) {
    session = await browser.context.newCDPSession(opened);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
  }
  await opened.goto(url);
  await opened.getByRole("heading", { level: 1 }).waitFor();
  return opened;
}

/** Processor time of the page's main thread since it was opened: unlike the clock it is the same on a busy machine. */
async function busySeconds(): Promise<number> {
  const measured = await session?.send("Performance.getMetrics");
  return measured?.metrics.find((metric) => metric.name === "TaskDuration")?.value ?? Number.POSITIVE_INFINITY;
}

// Playwright's innerText gives the text as it is laid out, which is what a reader sees.
// biome-ignore lint/performance/useDomNodeTextContent: not the property of a DOM node
const text = (opened: Page, selector: string) => opened.locator(selector).first().innerText();

describe("the first screen answers", () => {
  test("a broken port: verdict in words and sign, first divergence, proof, fix", async () => {
    const opened = await open(badResult());
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

  test("a good port is called one, with the pair that is nearest to its limit", async () => {
    const opened = await open(goodResult());
    expect(await text(opened, ".verdict")).toMatch(/✓\s*parity[\s\S]*Nearest to its limit: h\.0\.mlp\.c_proj/);
    expect(await opened.locator("article").count()).toBe(0);
  });

  test("an inconclusive check shows its reason and the unmatched output unfolded", async () => {
    const opened = await open(inconclusiveResult());
    expect(await text(opened, ".verdict")).toMatch(/\?\s*could not judge[\s\S]*`logits` has no partner/);
    expect(await opened.getByText("no tensor of the reference has the shape 3×7×50257").isVisible()).toBe(true);
  });

  test("the fix is copied whole", async () => {
    const opened = await open(badResult());
    await browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
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
    const opened = await open(result());
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
    const opened = await open(badResult());
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

  test("a rung opens its pair in the table and gives it the keyboard, even where a filter hid it", async () => {
    const opened = await open(badResult());
    await opened.getByPlaceholder("name or class").fill("no such layer");
    await opened.getByText("No pair passes this filter.").waitFor();
    await opened.locator(".rung.first").click();
    await opened.getByText("Figures of the worst case").waitFor();
    await opened.waitForFunction(() => document.activeElement?.textContent?.includes("h.3.attn.c_proj"));
    expect(await opened.evaluate(() => document.activeElement?.getAttribute("aria-expanded"))).toBe("true");
  });

  test("a larger error stands further right, zero at the left edge, infinity at the right", async () => {
    const pairs = [0, 1e-7, 1e-3, 1].map((relative, at) =>
      samplePair(`h.${at}`, { local: null, metrics: sampleMetrics(relative) }),
    );
    const broken = { ...sampleMetrics(1), nonFiniteMismatch: { count: 2, firstIndex: [0, 0, 1] } };
    const last = samplePair("h.4", { local: { case: "c0", metrics: broken }, metrics: null, verdict: "mismatch" });
    const opened = await open({ ...goodResult(1), pairs: [...pairs, last] });
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

describe("the table of pairs", () => {
  test("is narrowed by text and by verdict, and says how much is left", async () => {
    const opened = await open(badResult());
    const rows = opened.locator(".pair-table tbody tr");
    await opened.getByPlaceholder("name or class").fill("h.3 layernorm");
    await opened.getByText("2 of 112 shown").waitFor();
    expect(await rows.count()).toBe(2);
    await opened.getByPlaceholder("name or class").fill("");
    await opened.getByRole("button", { name: "✗ mismatch 1" }).click();
    await opened.getByText("1 of 112 shown").waitFor();
    expect(await rows.allInnerTexts()).toEqual([expect.stringContaining("h.3.attn.c_proj")]);
  });

  test("is sorted by error, the largest first, and back into execution order", async () => {
    const opened = await open(badResult());
    const heading = opened.getByRole("columnheader", { name: "Local error" });
    await heading.getByRole("button").click();
    expect(await heading.getAttribute("aria-sort")).toBe("descending");
    expect(await text(opened, ".pair-table tbody tr")).toContain("h.3.attn.c_proj");
    await opened.getByRole("columnheader", { name: "#" }).getByRole("button").click();
    expect(await text(opened, ".pair-table tbody tr")).toContain("wte");
  });

  test("a row unfolds by keyboard to metrics, tolerance rule, layout, match and source", async () => {
    const opened = await open(badResult());
    const button = opened.locator("#pair-31");
    await button.focus();
    await opened.keyboard.press("Enter");
    const detail = await text(opened, "tr.detail");
    for (const part of [
      "model/h3/attn/c_proj/add:0",
      "port/model.py:",
      "auto: the measured noise floor, up to ×4 (rms)",
      "name, confidence 0.98",
      'have the same path once "model" is left out',
      "atol = rtol = 2.7e-1",
      "at [1, 4, 301]: 2.73 → 3.4039",
      "signal to noise",
    ]) {
      expect(detail).toContain(part);
    }
    await opened.keyboard.press("Enter");
    expect(await opened.locator("tr.detail").count()).toBe(0);
  });
});

test("the weight that differs stands first in the ledger", async () => {
  const opened = await open(badResult());
  const row = opened
    .getByRole("table", { name: /Parameters of the candidate/ })
    .locator("tbody tr")
    .first();
  expect(await row.textContent()).toMatch(/h\.3\.attn\.c_proj\.weight[\s\S]*✗ differs/);
});

test("names from model files are shown as they are and never run", async () => {
  const opened = await open(hostileResult());
  await opened.locator("#pair-0").click();
  await opened.locator("tr.detail").waitFor();
  expect(await opened.locator("img").count()).toBe(0);
  const evil = "</script><img src=x onerror=alert(1)>";
  expect(await text(opened, "h1")).toBe(`Departs at ${evil}.`);
  expect(await text(opened, "article pre")).toBe(evil);
  expect(await opened.locator(".rung bdi").first().textContent()).toBe(evil);
  expect(await opened.title()).toBe(`${evil}: mismatch`);
});

test("without scripts the file still gives the verdict and the findings, escaped", async () => {
  const dir = await mkdtemp(join(folder, "noscript-"));
  const [path = ""] = await writeReports(hostileResult(), { dir, formats: ["html"] });
  faults = [];
  page = await browser.context.newPage();
  const session = await browser.context.newCDPSession(page);
  await session.send("Emulation.setScriptExecutionDisabled", { value: true });
  await page.goto(pathToFileURL(path).href);
  expect(await page.locator("noscript h1").textContent()).toBe("Departs at </script><img src=x onerror=alert(1)>.");
  expect(await page.locator("noscript tbody tr").count()).toBe(2);
  expect(await page.locator("img").count()).toBe(0);
});

test("a thousand pairs are readable in under two seconds, and all of them arrive", async () => {
  const opened = await open(hugeResult(), { timed: true });
  await opened.locator(".rung.first").waitFor();
  await opened.locator("#pair-30").waitFor();
  expect(await busySeconds()).toBeLessThan(2);
  await opened.locator("#pair-999").waitFor({ state: "attached" });
  expect(await opened.locator(".rung").count()).toBe(1000);
});

describe("light and dark", () => {
  const paper = (opened: Page) => opened.evaluate(() => getComputedStyle(document.body).backgroundColor);

  test("follow the system until the reader chooses, and the choice is kept", async () => {
    const opened = await open(goodResult(1));
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
