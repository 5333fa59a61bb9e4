import { expect, test, vi } from "vitest";
import { renderHtml } from "../../../src/report/html/render-html.js";
import type { CheckResult } from "../../../src/report/types.js";
import { reportTabs } from "../../helpers/report-tab.js";
import { imageDetail, tokenDetail } from "../../helpers/sample-details.js";
import { hugeResult } from "../../helpers/sample-result.js";

vi.setConfig({ testTimeout: 120_000 });

const tabs = reportTabs();

/** Processor time in seconds: unlike the clock it is the same on a busy machine. A second here, twice that on a loaded one. */
const USABLE = 2;

/** 1,000 taps, 20 cases, pictures of every layer. */
function wholeModel(): CheckResult {
  const huge = hugeResult();
  const [one] = huge.cases;
  if (one === undefined) throw new Error("the sample has cases");
  const cases = Array.from({ length: 20 }, (_, at) => ({ ...one, id: `c${at}` }));
  const token = tokenDetail("any");
  const image = imageDetail("any");
  const details = huge.pairs.map(({ id }, at) => ({ ...(at % 2 === 0 ? token : image), pair: id }));
  return { ...huge, cases, summary: { ...huge.summary, cases: 20 }, details };
}

test("a thousand taps with pictures and twenty cases are usable within a second, and all of them arrive", async () => {
  const result = wholeModel();
  const url = await tabs.write(result);
  const opened = await tabs.tab(url);
  const session = await tabs.browser().context.newCDPSession(opened);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find((metric) => metric.name === "TaskDuration")?.value ?? Number.POSITIVE_INFINITY;
  };
  await opened.goto(url, { waitUntil: "commit" });
  await opened.getByRole("heading", { level: 1 }).waitFor();
  await opened.locator(".rung.first").waitFor();
  expect(await busy()).toBeLessThan(USABLE);
  expect(await opened.locator(".rung").count()).toBe(1000);
  // A layer is there at once too: one chunk of a thousand is unpacked.
  const before = await busy();
  await opened.keyboard.press("n");
  await opened.keyboard.press("Enter");
  await opened.getByRole("application", { name: /Heat map/ }).waitFor();
  expect((await busy()) - before).toBeLessThan(USABLE);
  // Typing stays fluent.
  const typing = await busy();
  await opened.keyboard.press("Escape");
  await opened.keyboard.press("/");
  await opened.keyboard.type("attn");
  await opened.getByText("333 of 1,000 shown").waitFor();
  expect((await busy()) - typing).toBeLessThan(2 * USABLE);
});

test("its file is a few megabytes", () => {
  expect(renderHtml(wholeModel()).length).toBeLessThan(6_000_000);
});
