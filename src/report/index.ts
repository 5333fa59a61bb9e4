export { describeFailure } from "./failure.js";
export { announce, wantsGitHub } from "./github/announce.js";
export { renderJson } from "./json.js";
export { renderMapFile, renderMapTable } from "./map/render-map.js";
export { findContext } from "./report-context.js";
export { renderTerminal } from "./terminal.js";
export { replaceFile, writeFailureReports, writeReports } from "./write-reports.js";
