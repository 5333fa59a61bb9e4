import type { Page } from "playwright-core";
import { describe, expect, test, vi } from "vitest";
import type { CheckResult } from "../../../src/report/types.js";
import { reportTabs } from "../../helpers/report-tab.js";
import { tokenDetail } from "../../helpers/sample-details.js";
import { badResult, detailedResult } from "../../helpers/sample-result.js";

vi.setConfig({ testTimeout: 60_000 });

const tabs = reportTabs();

const FAULT = "#/layer/h.3.attn.c_proj";
const map = (opened: Page, view: string) => opened.getByRole("application", { name: `Heat map: ${view}` });

/** The colours of a heat map at the middle of cells, from the canvas itself. */
async function pixels(opened: Page, cells: readonly (readonly [x: number, y: number])[]): Promise<number[][]> {
  return await opened
    .locator(".heat canvas")
    .first()
    .evaluate((canvas, places) => {
      if (!(canvas instanceof HTMLCanvasElement)) return [];
      // Read from a copy: the browser warns of reading a canvas that is drawn to often.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
      copy?.drawImage(canvas, 0, 0);
      return places.map(([x, y]) => [
        ...(copy?.getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data ?? []),
      ]);
    }, cells);
}

describe("the page of a layer", () => {
  test("opens by its address with verdict, cause, repair, command and source", async () => {
    const opened = await tabs.open(detailedResult(), FAULT);
    const page = opened.locator(".layer-page");
    await map(opened, "|difference|").waitFor();
    // biome-ignore lint/performance/useDomNodeTextContent: what is laid out is what a reader sees
    const text = await page.innerText();
    for (const part of [
      "h.3.attn.c_proj",
      "✗ mismatch",
      "first divergence",
      "un-transposed weight",
      'state["h.3.attn.c_proj.weight"] = w.T',
      "batch 1 × token 7 × channel 96",
      "parity check parity.config.ts --only 'h.3.attn.c_proj'",
      "F.linear",
      "port/model.py:41",
      "3 more ops",
      "auto: the measured noise floor, up to ×4 (rms)",
      "name, confidence 0.98",
      "atol = rtol = 2.7e-1",
      "signal to noise",
    ]) {
      expect(text).toContain(part);
    }
    expect(await opened.title()).toBe("h.3.attn.c_proj – gpt2-124M");
    expect(await opened.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  });

  test("without pictures shows the rest and says so", async () => {
    const opened = await tabs.open({ ...badResult(), details: [] }, FAULT);
    await opened.getByText("keeps no pictures").waitFor();
    expect(await opened.getByText("auto: the measured noise floor").isVisible()).toBe(true);
  });

  test("an address of another report's layer leads on, not into nothing", async () => {
    const opened = await tabs.open(badResult(), "#/layer/no.such");
    expect(await opened.getByRole("heading", { level: 1 }).textContent()).toBe("No such layer");
    await opened.getByRole("link", { name: "All layers" }).click();
    await opened.getByText("First divergence").first().waitFor();
  });

  test("what is damaged is said, and the rest stays readable", async () => {
    const url = await tabs.write(detailedResult());
    const opened = await tabs.tab(url);
    await opened.addInitScript(() => {
      document.addEventListener("DOMContentLoaded", () => {
        const template = document.querySelector<HTMLTemplateElement>("#detail-31");
        if (template !== null) template.innerHTML = "AAAA";
      });
    });
    await opened.goto(`${url}${FAULT}`);
    await opened.getByText("could not be unpacked").waitFor();
    expect(await opened.getByText("auto: the measured noise floor").isVisible()).toBe(true);
  });
});

describe("heat maps", () => {
  test("the worst element has the top of the scale in its cell, and a ring around it", async () => {
    const opened = await tabs.open(detailedResult(), FAULT);
    await map(opened, "|difference|").waitFor();
    // Token 4 of 7; channel 37 lies in cell 18 of 48.
    const [worst, other] = await pixels(opened, [
      [18.5 / 48, 4.5 / 7],
      [30.5 / 48, 4.5 / 7],
    ]);
    expect(worst).toEqual([254, 232, 56, 255]);
    expect(other).not.toEqual(worst);
    expect(await opened.locator(".ring").count()).toBe(1);
    expect(await opened.locator(".readout").textContent()).toMatch(/worst here.*\[0, 4, 37\]/);
  });

  test("the worst element stays the worst where there are fewer pixels than cells", async () => {
    const wide = tokenDetail("h.3.attn.c_proj");
    const opened = await tabs.open({ ...badResult(), details: [wide] } satisfies CheckResult, FAULT);
    await map(opened, "|difference|").waitFor();
    const kept = await opened.evaluate(async () => {
      const frame = document.querySelector<HTMLCanvasElement>(".heat canvas");
      return frame === null ? 0 : frame.width;
    });
    expect(kept).toBeGreaterThan(48);
    await opened.setViewportSize({ width: 220, height: 700 });
    await opened.waitForFunction(() => (document.querySelector<HTMLCanvasElement>(".heat canvas")?.width ?? 999) < 220);
    const found = await opened
      .locator(".heat canvas")
      .first()
      .evaluate((canvas) => {
        if (!(canvas instanceof HTMLCanvasElement)) return false;
        const data = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        for (let at = 0; at < data.length; at += 4) if (data[at] === 254 && data[at + 1] === 232) return true;
        return false;
      });
    expect(found).toBe(true);
  });

  test("views are chosen, kept in the address, and survive a reload", async () => {
    const opened = await tabs.open(detailedResult(), FAULT);
    for (const [name, hash] of [
      ["reference", "view=reference"],
      ["relative", "view=relative"],
      ["ULP", "view=ulp"],
    ] as const) {
      await opened.getByRole("button", { name, exact: true }).first().click();
      await map(opened, name).waitFor();
      expect(opened.url()).toContain(hash);
    }
    await opened.getByRole("button", { name: "side by side" }).click();
    await opened.reload();
    await map(opened, "candidate").waitFor();
    expect(await opened.getByRole("application").count()).toBe(2);
  });

  test("reference and candidate have one scale: the same value has the same colour in both", async () => {
    const details = [tokenDetail("h.3.attn.c_proj", 3)];
    const opened = await tabs.open({ ...badResult(), details }, `${FAULT}?view=reference`);
    await map(opened, "reference").waitFor();
    // Cell 30 of token 2 agrees; cell 18 of token 4 does not.
    const places = [
      [30.5 / 48, 2.5 / 7],
      [18.5 / 48, 4.5 / 7],
    ] as const;
    const reference = await pixels(opened, places);
    await opened.getByRole("button", { name: "candidate", exact: true }).first().click();
    await map(opened, "candidate").waitFor();
    const candidate = await pixels(opened, places);
    expect(candidate[0]).toEqual(reference[0]);
    expect(candidate[1]).not.toEqual(reference[1]);
  });

  test("the cross hair follows the pointer and the arrow keys, and tells index and values", async () => {
    const opened = await tabs.open(detailedResult(), "#/layer/h.0.attn");
    const heat = map(opened, "|difference|");
    const box = await heat.boundingBox();
    if (box === null) throw new Error("the heat map has no box");
    // Row 0, column 0 of the worst plane, head 2.
    await opened.mouse.move(box.x + box.width / 24, box.y + box.height / 24);
    await opened.getByText("[0, 2, 0, 0]").waitFor();
    expect(await opened.locator(".hair").count()).toBe(2);
    await opened.mouse.move(0, 0);
    await heat.focus();
    const [worst] = detailedResult().details[0]?.worst ?? [];
    const [, , query = 0, key = 0] = worst?.index ?? [];
    await opened.keyboard.press("ArrowRight");
    await opened.getByText(`[0, 2, ${query}, ${key + 1}]`).waitFor();
    expect(await opened.locator(".readout").textContent()).toMatch(/reference .*candidate .*\|difference\|/);
  });

  test("planes are listed worst first, chosen, and stepped through by key", async () => {
    const opened = await tabs.open(detailedResult(), "#/layer/h.0.attn");
    const planes = opened.getByRole("combobox", { name: "Plane" });
    const names = await planes.getByRole("option").allTextContents();
    expect(names[0]).toMatch(/^batch 0, head 2: /);
    expect(names).toHaveLength(4);
    await opened.keyboard.press("]");
    await opened.waitForFunction(() => location.hash.includes("plane=1"));
    expect(await planes.inputValue()).toBe("1");
    await opened.keyboard.press("[");
    expect(await planes.inputValue()).toBe("0");
  });

  test("NaN is told by colour, cross and word; the tensor's worst element is the one that is no number", async () => {
    const opened = await tabs.open(detailedResult(), "#/layer/h.3.attn?view=candidate");
    await map(opened, "candidate").waitFor();
    // Beside the cross that is drawn over the middle.
    const [broken] = await pixels(opened, [[2.1 / 6, 1.5 / 4]]);
    expect(broken).toEqual([230, 0, 130, 255]);
    expect(await opened.locator(".color-bar").textContent()).toContain("NaN or ±Inf");
    expect(await opened.locator(".readout").textContent()).toContain("candidate NaN");
  });

  test("the lens has the exact values around the worst element", async () => {
    const opened = await tabs.open(detailedResult(), FAULT);
    const table = opened.getByRole("table", { name: /around the worst element/ });
    expect(await table.locator(".worst").textContent()).toContain("4.0e-1");
    await opened
      .getByRole("group", { name: "Values of the lens" })
      .getByRole("button", { name: "reference", exact: true })
      .click();
    const [first] = tokenDetail("h.3.attn.c_proj").worst;
    expect(await table.locator(".worst").textContent()).toContain(String(Number(first?.reference.toPrecision(5))));
  });

  test("a scalar is one cell with its two values", async () => {
    const opened = await tabs.open(detailedResult(), "#/layer/h.0.ln_2");
    await map(opened, "|difference|").waitFor();
    expect(await opened.locator(".readout").textContent()).toContain("reference 1.5, candidate 1.25");
  });
});

describe("charts", () => {
  test("each turns into a table with the same figures", async () => {
    const opened = await tabs.open(detailedResult(), FAULT);
    for (const name of ["Values", "By token", "By channel", "Error against magnitude"]) {
      await opened.getByRole("button", { name: `${name} as table` }).click();
    }
    const channel = opened.getByRole("table", { name: "Error by channel, worst first" });
    expect(await channel.locator("tbody tr").first().textContent()).toBe(
      `374.0e-1${(0.4 / Math.sqrt(7)).toExponential(1)}`,
    );
    expect(await channel.textContent()).toContain("76 more");
    const values = opened.getByRole("table", { name: "Elements per bin of values" });
    const counts = await values.locator("tbody tr td:nth-child(2)").allTextContents();
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(7 * 96);
    const scatter = opened.getByRole("table", { name: /Elements by error and magnitude/ });
    expect(await scatter.locator("tbody tr").first().textContent()).toBe("10⁻¹ to 110⁻¹ to 11");
  });

  test("the ten worst elements are listed with index and both values", async () => {
    const opened = await tabs.open(detailedResult(), FAULT);
    const rows = opened.getByRole("table", { name: "The elements with the largest error" }).locator("tbody tr");
    expect(await rows.count()).toBe(10);
    expect(await rows.first().textContent()).toMatch(/^\[0, 4, 37\].*4\.0e-1/);
  });
});
