export { renderJson } from "./json.js";
export { createProgress } from "./progress.js";
export { renderError } from "./render-error.js";
export { resultJsonSchema } from "./schema.js";
export { renderTerminal } from "./terminal.js";
export { writeReports } from "./write-reports.js";
