import { execa } from "execa";
import { ROOT } from "./python.js";

/** Bundles the report's page into dist/, as `npm run build` does, so that tests see the present sources. */
export async function buildReportPage(): Promise<void> {
  await execa("node", ["scripts/build-report-page.mjs"], { cwd: ROOT });
}
