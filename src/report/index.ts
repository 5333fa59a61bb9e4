export { describeFailure } from "./failure.js";
export { announce, wantsGitHub } from "./github/announce.js";
export { renderJson } from "./json.js";
export { findContext } from "./report-context.js";
export { renderTerminal } from "./terminal.js";
export { writeFailureReports, writeReports } from "./write-reports.js";
