import { readFile } from "node:fs/promises";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { ROOT } from "../../helpers/python.js";
import { reportTabs } from "../../helpers/report-tab.js";
import { detailedResult, goodResult, inconclusiveResult } from "../../helpers/sample-result.js";

vi.setConfig({ testTimeout: 90_000 });

const tabs = reportTabs();
let axe = "";

beforeAll(async () => {
  axe = await readFile(`${ROOT}node_modules/axe-core/axe.min.js`, "utf8");
});

/** What axe finds wrong, in words. The page's policy lets no script element in, so axe is evaluated through the debugger. */
async function faults(opened: Page): Promise<string[]> {
  const found = await opened.evaluate(`${axe};axe.run(document, { resultTypes: ["violations"] })`);
  return (found as AxeResults).violations.flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
}

const PAGES = [
  { name: "a bad model", result: detailedResult, hash: "" },
  { name: "its table", result: detailedResult, hash: "#/?show=table" },
  { name: "both models", result: detailedResult, hash: "#/?show=models" },
  { name: "its faulty layer", result: detailedResult, hash: "#/layer/h.3.attn.c_proj" },
  { name: "a layer with NaN", result: detailedResult, hash: "#/layer/h.3.attn?view=sides" },
  { name: "a good model", result: goodResult, hash: "" },
  { name: "an inconclusive check", result: inconclusiveResult, hash: "" },
];

describe.each(PAGES)("$name", ({ result, hash }) => {
  test("has no fault that axe knows of, in light and in dark", async () => {
    const opened = await tabs.open(result(), hash);
    if (hash.includes("layer")) await opened.getByRole("application").first().waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await opened.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      expect(await faults(opened)).toEqual([]);
    }
  });
});

test("the list of keys has none either", async () => {
  const opened = await tabs.open(goodResult(1));
  await opened.keyboard.press("?");
  expect(await faults(opened)).toEqual([]);
});

test("axe does find what is wrong", async () => {
  const opened = await tabs.open(goodResult(1));
  await opened.evaluate(() => {
    const button = document.createElement("button");
    document.querySelector("main")?.append(button);
  });
  expect((await faults(opened)).join()).toContain("button-name");
});
