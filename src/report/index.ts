export { renderJson } from "./json.js";
export { renderTerminal } from "./terminal.js";
export { writeReports } from "./write-reports.js";
