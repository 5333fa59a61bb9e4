import { loadKernel } from "../compare/wasm-kernel.js";
import { loadPage } from "../report/html/load-page.js";
import { writeSetupCommand } from "./setup-command.js";
import type { RuntimeReport } from "./types.js";

/** The comparison kernel, by comparing four numbers with it. */
export function diagnoseKernel(): RuntimeReport {
  const problem = findKernelProblem();
  return {
    name: "comparison kernel",
    usable: problem === null,
    // Without it the same figures are computed in TypeScript.
    required: false,
    version: null,
    neededFor: "comparing at full speed",
    detail: problem ?? "WebAssembly with SIMD",
    mend: problem === null ? null : writeSetupCommand(),
  };
}

function findKernelProblem(): string | null {
  try {
    const kernel = loadKernel();
    if (kernel === null) return "not built";
    kernel.reference.set([1, 2, 3, 4]);
    kernel.candidate.set([1, 2, 3, 6]);
    kernel.start(undefined);
    kernel.compareBlock(4);
    const { sumAbs } = kernel.totals();
    return sumAbs === 2 ? null : `computes wrong figures (sum of errors ${sumAbs}, expected 2)`;
  } catch (error) {
    return `does not run: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The page that every HTML report carries. */
export function diagnoseReportPage(): RuntimeReport {
  let problem: string | null = null;
  let bytes = 0;
  try {
    const { script, style } = loadPage();
    bytes = script.length + style.length;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  return {
    name: "report page",
    usable: problem === null,
    required: true,
    version: null,
    neededFor: "HTML reports",
    detail: problem ?? `${Math.ceil(bytes / 1024)} kB`,
    mend: problem === null ? null : writeSetupCommand(),
  };
}
