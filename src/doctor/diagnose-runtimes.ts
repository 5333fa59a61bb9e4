import { diagnoseKernel, diagnoseReportPage } from "./built-parts.js";
import { diagnoseChromium } from "./chromium.js";
import { diagnoseNode, diagnoseNpmPackages, diagnoseOnnxRuntime, diagnoseTfjsNode } from "./node-runtimes.js";
import { diagnosePython } from "./python-runtimes.js";
import { IS_CHECKOUT } from "./setup-command.js";
import type { RuntimeReport } from "./types.js";

/** Tries everything that parity runs with on this machine, the slow ones at the same time. Never throws for what is missing. */
export async function diagnoseRuntimes(): Promise<RuntimeReport[]> {
  const [tfjs, onnx, python] = await Promise.all([diagnoseTfjsNode(), diagnoseOnnxRuntime(), diagnosePython()]);
  return [
    diagnoseNode(),
    diagnoseNpmPackages(),
    tfjs,
    ...python,
    onnx,
    diagnoseKernel(),
    diagnoseReportPage(),
    ...(IS_CHECKOUT ? [diagnoseChromium()] : []),
  ];
}

/** Whether `parity check` can run: everything that is required is usable. */
export function isReady(reports: readonly RuntimeReport[]): boolean {
  return reports.every((report) => report.usable || !report.required);
}
