import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { writeReports } from "../../src/report/index.js";
import type { CheckResult } from "../../src/report/types.js";
import { type Browser, launchBrowser } from "./browser.js";
import { buildReportPage } from "./report-page.js";

export interface ReportTabs {
  readonly browser: () => Browser;
  /** Writes the report of a result and gives back its address. */
  write(result: CheckResult): Promise<string>;
  /** A new tab that is watched: anything on the console, uncaught errors, dialogs, requests beyond the file fail the test. */
  tab(url: string): Promise<Page>;
  /** Opens the report of a result, at a part of it, and waits until it can be read. */
  open(result: CheckResult, hash?: string): Promise<Page>;
}

/** A browser for the tests of one file. Call it once at the top of the file: it starts and ends with the tests. */
export function reportTabs(): ReportTabs {
  let browser: Browser | null = null;
  let folder = "";
  let pages: Page[] = [];
  let faults: string[] = [];

  beforeAll(async () => {
    await buildReportPage();
    folder = await mkdtemp(join(tmpdir(), "parity-page-"));
    browser = await launchBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    for (const page of pages) await page.close();
    pages = [];
    const seen = faults;
    faults = [];
    expect(seen).toEqual([]);
  });

  const started = (): Browser => {
    if (browser === null) throw new Error("the browser has not been started");
    return browser;
  };

  const write = async (result: CheckResult) => {
    const dir = await mkdtemp(join(folder, "report-"));
    const [path = ""] = await writeReports(result, { dir, formats: ["html"] });
    return pathToFileURL(path).href;
  };

  const tab = async (url: string) => {
    const page = await started().context.newPage();
    pages.push(page);
    page.on("console", (message) => faults.push(`console ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
    page.on("dialog", (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      if (request.url() !== url && !request.url().startsWith("data:")) faults.push(`request: ${request.url()}`);
    });
    return page;
  };

  const open = async (result: CheckResult, hash = "") => {
    const url = await write(result);
    const page = await tab(url);
    await page.goto(`${url}${hash}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    return page;
  };

  return { browser: started, write, tab, open };
}
