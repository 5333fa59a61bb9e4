export { renderHtml } from "./html/render-html.js";
export { parseResult, renderJson } from "./json.js";
export { createProgress, type Progress, type ProgressStream } from "./progress.js";
export { type ErrorOptions, renderError } from "./render-error.js";
export { resultJsonSchema, resultSchema } from "./schema.js";
export { renderTerminal, type TerminalOptions } from "./terminal.js";
export type * from "./types.js";
export { type ReportFormat, writeReports } from "./write-reports.js";
