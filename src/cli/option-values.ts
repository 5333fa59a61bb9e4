import { InvalidArgumentError } from "commander";
import { REPORT_FORMATS, type ReportFormat } from "../config/report-formats.js";
import type { GoldenUpdate, ResolvedBounds } from "../config/resolved.js";

/** What each option's text means. All throw InvalidArgumentError that says what was expected. */

export function parseInput(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals <= 0 || equals === text.length - 1) {
    throw new InvalidArgumentError("Expected NAME=SPEC, such as X=ids.npz or 'X=[[1,2,3]]'.");
  }
  return [text.slice(0, equals), text.slice(equals + 1)];
}

export function parseTolerance(text: string): "auto" | "per-dtype" | ResolvedBounds {
  if (text === "auto" || text === "per-dtype") return text;
  const parts = new Map(
    text.split(",").map((part) => [part.split("=")[0]?.trim() ?? "", Number(part.split("=")[1] || Number.NaN)]),
  );
  const [atol, rtol] = [parts.get("atol"), parts.get("rtol")];
  const isBound = (value: number | undefined) => value === undefined || (Number.isFinite(value) && value >= 0);
  if (
    (atol === undefined && rtol === undefined) ||
    !isBound(atol) ||
    !isBound(rtol) ||
    [...parts.keys()].some((key) => key !== "atol" && key !== "rtol")
  ) {
    throw new InvalidArgumentError("Expected auto, per-dtype, or atol=1e-5,rtol=1e-4.");
  }
  if (atol === undefined || rtol === undefined) {
    throw new InvalidArgumentError("Give both atol and rtol or neither: atol=1e-5,rtol=1e-4 (0 switches one off).");
  }
  return { atol, rtol };
}

export function parsePrecision(text: string): "float32" | "both" {
  if (text === "float32" || text === "both") return text;
  throw new InvalidArgumentError("Expected float32 or both.");
}

export function parseReport(text: string): ReportFormat[] {
  if (text === "none") return [];
  return text.split(",").map((part) => {
    const format = part.trim();
    const known = REPORT_FORMATS.find((one) => one === format);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(
      `"${format}" is not a report format. Expected ${REPORT_FORMATS.join(", ")}, several of them with commas, or none.`,
    );
  });
}

export function parseFix(text: string): string {
  if (text.endsWith(".safetensors") || text.endsWith(".onnx")) return text;
  throw new InvalidArgumentError(
    "Expected a file name that ends with .safetensors, such as repaired.safetensors, or with .onnx for an ONNX candidate.",
  );
}

export function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("Expected a positive number of seconds, such as 600.");
}

export function parseCount(text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError("Expected a whole number, 0 or more.");
}

export function parseUpdate(text: string): GoldenUpdate {
  if (text === "none" || text === "missing" || text === "changed" || text === "all") return text;
  throw new InvalidArgumentError("Expected none, missing, changed or all.");
}

export function parseFloors(text: string): "needed" | "all" {
  if (text === "needed" || text === "all") return text;
  throw new InvalidArgumentError("Expected needed or all.");
}
