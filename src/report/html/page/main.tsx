import { render } from "preact";
import { App } from "./app.js";
import { readResult } from "./data/read-result.js";
import { applyTheme, storedTheme } from "./theme.js";

async function start(): Promise<void> {
  const root = document.getElementById("page");
  if (root === null) return;
  applyTheme(storedTheme());
  try {
    render(<App result={await readResult()} />, root);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    root.textContent = `This report could not be opened: ${why}. The same figures are in report.json beside it.`;
  }
}

void start();
