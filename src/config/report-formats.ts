/** Every format of a report, in the order in which they are offered. */
export const REPORT_FORMATS = ["json", "html", "junit", "sarif", "github", "markdown"] as const;

export type ReportFormat = (typeof REPORT_FORMATS)[number];
