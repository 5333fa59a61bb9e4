import type { ReportContext } from "../../src/report/report-context.js";

/** A check that was run in the folder `models` of a repository. */
export const CONTEXT: ReportContext = {
  root: "/repository",
  prefix: "models/",
  config: "parity.config.ts",
  version: "0.1.0",
};
